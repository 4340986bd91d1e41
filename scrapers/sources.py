"""The list of sources: which sites are read, from where in them, and how gently. YAML, judged before anything is asked for."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from scrapers.pages.sites import SiteRule
from scrapers.urls import canonical_url, is_file, origin, path_allowed, site_host

MAX_LIST_BYTES = 1_000_000
_ANY = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
WebAddress = Annotated[str, Field(min_length=1, max_length=1_000)]


class SourcesError(ValueError):
    """The list of sources can not be used; one line for each fault."""


class Source(BaseModel):
    """One site.

    Relative addresses are relative to ``site``. Paths are compared with the beginning of an address's path.
    """

    model_config = _ANY

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$", description="How the log and the articles call it; also a file name."
    )
    site: WebAddress = Field(description="Its front page.")
    feeds: tuple[WebAddress, ...] = Field(default=(), max_length=100, description="RSS, Atom or JSON feeds.")
    sitemaps: tuple[WebAddress, ...] = Field(default=(), max_length=100, description="Sitemaps or indexes of them.")
    start_urls: tuple[WebAddress, ...] = Field(
        default=(), max_length=100, description="Pages whose links are followed."
    )
    allowed_paths: tuple[str, ...] = Field(default=(), description="Articles lie below these; empty: anywhere.")
    denied_paths: tuple[str, ...] = Field(default=(), description="Nothing below these is asked for.")
    licence_note: str = Field(default="", max_length=1_000, description="Why it may be read, for those who ask.")
    language: str | None = Field(
        default=None, pattern=r"^[a-z]{2}$", description="ISO 639-1, for pages that do not say."
    )
    delay_s: float = Field(default=1.0, ge=0.0, le=600.0, description="Seconds between two requests.")
    is_local: bool = Field(
        default=False, description="Lies on this machine or network; nothing but its own host and port is asked."
    )
    max_pages: int = Field(default=500, ge=1, le=100_000, description="Requests of one crawl, robots.txt not counted.")
    max_bytes: int = Field(
        default=5_000_000, ge=1_000, le=100_000_000, description="Bytes of one answer, also when unpacked."
    )
    max_depth: int = Field(default=2, ge=0, le=10, description="Links followed from a start page.")
    max_seconds: float = Field(default=1_800.0, ge=1.0, le=86_400.0, description="Seconds of one crawl.")
    timeout_s: float = Field(default=30.0, ge=0.1, le=300.0, description="Seconds of one request.")
    revisit_days: float = Field(
        default=7.0, ge=0.0, le=3_650.0, description="After so long a page known is asked for anew."
    )
    article_css: str = Field(
        default="", max_length=500, description="The element that holds the text, where heuristics err."
    )
    drop_css: tuple[str, ...] = Field(default=(), max_length=50, description="Elements that are no part of the text.")

    @field_validator("site")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        canonical = canonical_url(value)
        if canonical is None:
            raise ValueError(f"{value!r} is no address of a web page: expected http://… or https://…")
        return canonical

    @field_validator("allowed_paths", "denied_paths")
    @classmethod
    def _are_paths(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [value for value in values if not value.startswith("/")]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is no path: expected it to begin with /")
        return values

    @field_validator("article_css", "drop_css")
    @classmethod
    def _are_selectors(cls, value: Any) -> Any:
        from cssselect import GenericTranslator, SelectorError

        for selector in (value,) if isinstance(value, str) else value:
            try:
                GenericTranslator().css_to_xpath(selector or "*")
            except SelectorError as error:
                raise ValueError(f"{selector!r} is no CSS selector: {error}") from error
        return value

    @model_validator(mode="after")
    def _has_an_entrance_on_its_site(self) -> "Source":
        entrances = {"feeds": self.feeds, "sitemaps": self.sitemaps, "start_urls": self.start_urls}
        if not any(entrances.values()):
            raise ValueError("no entrance: give feeds, sitemaps or start_urls")
        for what, values in entrances.items():
            for value in values:
                absolute = canonical_url(value, self.site)
                if absolute is None:
                    raise ValueError(f"{what}: {value!r} is no address of a web page")
                if self.is_local and origin(absolute) != origin(self.site):
                    raise ValueError(
                        f"{what}: {value!r} is not on {origin(self.site)}, and a local source is asked nowhere else"
                    )
        return self

    @property
    def entrances(self) -> dict[str, tuple[str, ...]]:
        """Absolute addresses by kind: ``feed``, ``sitemap``, ``start``."""
        kinds = {"feed": self.feeds, "sitemap": self.sitemaps, "start": self.start_urls}
        return {
            kind: tuple(canonical_url(value, self.site) or "" for value in values) for kind, values in kinds.items()
        }

    @property
    def hosts(self) -> frozenset[str]:
        """Hosts that may be asked, without ``www.``: that of the site and those of its entrances."""
        urls = (self.site, *(url for urls in self.entrances.values() for url in urls))
        return frozenset(site_host(url) for url in urls)

    @property
    def local_origins(self) -> frozenset[str]:
        """The one ``host:port`` of a local source; empty for a public one."""
        return frozenset((origin(self.site),)) if self.is_local else frozenset()

    @property
    def rule(self) -> SiteRule:
        """What the list knows of the layout of its pages."""
        return SiteRule(article=self.article_css, drop=self.drop_css)

    def owns(self, url: str) -> bool:
        """Say whether an address is one of the source's hosts, and for a local source of its port."""
        return origin(url) in self.local_origins if self.is_local else site_host(url) in self.hosts

    def holds(self, url: str) -> bool:
        """Say whether an address may be one of the source's articles, by host and path."""
        return self.owns(url) and path_allowed(url, self.allowed_paths, self.denied_paths) and not is_file(url)


