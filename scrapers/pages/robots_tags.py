"""What a page and its headers say about being taken: ``X-Robots-Tag`` and ``<meta name="robots">``."""

from collections.abc import Iterable

from lxml.html import HtmlElement

AGENT = "recsysbot"
# noimageai speaks of pictures, which are never taken.
_NOT_TAKEN = ("noindex", "none", "noai")


def refusal(header_values: Iterable[str], tree: HtmlElement | None) -> str | None:
    """Return ``noindex`` or ``noai`` if the page must not be taken, else None."""
    found = _directives(header_values, tree)
    return next(("noindex" if word == "none" else word for word in _NOT_TAKEN if word in found), None)


def may_follow(header_values: Iterable[str], tree: HtmlElement | None) -> bool:
    """Say whether links of the page may be followed."""
    return not _directives(header_values, tree) & {"nofollow", "none"}


def _directives(header_values: Iterable[str], tree: HtmlElement | None) -> set[str]:
    found: set[str] = set()
    for value in header_values:
        agent = "*"
        for part in value.lower().split(","):
            # "googlebot: noindex, nofollow, otherbot: noai": an agent holds until the next one is named.
            name, colon, rest = part.partition(":")
            if colon and name.strip() not in (
                "unavailable_after",
                "max-snippet",
                "max-image-preview",
                "max-video-preview",
            ):
                agent, part = name.strip(), rest  # noqa: PLW2901
            if agent in ("*", AGENT):
                found.add(part.strip())
    if tree is not None:
        for meta in tree.iter("meta"):
            if (meta.get("name") or "").strip().lower() in ("robots", AGENT):
                found.update(word.strip() for word in (meta.get("content") or "").lower().split(","))
    return found
