"""Bytes to text, also where the page, or its server, is wrong about its encoding."""

import codecs
import re

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, resolve_encoding

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Detection looks at so much: it costs some 30 ms for each 100 kB.
_DETECT_BYTES = 100_000
_XML_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})""")


def decode(body: bytes, content_type: str | None = None) -> str:
    """Return the text of a page; characters that no encoding explains become U+FFFD.

    In this order: a byte order mark; UTF-8 if the bytes are valid UTF-8 beyond ASCII, since other encodings hardly ever
    are by chance, while servers that say Latin-1 of UTF-8 are many; what the header, then the page declares, if the bytes
    allow it; a guess.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, errors="replace")
    for encoding in ("utf-8", *_declared(body, content_type)):
        try:
            return body.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return _guessed(body)


def _declared(body: bytes, content_type: str | None) -> list[str]:
    in_xml = _XML_DECLARED.match(body[:300])
    names = (
        http_content_type_encoding(content_type),
        in_xml.group(1).decode() if in_xml else None,
        html_body_declared_encoding(body[:4096]),
    )
    resolved = [resolve_encoding(name) for name in names if name]
    return [name for name in resolved if name and name not in ("utf-8", "utf-16", "utf-32")]


def _guessed(body: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(body[:_DETECT_BYTES]).best()
    return body.decode(best.encoding if best is not None else "utf-8", errors="replace")
