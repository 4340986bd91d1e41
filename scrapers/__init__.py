"""The crawl and the folder readers: pages and files in, articles as JSON Lines of the landing zone out.

The platform starts this package as a subprocess and reads what it wrote; neither imports the other.
"""
