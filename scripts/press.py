"""``python -m scripts.press``: serve the made-up press of a home, each site on a loopback port of its own.

Pages answer conditional requests. The press lives on a day: what is dated after ``now`` is not there yet, neither the page nor
the line that leads to it. Belongs here: files to answers. Hostile answers are ``hostile``, files ``recsys_assets.demo.press``.
"""

import argparse
import hashlib
import json
import os
import re
import secrets
import sys
import time
from collections import deque
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import yaml

from recsys_assets.core.errors import DataFaultError, MissingInputError, RecsysError
from recsys_assets.core.files import written_aside
from recsys_assets.core.locks import locked
from recsys_assets.demo.press import PAGES_FILE, SOURCES_FILE
from recsys_assets.demo.press_sites import CLOSED, ROUGH
from scripts.hostile import closed_answer, rough_answer

_MADE_UP = {ROUGH: rough_answer, CLOSED: closed_answer}
_ADDRESS = re.compile(r"https://([a-z0-9-]+)\.example(/[^\s\"'<>?#]*)?")
# Two crawls of the small press ask some 700 times; served for weeks, the press keeps the newest requests only.
_ASKED_KEPT = 10_000


@dataclass(frozen=True)
class Asked:
    """One request that a site got, and how it was answered; status 0: made up on the fly."""

    site: str
    path: str
    status: int


@dataclass(frozen=True)
class Answer:
    """Status, headers and body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Folder:
    """The pages of one site, as its folder holds them."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._pages: dict[str, dict] = json.loads((folder / PAGES_FILE).read_text(encoding="utf-8"))

    def answer(self, path: str, asked: Mapping[str, str], now: datetime, origins: Mapping[str, str]) -> Answer:
        """Answer a request.

        Args:
            path: what is asked for; a query changes nothing.
            asked: the headers.
            now: the day that the press lives on.
            origins: where each site is, by name: in place of ``https://<name>.example``.
        """
        page = self._pages.get(urlsplit(path).path)
        if page is None or "file" not in page or self._is_to_come(page, now):
            return Answer(404, {"Content-Type": "text/plain"}, b"not found")
        text = (self._folder / page["file"]).read_text(encoding="utf-8")
        changed = page.get("published_at")
        if changed is None:
            text = "".join(line for line in text.splitlines(keepends=True) if not self._leads_to_come(line, now))
            out = [instant for each in self._pages.values() if (instant := each.get("published_at"))]
            changed = max((instant for instant in out if datetime.fromisoformat(instant) <= now), default=None)
        body = _ADDRESS.sub(
            lambda found: origins.get(found[1], found[0].removesuffix(found[2] or "")) + (found[2] or ""), text
        )
        return _conditional(body.encode(), page, changed, asked)

    def _leads_to_come(self, line: str, now: datetime) -> bool:
        found = _ADDRESS.search(line)
        page = self._pages.get(found[2] or "/") if found and found[1] == self._name else None
        return page is not None and self._is_to_come(page, now)

    @staticmethod
    def _is_to_come(page: Mapping[str, str], now: datetime) -> bool:
        return "published_at" in page and datetime.fromisoformat(page["published_at"]) > now


def _conditional(body: bytes, page: Mapping[str, object], changed: str | None, asked: Mapping[str, str]) -> Answer:
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers = {"ETag": etag, "Content-Type": str(page["type"]), **page.get("headers", {})}  # type: ignore[dict-item]
    since = asked.get("If-Modified-Since")
    if changed is not None:
        headers["Last-Modified"] = format_datetime(datetime.fromisoformat(changed).astimezone(UTC), usegmt=True)
    # RFC 9110, 13.1.3: the date is passed over where there is a tag.
    known = asked.get("If-None-Match")
    is_known = etag in known if known else changed is not None and _is_not_after(headers["Last-Modified"], since)
    return Answer(304, headers) if is_known else Answer(200, headers, body)


