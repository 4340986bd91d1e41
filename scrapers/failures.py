"""Why an answer did not come: the engine's exceptions to words to count by."""

import re

from OpenSSL.SSL import Error as TlsError
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from twisted.internet.error import ConnectError, ConnectionClosed, DNSLookupError
from twisted.web.client import ResponseFailed
from twisted.web.http import PotentialDataLoss

from scrapers.middlewares.gate import RefusedError

# All that a request may end in without an answer.
NO_ANSWER = (
    CannotResolveHostError, DownloadCancelledError, DownloadConnectionRefusedError, DownloadFailedError, DownloadTimeoutError,
    ResponseDataLossError, UnsupportedURLSchemeError, ConnectError, ConnectionClosed, DNSLookupError, ResponseFailed,
    PotentialDataLoss, TlsError, OSError, ValueError,
)  # fmt: skip
_TLS = re.compile(r"(?i)\b(ssl|tls|certificate|verif\w*)\b|openssl")
# What a server in trouble answers, as against one page that is broken.
TROUBLE = frozenset(("timeout", "connection", "unknown_host", "tls"))


_WORDS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (DownloadTimeoutError, "timeout"),
    (DownloadCancelledError, "too_large"),
    ((CannotResolveHostError, DNSLookupError), "unknown_host"),
    (UnsupportedURLSchemeError, "scheme"),
    (ResponseDataLossError, "broken_answer"),
    (TlsError, "tls"),
)


def reason_of(error: BaseException) -> str:
    """Return the word for an exception that a request ended in."""
    if isinstance(error, RefusedError):
        return error.reason
    if isinstance(error, IgnoreRequest):
        # Scrapy's own: of redirects, or of a body that unpacks to too much.
        return "too_many_redirects" if "redirect" in str(error) else "too_large"
    known = next((word for kinds, word in _WORDS if isinstance(error, kinds)), None)
    if known is not None:
        return known
    if _TLS.search(f"{error!r} {getattr(error, 'reasons', '')}"):
        return "tls"
    return (
        "connection" if isinstance(error, (DownloadConnectionRefusedError, ConnectError, OSError)) else "broken_answer"
    )
