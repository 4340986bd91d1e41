"""Tracks nobody has heard: pitches before their release, their place in the space, their first listeners."""