def _is_not_after(modified: str, since: str | None) -> bool:
    try:
        return since is not None and parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up in the middle is what hostile answers are for."""


class Press:
    """The sites of a press, served by threads of this process from ``with`` to its end.

    Attributes:
        asked: the newest requests, in order.
        listed: the list of sources that is true of these ports, while they are served: that of the press, or one beside it
            where somebody else serves the same press and has that one.
        now: the day that the press lives on; None is the real one.
    """

    def __init__(self, press: Path, *, now: datetime | None = None, first_port: int | None = None) -> None:
        """Read what is there to be served; nothing is bound yet.

        Args:
            press: what ``recsys demo`` wrote.
            now: see the class.
            first_port: sites get ports from here on; by default those of the list, or free ones where these are taken.

        Raises:
            MissingInputError: a file of the press is not there.
            DataFaultError: a file of the press is not what ``recsys demo`` wrote.
        """
        self._own_list = press / SOURCES_FILE
        try:
            self._entries: list[dict] = yaml.safe_load(self._own_list.read_text(encoding="utf-8"))["sources"]
            self._ports = [urlsplit(entry["site"]).port or 0 for entry in self._entries]
            self._folders = {
                name: None if name in _MADE_UP else Folder(press / name, name)
                for name in (entry["name"] for entry in self._entries)
            }
        except FileNotFoundError as error:
            raise MissingInputError(f"{error.filename} is not there: `recsys demo` writes a press") from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
            reason = " ".join(str(error).split())
            raise DataFaultError(f"{press} is no press ({reason}): `recsys demo` writes it anew") from error
        self._first_port = first_port
        self._stop = Event()
        self._open = ExitStack()
        self.listed = self._own_list
        self.now, self.asked = now, deque[Asked](maxlen=_ASKED_KEPT)

    def __enter__(self) -> Self:
        """Bind all ports, write the list of sources that is true of them, and serve."""
        with ExitStack() as opened:
            servers = [self._bound(number, opened) for number in range(len(self._entries))]
            for entry, server in zip(self._entries, servers, strict=True):
                entry["site"] = f"http://127.0.0.1:{server.server_port}/"
            self._origins = {entry["name"]: entry["site"].rstrip("/") for entry in self._entries}
            self.listed = self._list_to_write(opened)
            with written_aside(self.listed) as fresh:
                fresh.write_text(yaml.safe_dump({"sources": self._entries}, sort_keys=False), encoding="utf-8")
            for server in servers:
                Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
                opened.callback(server.shutdown)
            self._open = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what never ends, close the ports, and take away a list that is true of nothing any more."""
        self._stop.set()
        self._open.close()

    def _list_to_write(self, opened: ExitStack) -> Path:
        """The press's own list for the first who serves it; others keep theirs beside it, and the first one's ports stay true."""
        try:
            opened.enter_context(locked(self._own_list.with_name(".serving.lock"), alone=True, wait=False))
        except BlockingIOError:
            beside = self._own_list.with_name(f"sources-{secrets.token_hex(4)}.yaml")
            opened.callback(beside.unlink, missing_ok=True)
            return beside
        return self._own_list

    @property
    def origins(self) -> dict[str, str]:
        """Where each site is, by name."""
        return dict(self._origins)

    def _bound(self, number: int, opened: ExitStack) -> _Server:
        handler = self._handler(self._entries[number]["name"])
        port = self._ports[number] if self._first_port is None else self._first_port + number
        try:
            server = _Server(("127.0.0.1", port), handler)
        except OSError:
            if self._first_port is not None:
                raise
            server = _Server(("127.0.0.1", 0), handler)
        opened.callback(server.server_close)
        return server

    def _handler(self, name: str) -> type[BaseHTTPRequestHandler]:
        press, folder = self, self._folders[name]

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if folder is None:
                    press.asked.append(Asked(name, self.path, 0))
                    _MADE_UP[name](self.path)(self, press._stop)
                    return
                answer = folder.answer(self.path, self.headers, press.now or datetime.now(UTC), press._origins)
                press.asked.append(Asked(name, self.path, answer.status))
                self.send_response(answer.status)
                for header, value in answer.headers.items():
                    self.send_header(header, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the standard library
                """Requests are kept in ``asked``."""

        return Handler


def main() -> int:
    """Serve until somebody ends it, or whoever started it is gone."""
    parser = argparse.ArgumentParser(prog="python -m scripts.press", description="Serve the press of a demo world.")
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("RECSYS_HOME") or "data"), metavar="DIR")
    parser.add_argument(
        "--port", type=int, metavar="P", help="sites lie on P, P + 1, …; default: as in the list of sources"
    )
    parser.add_argument(
        "--now", metavar="INSTANT", help="what is dated after it is not there yet, ISO 8601; default: now"
    )
    arguments = parser.parse_args()
    now = datetime.fromisoformat(arguments.now) if arguments.now else None
    parent = os.getppid()
    try:
        with Press(
            arguments.home / "press",
            now=now.replace(tzinfo=now.tzinfo or UTC) if now else None,
            first_port=arguments.port,
        ) as press:
            for name, origin in press.origins.items():
                sys.stdout.write(f"{origin}  {name}\n")
            if press.listed.name != SOURCES_FILE:
                sys.stdout.write(f"somebody serves this press already: these ports are listed in {press.listed}\n")
            sys.stdout.flush()
            while os.getppid() == parent:
                time.sleep(1.0)
    except (RecsysError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
