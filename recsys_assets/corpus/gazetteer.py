"""All names of the catalogue as one automaton: every place in a text where one stands, whole words only.

Belongs here: names, and where they stand. Whether the artist or the track is meant there is ``gate``'s to say. Names and
text are compared folded (``text``), so case, accents, apostrophes and spaces make no difference; a name in the possessive
("Radiohead's", and "radioheads" where apostrophes are not typed) and with or without "the" is found too.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from recsys_assets.corpus.commonness import RARE, rank_of
from recsys_assets.corpus.tables import ARTIST, TRACK
from recsys_assets.corpus.text import Words, find_words, fold

# Longer names are no names anybody writes out; what else would nest without end in a text made to.
MAX_NAME_WORDS = 20
# Of one sentence; a sentence of a thousand characters that is not made to has fewer than a hundred.
MAX_MATCHES = 2_000
# A name of one or two words, all of them commoner than this, may be just these words: "eagles" has rank 5,262.
AMBIGUOUS_RANK = 6_000
# Ranks of "music" and "new" lie below, those of "rock", "jazz" and "metal" above.
_TELLING_GENRE = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """A name of an entity.

    Attributes:
        kind: artist or track.
        entity_id: whose name it is.
        name: as written.
        artist_ids: of a track, who is credited.
        genres: of an artist, single folded words of the genres.
        fame: how much of the catalogue is the artist's: number of tracks; of a track 1.
    """

    kind: str
    entity_id: str
    name: str
    artist_ids: tuple[str, ...] = ()
    genres: frozenset[str] = frozenset()
    fame: int = 1


class Match(NamedTuple):
    """Words ``first`` to ``last`` (excluded) of a sentence are the name with this number; ``variant``: as written, or how not."""

    first: int
    last: int
    name: int
    variant: str


@dataclass(frozen=True)
class Gazetteer:
    """The names, and who is called so.

    Attributes:
        names: folded names, in order.
        artists: per name, the artists who are called so, best known first.
        tracks: per name, the tracks that are called so, by id.
        credited: per name, whose tracks are called so.
    """

    names: tuple[str, ...]
    artists: tuple[tuple[Entry, ...], ...]
    tracks: tuple[tuple[Entry, ...], ...]
    credited: tuple[frozenset[str], ...]
    _patterns: list[str] = field(repr=False)
    _meanings: list[tuple[tuple[int, str], ...]] = field(repr=False)
    # What ``clues`` found of names and spellings, kept because texts name the same ones again and again.
    clues_of_names: dict[tuple[int, str], tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def _automaton(self):  # noqa: ANN202  the library ships no types
        from ahocorasick_rs import AhoCorasick

        return AhoCorasick(self._patterns)

    @cached_property
    def rarest_ranks(self) -> tuple[int, ...]:
        """Per name, the rank of its rarest word: low where all of its words are common ones."""
        return tuple(max((rank_of(word) for word in name.split()), default=RARE) for name in self.names)

    @cached_property
    def ambiguous(self) -> tuple[bool, ...]:
        """Per name, whether it alone does not tell who is meant: one or two common words, or a single word of three letters."""
        return tuple(
            (name.count(" ") <= 1 and rank < AMBIGUOUS_RANK) or (len(name) <= 3 and name.isascii() and " " not in name)
            for name, rank in zip(self.names, self.rarest_ranks, strict=True)
        )

    @cached_property
    def fame_shares(self) -> dict[str, float]:
        """Per artist, the share of artists with less of the catalogue, those with as much counted half: 0 to 1."""
        fames = {entry.entity_id: entry.fame for entries in self.artists for entry in entries}
        ordered = sorted(fames.values())
        return {
            artist: (bisect_left(ordered, fame) + bisect_right(ordered, fame)) / (2 * len(ordered))
            for artist, fame in fames.items()
        }

    @cached_property
    def _says_nothing_alone(self) -> tuple[bool, ...]:
        """Per pattern, whether every name that it spells is ambiguous."""
        return tuple(all(self.ambiguous[name] for name, _ in meanings) for meanings in self._meanings)

    def find(self, words: Words, *, small: Sequence[bool] | None = None) -> list[Match]:
        """Return all places where a name stands, also inside another, by place and the longest first; 2,000 at most.

        Args:
            words: of a sentence.
            small: per word, whether no ambiguous name can begin there; those are left out, nine tenths of all.
        """
        if not self.names or not len(words):
            return []
        # Patterns and text carry a space at both ends: it is the border of words.
        haystack = " " + " ".join(words.folded) + " "
        found = self._automaton.find_matches_as_indexes(haystack, overlapping=True)[:MAX_MATCHES]
        if small is not None:
            silent = self._says_nothing_alone
            found = [each for each in found if not (silent[each[0]] and small[haystack.count(" ", 0, each[1])])]
        # The automaton's places are those of both spaces, and as many words stand before a space as spaces do.
        matches = [
            Match(haystack.count(" ", 0, start), haystack.count(" ", 0, end - 1), number, variant)
            for pattern, start, end in found
            for number, variant in self._meanings[pattern]
        ]
        return sorted(matches, key=_order)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the automaton out: it is quickly made again from the patterns, and the library's object stays in its process."""
        return {name: value for name, value in self.__dict__.items() if name != "_automaton"}


