"""One address for one page: canonical form, and which addresses a source may be asked for.

Belongs here: what can be said from the text of an address. Where its host lies is ``addresses``.
"""

import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit, urlunsplit

from w3lib.url import canonicalize_url, url_query_cleaner

MAX_URL_CHARS = 1_000
# Parameters that say where a reader came from, and never what is shown.
TRACKING = re.compile(
    r"(?i)^(utm_.*|mtm_.*|pk_.*|piwik_.*|mc_[ce]id|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|igshid|"
    r"_hs(enc|mi)|hsctatracking|vero_id|oly_(anon|enc)_id|s_cid|cmpid|ref_src|ref_url|ito|ocid|smid)$"
)
# What no article is: files by their ending.
_FILES = re.compile(
    r"(?i)\.(jpe?g|png|gif|webp|avif|svg|ico|bmp|tiff?|mp3|m4a|flac|ogg|wav|mp4|webm|mov|avi|pdf|epub|zip|gz|tgz|bz2|xz|7z|"
    r"rar|exe|dmg|iso|css|js|mjs|json|woff2?|ttf|eot|docx?|xlsx?|pptx?)$"
)

# As it stands in an address: in IDNA, or numbers.
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")


def canonical_url(url: str, base: str = "") -> str | None:
    """Return the address in the form in which addresses are compared, or None if it is none of a web page.

    Absolute, http or https, host in lower case, no default port, no user name, no fragment, no tracking parameters, the
    others sorted; all of it in ASCII that can be seen, the host in IDNA.
    """
    try:
        parts = urlsplit(urljoin(base, url.strip()))
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    bracketed = f"[{host}]" if ":" in host else host
    is_default = port in (None, {"http": 80, "https": 443}[parts.scheme])
    netloc = bracketed.rstrip(".") if is_default else f"{bracketed.rstrip('.')}:{port}"
    query = [pair.partition("=")[0] for pair in parts.query.split("&") if pair]
    plain = urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, ""))
    tracking = [name for name in query if TRACKING.match(name)]
    if tracking:
        plain = url_query_cleaner(plain, tracking, remove=True)
    try:
        canonical = canonicalize_url(plain)
    except ValueError:
        return None
    is_sane = len(canonical) <= MAX_URL_CHARS and _HOST.fullmatch(urlsplit(canonical).hostname or "")
    return canonical if is_sane and canonical.isascii() and canonical.isprintable() else None


def origin(url: str) -> str:
    """Return host and port, in lower case, as ``host:port``; the port also where it is the scheme's own."""
    parts = urlsplit(url)
    return f"{(parts.hostname or '').rstrip('.')}:{parts.port or {'https': 443}.get(parts.scheme, 80)}"


def site_host(url: str) -> str:
    """Return the host without a leading ``www.``."""
    return (urlsplit(url).hostname or "").rstrip(".").removeprefix("www.")


def is_file(url: str) -> bool:
    """Say whether the ending of the path is that of a picture, a sound or another file that is no page."""
    return bool(_FILES.search(urlsplit(url).path))


def path_allowed(url: str, allowed: Iterable[str], denied: Iterable[str]) -> bool:
    """Say whether the path begins with one of ``allowed`` (empty: any) and with none of ``denied``."""
    path = urlsplit(url).path or "/"
    allowed = tuple(allowed)
    return (not allowed or path.startswith(allowed)) and not path.startswith(tuple(denied))
