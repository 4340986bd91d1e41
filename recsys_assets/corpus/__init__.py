"""Text: articles, mentions and terms; what they say of artists and tracks, and what their sources are worth."""
