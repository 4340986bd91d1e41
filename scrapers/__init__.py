"""The Scrapy project: pages to articles as JSON Lines. Empty until the first site is added."""
