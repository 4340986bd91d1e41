"""Hostile answers of the made-up press, made while they are asked for: what no folder could hold.

Belongs here: the answers. Which address is which site is ``press``. What never ends here ends with the client, or with the
press.
"""

import gzip
from collections.abc import Callable
from functools import cache
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import TypeAlias

Answer: TypeAlias = Callable[[BaseHTTPRequestHandler, Event], None]

HUGE_BYTES, BOMB_BYTES, MILLION = 500_000_000, 100_000_000, 1_000_000
PATIENCE_S = 300.0
_HTML = "text/html; charset=utf-8"
_CHUNK = b"<p>more of the same, and then more of it again</p>\n" * 1_300
_PROSE = (
    "The café at the corner plays the same tape every night, and every night the last table stays to the end. "
    "Nobody asks who sings; the déjà vu is part of the price, like the cold coffee and the warm beer. "
    "We stayed for two sides, wrote down what we heard, and left when the naïve waiter began to sing along. "
    "It is a small place, it is a large tape, and it will be there tomorrow in the same blue light."
)


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    """Send an answer whole."""
    handler.send_response(status)
    for name, value in (
        {"Content-Type": _HTML} | {key.replace("_", "-"): value for key, value in headers.items()}
    ).items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _page(title: str, body: str, head: str = "") -> bytes:
    return (
        f"<!doctype html><html lang='en'><head><title>{title}</title>{head}</head><body>{body}</body></html>".encode()
    )


def _whole(body: bytes, status: int = 200, **headers: str) -> Answer:
    return lambda handler, _stop: send(handler, body, status, **headers)


def _to(location: str) -> Answer:
    return lambda handler, _stop: send(handler, b"", 302, Location=location)


def _to_next_port(handler: BaseHTTPRequestHandler, _stop: Event) -> None:
    send(handler, b"", 302, Location=f"http://[::1]:{handler.server.server_port + 1}/")  # type: ignore[attr-defined]


def _never(_handler: BaseHTTPRequestHandler, stop: Event) -> None:
    stop.wait(PATIENCE_S)


def _begin(handler: BaseHTTPRequestHandler, content_type: str, **headers: str) -> None:
    handler.close_connection = True
    handler.send_response(200)
    handler.send_header("Content-Type", content_type)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


def _huge(handler: BaseHTTPRequestHandler, stop: Event) -> None:
    _begin(handler, _HTML)
    for _ in range(HUGE_BYTES // len(_CHUNK)):
        if stop.is_set():
            return
        handler.wfile.write(_CHUNK)


def _million(handler: BaseHTTPRequestHandler, stop: Event) -> None:
    _begin(handler, "application/rss+xml")
    handler.wfile.write(b'<rss version="2.0"><channel><title>All of it</title>')
    for low in range(0, MILLION, 1_000):
        if stop.is_set():
            return
        handler.wfile.write(b"".join(b"<item><link>/item/%d</link></item>\n" % n for n in range(low, low + 1_000)))
    handler.wfile.write(b"</channel></rss>")


@cache
def _bomb() -> bytes:
    # Members of one gzip file stand behind each other: the first is packed, the others are copies.
    part = b"<p>boom</p>" * 90_000
    return gzip.compress(part) * (BOMB_BYTES // len(part))


def _gzip_bomb(handler: BaseHTTPRequestHandler, _stop: Event) -> None:
    send(handler, _bomb(), Content_Encoding="gzip")


def _loop(handler: BaseHTTPRequestHandler, _stop: Event) -> None:
    number = handler.path.rpartition("-")[2]
    send(handler, b"", 302, Location=f"/loop-{int(number) + 1 if number.isdigit() else 1}")


_ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY x SYSTEM "file:///etc/passwd">]>'
    "<rss version='2.0'><channel><title>&c;&x;</title><item><link>/entity</link></item></channel></rss>"
)
_BROKEN = (
    f"<title>Broken but there</title><h1>Broken but there</h2><div class=text><p>{_PROSE.replace('tape', 'reel')}"
    f"<p><b><i>{_PROSE.replace('table', 'chair')}</table></b><p>{_PROSE.replace('small', 'crooked')}</span></body><p>"
).encode()

PAGES: dict[str, Answer] = {
    "/never": _never,
    "/loop": _loop,
    "/huge": _huge,
    "/gzip-bomb": _gzip_bomb,
    "/to-metadata": _to("http://169.254.169.254/latest/meta-data/"),
    "/to-private": _to("http://10.0.0.1/admin"),
    "/to-next-port": _to_next_port,
    "/wrong-charset": _whole(
        _page("The tape at the corner", f"<article><h1>The tape at the corner</h1><p>{_PROSE}</p></article>")
        .decode().encode("latin-1")
    ),
    "/broken-html": _whole(_BROKEN),
    "/script-only": _whole(_page("App", "<noscript>Please enable JavaScript.</noscript>", "<script>run()</script>")),
    "/soft-404": _whole(_page("Page not found", "<h1>Page not found</h1><p>Sorry, this page does not exist any more.</p>")),
    "/cookie-wall": _whole(
        _page(
            "Before you go on",
            "<p>We and our partners store cookies. Your consent lets vendors show personalised advertising. Accept all cookies or "
            "manage your privacy settings: 214 partners claim a legitimate interest.</p>",
        )
    ),
}  # fmt: skip
"""What the feed of the hostile site leads to."""


def _feed(handler: BaseHTTPRequestHandler, _stop: Event) -> None:
    items = "".join(f"<item><link>{path}</link></item>" for path in PAGES)
    body = f'<rss version="2.0"><channel><title>Rough corner</title>{items}</channel></rss>'
    send(handler, body.encode(), Content_Type="application/rss+xml")


DOORS: dict[str, Answer] = {
    "/feed.xml": _feed,
    "/entities.xml": _whole(_ENTITIES.encode(), Content_Type="application/rss+xml"),
    "/million.xml": _million,
}


def rough_answer(path: str) -> Answer:
    """Return what the hostile site answers; robots.txt is not there, which allows all."""
    if path.startswith("/loop"):
        return _loop
    return PAGES.get(path) or DOORS.get(path) or _whole(b"gone", 404)


def closed_answer(path: str) -> Answer:
    """Return what the site answers whose robots.txt fails: everything would be there, and nothing may be asked for."""
    return _whole(b"out of order", 503) if path == "/robots.txt" else _whole(b"you should not have asked")
