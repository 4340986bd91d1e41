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


def reason_of(error: BaseException) -> str:
    """Return the word for an exception that a request ended in."""
    text = f"{type(error).__name__} {error!r} {getattr(error, 'reasons', '')}"
    if isinstance(error, RefusedError):
        return error.reason
    if isinstance(error, IgnoreRequest):
        return "too_many_redirects" if "redirect" in str(error) else "too_large"
    if isinstance(error, DownloadTimeoutError):
        return "timeout"
    if isinstance(error, DownloadCancelledError):
        return "too_large"
    if isinstance(error, (CannotResolveHostError, DNSLookupError)):
        return "unknown_host"
    if isinstance(error, UnsupportedURLSchemeError):
        return "scheme"
    if isinstance(error, ResponseDataLossError):
        return "broken_answer"
    if isinstance(error, TlsError) or _TLS.search(text):
        return "tls"
    return (
        "connection" if isinstance(error, (DownloadConnectionRefusedError, ConnectError, OSError)) else "broken_answer"
    )
