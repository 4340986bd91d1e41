"""Submissions before their release. Empty until submissions land: the room is kept by the import contracts."""
