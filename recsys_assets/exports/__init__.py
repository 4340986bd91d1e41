"""Playlists and tables for other programs: what leaves the platform, and taking a listener out of all of it."""
