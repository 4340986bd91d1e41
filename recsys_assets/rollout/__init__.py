"""First-batch trials of tracks. Empty until there are trials: the room is kept by the import contracts."""
