"""Answers as they came, into a WARC file, for those who want to keep a crawl."""

from io import BytesIO
from pathlib import Path

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response


class WarcMiddleware:
    """Writes each answer, still packed, beside the file's name; it gets the name when the crawl ends."""

    def __init__(self, path: Path) -> None:
        from warcio.warcwriter import WARCWriter

        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._fresh = path, path.with_name(f".{path.name}.tmp")
        self._stream = self._fresh.open("wb")
        self._writer = WARCWriter(self._stream, gzip=True)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "WarcMiddleware":
        """Build it, as Scrapy asks for, where a file was asked for."""
        if not crawler.settings["WARC_PATH"]:
            raise NotConfigured
        middleware = cls(crawler.settings["WARC_PATH"])
        crawler.signals.connect(middleware.close, signals.spider_closed)
        return middleware

    def process_response(self, request: Request, response: Response) -> Response:
        """Write an answer and hand it on."""
        from warcio.statusandheaders import StatusAndHeaders

        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, values in response.headers.items()
            for value in values
        ]
        record = self._writer.create_warc_record(
            request.url,
            "response",
            payload=BytesIO(response.body),
            http_headers=StatusAndHeaders(str(response.status), headers, protocol="HTTP/1.1"),
        )
        self._writer.write_record(record)
        return response

    def close(self) -> None:
        """Give the file its name."""
        self._stream.close()
        self._fresh.replace(self._path)
