"""Public formats of listening history into landing files, one module per format.

Importers write files and nothing else: what they wrote is judged by ``raw.ingest`` like anybody's. Every one streams,
keeps a bookmark after each chunk, and names its files by its input, so that writing one twice replaces it. What was
taken waits beside the bookmark and goes to the landing zone at the end, a file for each day.
"""
