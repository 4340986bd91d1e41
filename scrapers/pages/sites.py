"""What is known of single sites: where the article stands and what in it is none of it, by host.

Only for sites where the general case errs; each entry has a saved page in the tests. A source may say the same of itself in
the list of sources (``article_css``, ``drop_css``), which goes before what stands here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class SiteRule:
    """CSS selectors: ``article`` holds the text (empty: found by heuristics), ``drop`` is removed first."""

    article: str = ""
    drop: tuple[str, ...] = ()


ANY_SITE = SiteRule()
# MediaWiki shows its edit links, notes and boxes inside the text; blogs of Blogger keep the whole post in one element.
_WIKI = SiteRule(
    article=".mw-parser-output",
    drop=(".mw-editsection", ".reference", ".reflist", ".navbox", ".infobox", ".hatnote", ".toc", "table", "style"),
)
_BLOGGER = SiteRule(article=".post-body", drop=(".post-share-buttons", ".post-labels"))
RULES: Mapping[str, SiteRule] = MappingProxyType({"wikipedia.org": _WIKI, "blogspot.com": _BLOGGER})


def rule_for(host: str) -> SiteRule:
    """Return the rule of a host or of the domain it belongs to; ``ANY_SITE`` where nothing is known."""
    labels = host.split(".")
    domains = (".".join(labels[start:]) for start in range(len(labels) - 1))
    return next((RULES[domain] for domain in domains if domain in RULES), ANY_SITE)