@dataclass(frozen=True)
class SourceList:
    """What the file says: sources by name, in its order, and the address at which sites reach who crawls them."""

    sources: dict[str, Source]
    contact: str | None


def read_sources(path: Path) -> SourceList:
    """Read a list of sources.

    Raises:
        SourcesError: it can not be read or has faults; the message has a line for each.
    """
    import yaml

    try:
        if path.stat().st_size > MAX_LIST_BYTES:
            raise SourcesError(f"{path}: larger than {MAX_LIST_BYTES} bytes, which no list of sources is")
        text = path.read_text(encoding="utf-8")
        if "&" in text and any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise SourcesError(f"{path}: aliases (*name) are not read: write each source out")
        data = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise SourcesError(f"{path} can not be read: {error}") from error
    except yaml.YAMLError as error:
        raise SourcesError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    entries = data.get("sources") if isinstance(data, dict) else None
    if not isinstance(entries, list) or not entries:
        raise SourcesError(f"{path}: expected a list under `sources:`")
    sources: dict[str, Source] = {}
    faults: list[str] = []
    for number, entry in enumerate(entries, start=1):
        _judge(number, entry, sources, faults)
    contact = data.get("contact")
    if contact is not None and (
        not isinstance(contact, str) or not re.fullmatch(r"(https?://|mailto:)[!-~]{3,300}", contact)
    ):
        faults.append("contact: expected the address of a page (https://…) or mailto:…")
    faults += [
        f"{key}: not known here; expected sources and contact" for key in data if key not in ("sources", "contact")
    ]
    if faults:
        raise SourcesError("\n".join(f"{path}: {fault}" for fault in faults))
    return SourceList(sources, contact)


def _judge(number: int, entry: object, sources: dict[str, Source], faults: list[str]) -> None:
    name = entry.get("name") if isinstance(entry, dict) else None
    label = f"source {number} ({name})" if isinstance(name, str) else f"source {number}"
    if not isinstance(entry, dict):
        faults.append(f"{label}: expected name, site and an entrance, found {type(entry).__name__}")
        return
    try:
        source = Source.model_validate(entry)
    except ValidationError as error:
        for fault in error.errors():
            where = ".".join(str(part) for part in fault["loc"]) or "as a whole"
            faults.append(f"{label}: {where}: {fault['msg'].removeprefix('Value error, ')}")
        return
    if source.name in sources:
        faults.append(f"{label}: the name is taken by an earlier source")
    sources[source.name] = source
