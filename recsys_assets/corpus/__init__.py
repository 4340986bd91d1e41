"""Text: articles, mentions, terms. Empty until articles are crawled: the room is kept by the import contracts."""