def _order(match: Match) -> tuple[int, int, int, str]:
    return match.first, -match.last, match.name, match.variant


def build_gazetteer(entries: Iterable[Entry]) -> Gazetteer:
    """Collect names; what has no letter or digit, or more than twenty words, is left out."""
    artists: dict[str, list[Entry]] = defaultdict(list)
    tracks: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        words = find_words(entry.name).folded
        name = " ".join(words)
        if 0 < len(words) <= MAX_NAME_WORDS and any(ch.isalnum() for ch in name):
            (artists if entry.kind == ARTIST else tracks)[name].append(entry)
    names = tuple(sorted({*artists, *tracks}))
    patterns, meanings = _variants(names, artists)
    return Gazetteer(
        names,
        tuple(tuple(sorted(artists.get(name, ()), key=lambda each: (-each.fame, each.entity_id))) for name in names),
        tuple(tuple(sorted(tracks.get(name, ()), key=lambda each: each.entity_id)) for name in names),
        tuple(frozenset(artist for each in tracks.get(name, ()) for artist in each.artist_ids) for name in names),
        patterns,
        meanings,
    )


EXACT, POSSESSIVE, ARTICLE = "exact", "possessive", "article"


def _variants(
    names: Sequence[str], artists: dict[str, list[Entry]]
) -> tuple[list[str], list[tuple[tuple[int, str], ...]]]:
    """Spell names of artists as they are met; a spelling that is itself a name of an artist is left to it."""
    patterns: dict[str, list[tuple[int, str]]] = {f" {name} ": [(number, EXACT)] for number, name in enumerate(names)}
    for number, name in enumerate(names):
        if name not in artists:
            continue
        others = [(f"{name}s", POSSESSIVE)] if name[-1].isalpha() and len(name) > 2 else []
        if name.startswith("the ") and len(name) > 6:
            others.append((name.removeprefix("the "), ARTICLE))
        elif not name.startswith("the "):
            others.append((f"the {name}", ARTICLE))
        for spelling, variant in others:
            if spelling not in artists:
                patterns.setdefault(f" {spelling} ", []).append((number, variant))
    return list(patterns), [tuple(meanings) for meanings in patterns.values()]


def catalogue_entries(
    artists: Iterable[tuple[str, str, Sequence[str]]], tracks: Iterable[tuple[str, str, Sequence[str]]]
) -> list[Entry]:
    """Make entries of (artist_id, name, genres) and (track_id, title, artist_ids).

    What stands in brackets or behind a dash in a title ("- Remastered 2011", "(feat. X)") is also left away.
    """
    fame: dict[str, int] = defaultdict(int)
    titled: list[Entry] = []
    for track_id, title, artist_ids in tracks:
        for artist_id in artist_ids:
            fame[artist_id] += 1
        titled += [
            Entry(TRACK, track_id, name, tuple(artist_ids)) for name in dict.fromkeys((title, plain_title(title)))
        ]
    named = [
        Entry(ARTIST, artist_id, name, genres=_genre_words(genres), fame=max(fame[artist_id], 1))
        for artist_id, name, genres in artists
    ]
    return named + titled


def _genre_words(genres: Sequence[str]) -> frozenset[str]:
    # "music" and "new" in a genre say nothing: short and very common words are left away.
    return frozenset(word for genre in genres for word in fold(genre).split() if rank_of(word) >= _TELLING_GENRE)


def plain_title(title: str) -> str:
    """Return a title without what stands in brackets or behind " - "; the title itself where nothing else is left."""
    short = title.partition(" - ")[0]
    for opening, closing in ("()", "[]"):
        start = short.find(opening)
        if start > 0 and short.rstrip().endswith(closing):
            short = short[:start]
    return short.strip() or title
