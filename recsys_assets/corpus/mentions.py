"""One article to the artists and tracks that it mentions: which of those who share a name, where, how surely.

Belongs here: from readings of the gate to rows. Finding and gating is ``gazetteer`` and ``gate``, days are ``reading_days``.
Whatever an article holds, the work is bounded: see ``gate.MAX_CANDIDATES`` and the length of a body in ``raw.contract``.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cached_property

from recsys_assets.corpus.gate import Gate, Reading, Scanned, read, scan
from recsys_assets.corpus.gazetteer import Entry, Gazetteer
from recsys_assets.corpus.tables import ARTIST, TRACK
from recsys_assets.corpus.text import excerpt_around, fold, guess_language
from recsys_assets.raw.contract import MAX_BODY_CHARS, MAX_NAME_CHARS

# ISO 639-1, with or without what follows: de, pt-BR, zh_Hant.
_LANGUAGE = re.compile(r"[a-z]{2}([-_][a-z0-9-]+)?")
# Below it a mention is a guess: two artists of one name, neither better known, keep half each; six keep nothing.
LEAST_CONFIDENCE = 0.2
# Versions of one track by one artist that a title may mean at once.
MAX_VERSIONS = 3


@dataclass(frozen=True)
class Article:
    """What is read of an article."""

    url: str
    site: str
    title: str
    body: str
    language: str | None = None
    link_texts: Sequence[str] = ()

    @cached_property
    def text(self) -> str:
        """Title, a line feed and the body: what places are counted in."""
        return f"{self.title[:MAX_NAME_CHARS]}\n{self.body[:MAX_BODY_CHARS]}"


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where an entity is named; see ``tables.ARTICLE_MENTIONS``. ``first`` and ``last`` are words of the sentence."""

    kind: str
    entity_id: str
    start: int
    end: int
    sentence: int
    first: int
    last: int
    confidence: float


@dataclass(frozen=True)
class ReadArticle:
    """An article with its sentences and mentions, by place."""

    article: Article
    scanned: Scanned
    mentions: list[Mention]

    @cached_property
    def language(self) -> str:
        """The ISO 639-1 code that the article says, else what its text looks like; "und" where that is too short."""
        said = (self.article.language or "").strip().lower()
        return said[:2] if _LANGUAGE.fullmatch(said) else guess_language(self.article.body)

    def excerpt(self, mention: Mention) -> str:
        """Return the mention's sentence as one harmless line of at most 300 characters."""
        sentence = self.scanned.places[mention.sentence].sentence
        return excerpt_around(self.article.text, sentence.start, sentence.end, near=mention.start)


def read_article(article: Article, gazetteer: Gazetteer, gate: Gate) -> ReadArticle:
    """Find who and what an article mentions."""
    links = {fold(link) for link in article.link_texts}
    scanned = scan(article.text, gazetteer, links=links)
    readings = read(scanned, gazetteer, gate)
    sure = {
        entry.entity_id
        for reading in readings
        if reading.candidate.kind == ARTIST
        for entry in gazetteer.artists[reading.candidate.match.name]
    }
    mentions = [
        _mention(scanned, reading, entity_id, confidence)
        for reading in readings
        for entity_id, confidence in _who(reading, gazetteer, scanned, sure)
        if confidence >= LEAST_CONFIDENCE
    ]
    return ReadArticle(article, scanned, mentions)


def _mention(scanned: Scanned, reading: Reading, entity_id: str, confidence: float) -> Mention:
    candidate = reading.candidate
    match, words = candidate.match, scanned.places[candidate.sentence].sentence.words
    start, end = words.starts[match.first], words.ends[match.last - 1]
    return Mention(candidate.kind, entity_id, start, end, candidate.sentence, match.first, match.last, confidence)


def _who(reading: Reading, gazetteer: Gazetteer, scanned: Scanned, named: Set[str]) -> list[tuple[str, float]]:
    """Return who of those with this name is meant, with confidence.

    An artist of whom a track is named, or a track whose artist is, goes before those of whom nothing is; what the article
    does not tell is shared by how much of the catalogue is theirs.
    """
    name = reading.candidate.match.name
    if reading.candidate.kind == TRACK:
        entries = gazetteer.tracks[name]
        told = [entry for entry in entries if not named.isdisjoint(entry.artist_ids)]
        meant = told or list(entries)
        share = reading.probability / len({entry.artist_ids for entry in meant})
        return [(entry.entity_id, share) for entry in _versions(meant)]
    artists = gazetteer.artists[name]
    told = [entry for entry in artists if entry.entity_id in scanned.around.titled_artists]
    meant = told or list(artists)
    fame = sum(entry.fame for entry in meant)
    return [(entry.entity_id, reading.probability * entry.fame / fame) for entry in meant]


def _versions(entries: Sequence[Entry]) -> list[Entry]:
    seen: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        versions = seen.setdefault(entry.artist_ids, [])
        if len(versions) < MAX_VERSIONS and entry.entity_id not in {each.entity_id for each in versions}:
            versions.append(entry)
    return [entry for versions in seen.values() for entry in versions]
