import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from tests.scrapers.made_up import Answer, Site

ROOT = Path(__file__).resolve().parents[2]
NOW = "2026-01-05T12:00:00Z"


@dataclass
class Crawled:
    """What a crawl left: its counters, its log by path, its articles."""

    counters: dict
    log: list[dict]
    articles: list[dict]
    code: int
    stderr: str

    def of(self, path: str) -> tuple[str, str | None]:
        line = next(line for line in self.log if line["url"].endswith(path))
        return line["outcome"], line["reason"]


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            served.asked.append((self.path, dict(self.headers)))
            answer = served.answers.get(self.path, Answer(b"gone", 404))
            if answer.write is not None:
                answer.write(self)
                return
            etag = answer.headers.get("ETag")
            if etag and self.headers.get("If-None-Match") == etag:
                self.send_response(304)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format, *args: object):  # noqa: A002 - its name in the standard library
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request, client_address):
            """A client that hangs up in the middle of a bomb is what the tests are about."""

    server = Quiet(("127.0.0.1", 0), Handler)
    served = Site(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield served
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def crawl(site: Site, tmp_path: Path) -> Callable[..., Crawled]:
    """Crawl the site as the platform does: in a process of its own."""

    def run(*, now: str = NOW, more: tuple[str, ...] = (), **source: object) -> Crawled:
        entry = {
            "name": "press",
            "site": site.base,
            "feeds": ["/feed"],
            "is_local": True,
            "delay_s": 0,
            "timeout_s": 2,
        } | source
        listed = tmp_path / "sources.yaml"
        listed.write_text(yaml.safe_dump({"sources": [entry], "contact": "https://example.org/bot"}))
        command = [sys.executable, "-m", "scrapers.run", "--sources", listed, "--source", "press", "--now", now]
        command += ["--landing", tmp_path / "landing", "--state", tmp_path / "state", *more]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=150)
        counters = json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}
        lines = Path(counters["log"]).read_text().splitlines() if counters else []
        articles = [
            json.loads(line)
            for path in sorted((tmp_path / "landing").glob("articles/date=*/*.jsonl"))
            for line in path.read_text().splitlines()
        ]
        return Crawled(counters, [json.loads(line) for line in lines], articles, done.returncode, done.stderr)

    return run
