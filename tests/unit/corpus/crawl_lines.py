"""A line that a crawl logs."""

LINE = {
    "url": "http://a.example/1",
    "source": "a",
    "at": "2026-01-05T12:00:01Z",
    "outcome": "article",
    "status": 200,
    "bytes": 9,
}
