"""Recordings to descriptors and vectors. Empty until recordings land: the room is kept by the import contracts."""
