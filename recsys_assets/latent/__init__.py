"""Listeners, tracks and artists in one space: factorisation, alignment, retrieval, neighbours, arithmetic, the map."""
