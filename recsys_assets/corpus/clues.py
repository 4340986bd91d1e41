"""What speaks for or against a name being meant where it stands: clues of the name, its place and the article.

Belongs here: from a place to the names of its clues. How much each clue counts is ``gate``'s. Words around are clues only
if they are common English ones, so that no name is ever learnt by heart.
"""

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import accumulate

from recsys_assets.corpus.commonness import RARE, rank_of
from recsys_assets.corpus.gazetteer import EXACT, Gazetteer, Match
from recsys_assets.corpus.tables import ARTIST, TRACK
from recsys_assets.corpus.text import Sentence

# Words around that may be a clue: the 3,000 commonest of English hold all that matter ("band", "album", "remix", "by").
CUE_RANKS = 3_000
_COMMON = (50, 300, 1_500, 6_000, RARE)
# Shares of artists that are less known; artists that a title is by.
_FAME, _HOMONYMS = (0.4, 0.7, 0.85, 0.95), (1, 3, 10, 30)
# A name says who is spoken of if its rarest word is rarer than this: "yes" and "changes" say nothing of each other.
TELLING_RANK = 1_500
_HEADLINE_LETTERS, _HEADLINE_SHARE = 4, 0.75
# What lets an ambiguous name count: the artist's track or the track's artist, words of music, how it is written.
SECOND_CLUES = frozenset(
    {
        "its_artist_named",
        "its_track_named",
        "its_genre",
        "music_word_near",
        "likeness_before",
        "case=capital",
        "quoted",
        "link",
        "by_artist_after",
        "title_by_before",
        "by_before",
        "artist_and_before",
        "artist_and_after",
        "variant=possessive",
    }
)
QUOTES = "\"'“”‘’«»„‚「」『』《》*_"  # noqa: RUF001  quotation marks of several languages
_BREAKS = frozenset(",;:|/()[]–—\n")  # noqa: RUF001  dashes
_BY = frozenset({"by", "from", "von", "par", "por"})
_JOINTS = frozenset({"and", "or", "&", "vs", "und", "et", "y"})
_GENRE_WORDS = frozenset(
    {
        "album",
        "albums",
        "artist",
        "artists",
        "band",
        "bands",
        "ep",
        "guitarist",
        "lp",
        "musician",
        "musicians",
        "rapper",
        "record",
        "records",
        "singer",
        "single",
        "song",
        "songs",
        "songwriter",
        "track",
        "tracks",
        "trio",
        "duo",
        "quartet",
        "dj",
        "mc",
        "producer",
        "remix",
        "remixes",
        "cover",
        "covers",
        "discography",
    }
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place in a text and one of the two things that its name may mean."""

    sentence: int
    match: Match
    kind: str


@dataclass(frozen=True)
class Surroundings:
    """What is known of an article before its single places are looked at.

    Attributes:
        has_case: whether it tells names by capital letters at all; a text in one case does not.
        links: folded texts of the links in it.
        named_artists: artists one of whose names stands somewhere in it, if it is a telling one.
        titled_artists: artists one of whose tracks' telling titles stands somewhere in it, outside their own name.
    """

    has_case: bool = False
    links: Collection[str] = ()
    named_artists: Set[str] = frozenset()
    titled_artists: Set[str] = frozenset()


@dataclass
class Place:
    """A sentence with all names found in it, and what stands beside what."""

    text: str
    sentence: Sentence
    matches: Sequence[Match]
    artist_starts: set[int] = field(default_factory=set)
    artist_ends: set[int] = field(default_factory=set)
    track_ends: set[int] = field(default_factory=set)
    longest: dict[int, int] = field(default_factory=dict)

    @cached_property
    def reach(self) -> list[int]:
        """Per word, how far the names reach that begin before it."""
        farthest = (self.longest.get(first, 0) for first in range(len(self.sentence.words) - 1))
        return list(accumulate(farthest, max, initial=0))

    @cached_property
    def cues(self) -> list[str]:
        """Per word what it is as a clue, three places "<" before the first, two ">" behind the last."""
        return ["<", "<", "<", *map(_cue, self.sentence.words.folded), ">", ">"]

    @cached_property
    def music_words(self) -> list[int]:
        """Numbers of the words that stand where music is spoken of."""
        return [number for number, word in enumerate(self.sentence.words.folded) if word in _GENRE_WORDS]

    @cached_property
    def is_headline(self) -> bool:
        """Whether most words of four letters or more have a capital: there a capital says nothing."""
        starts = [
            self.text[start]
            for start, word in zip(self.sentence.words.starts, self.sentence.words.folded, strict=True)
            if len(word) >= _HEADLINE_LETTERS
        ]
        return len(starts) > 1 and sum(ch.isupper() for ch in starts) >= _HEADLINE_SHARE * len(starts)

    @classmethod
    def of(cls, text: str, sentence: Sentence, matches: Sequence[Match], gazetteer: Gazetteer) -> "Place":
        """Index the names of a sentence by where they begin and end; names that are common words alone do not count."""
        place = cls(text, sentence, matches)
        for match in matches:
            place.longest[match.first] = max(place.longest.get(match.first, 0), match.last)
            if gazetteer.rarest_ranks[match.name] < _COMMON[1]:
                continue
            if gazetteer.artists[match.name]:
                place.artist_starts.add(match.first)
                place.artist_ends.add(match.last)
            if gazetteer.tracks[match.name]:
                place.track_ends.add(match.last)
        return place

    def word(self, number: int) -> str:
        """Return a folded word; "<" before the first, ">" behind the last."""
        words = self.sentence.words.folded
        return "<" if number < 0 else words[number] if number < len(words) else ">"

    def gap(self, number: int) -> str:
        """Return what stands between the word before and this one."""
        words = self.sentence.words
        start = words.ends[number - 1] if number > 0 else self.sentence.start
        end = words.starts[number] if number < len(words) else self.sentence.end
        return self.text[start:end]


def find_clues(place: Place, candidate: Candidate, gazetteer: Gazetteer, around: Surroundings) -> list[str]:
    """Return the names of all clues at a candidate; each counts once."""
    return [
        *_of_name(candidate.match, gazetteer),
        *_of_words_around(place, candidate.match),
        *_of_by(place, candidate.match),
        *_of_neighbours(place, candidate.match),
        *_of_article(candidate, gazetteer, around),
        *(_of_case(place, candidate.match) if around.has_case else ()),
        *_of_marks(place, candidate.match, gazetteer, around),
        *_of_genre(place, candidate, gazetteer),
    ]


def _of_name(match: Match, gazetteer: Gazetteer) -> tuple[str, ...]:
    key = (match.name, match.variant)
    known = gazetteer.clues_of_names.get(key)
    if known is None:
        # There are few different clues: each is held once.
        known = gazetteer.clues_of_names[key] = tuple(map(sys.intern, _look_at_name(match, gazetteer)))
    return known


def _look_at_name(match: Match, gazetteer: Gazetteer) -> Iterator[str]:
    name = gazetteer.names[match.name]
    words = name.split()
    n_words = min(len(words), 4)
    common = bisect_right(_COMMON, gazetteer.rarest_ranks[match.name])
    yield "name"
    yield f"words={n_words}"
    yield f"common={common}"
    yield f"common={common},words={min(n_words, 3)}"
    if match.variant != EXACT:
        yield f"variant={match.variant}"
        yield f"variant={match.variant},common={common}"
    if len(name) <= 3:
        yield "short"
    if name.replace(" ", "").isdigit():
        yield "digits"
    if len(words) > 1:
        yield f"mean_common={sum(bisect_right(_COMMON, rank_of(word)) for word in words) // len(words)}"
        if rank_of(words[-1]) < _COMMON[0]:
            yield "ends_common"
        if rank_of(words[0]) < _COMMON[0]:
            yield "begins_common"
    artists, tracks = gazetteer.artists[match.name], gazetteer.tracks[match.name]
    if artists:
        yield f"fame={bisect_left(_FAME, gazetteer.fame_shares[artists[0].entity_id])}"
    if tracks:
        yield f"homonyms={bisect_left(_HOMONYMS, len(gazetteer.credited[match.name]))}"
    if artists and tracks:
        yield "both"


def _of_words_around(place: Place, match: Match) -> Iterator[str]:
    cues = place.cues
    before = cues[match.first + 2], cues[match.first + 1], cues[match.first]
    after = cues[match.last + 3], cues[match.last + 4]
    yield f"-1={before[0]}"
    yield f"-2={before[1]}"
    yield f"-2={before[1]},-1={before[0]}"
    yield f"+1={after[0]}"
    yield f"+2={after[1]}"
    yield f"-1={before[0]},+1={after[0]}"
    if "similar" in before or "sounds" in before or "like" in before:
        yield "likeness_before"
    if not _BREAKS.isdisjoint(place.gap(match.first)):
        yield "break_before"
    if not _BREAKS.isdisjoint(place.gap(match.last)):
        yield "break_after"


@lru_cache(maxsize=200_000)
def _cue(word: str) -> str:
    rank = rank_of(word)
    return word if rank < CUE_RANKS else "~" if rank < RARE else "?"


def _of_by(place: Place, match: Match) -> Iterator[str]:
    after, before = place.word(match.last), place.word(match.first - 1)
    if before in _BY:
        yield "by_before"
    if after in _BY and match.last + 1 in place.artist_starts:
        yield "by_artist_after"
    if before in _BY and match.first - 1 in place.track_ends:
        yield "title_by_before"


def _of_neighbours(place: Place, match: Match) -> Iterator[str]:
    after, before = place.word(match.last), place.word(match.first - 1)
    if match.first in place.artist_ends:
        yield "artist_before"
    if match.last in place.artist_starts:
        yield "artist_after"
    if match.first in place.track_ends:
        yield "title_before"
    if before in _JOINTS and match.first - 1 in place.artist_ends:
        yield "artist_and_before"
    if after in _JOINTS and match.last + 1 in place.artist_starts:
        yield "artist_and_after"
    if place.longest[match.first] > match.last:
        yield "begins_longer"
    if place.reach[match.first] >= match.last:
        yield "within_longer"


def _of_article(candidate: Candidate, gazetteer: Gazetteer, around: Surroundings) -> Iterator[str]:
    name = candidate.match.name
    if candidate.kind == TRACK:
        if not gazetteer.credited[name].isdisjoint(around.named_artists):
            yield "its_artist_named"
    elif any(entry.entity_id in around.titled_artists for entry in gazetteer.artists[name]):
        yield "its_track_named"


def _of_case(place: Place, match: Match) -> Iterator[str]:
    words = place.sentence.words
    # Little words inside a name ("of", "and") are written small by many.
    telling = [
        match.first,
        *(n for n in range(match.first + 1, match.last) if rank_of(words.folded[n]) >= _COMMON[0]),
    ]
    letters = [place.text[words.starts[n]] for n in telling]
    if any(ch.islower() for ch in letters):
        yield "case=small"
    elif (match.first > 0 or len(telling) > 1) and any(ch.isupper() for ch in letters) and not place.is_headline:
        yield "case=capital"


def _of_marks(place: Place, match: Match, gazetteer: Gazetteer, around: Surroundings) -> Iterator[str]:
    before, after = place.gap(match.first).rstrip()[-1:], place.gap(match.last).lstrip()[:1]
    if before and after and before in QUOTES and after in QUOTES:
        yield "quoted"
    if gazetteer.names[match.name] in around.links:
        yield "link"
    if any(match.first - 3 <= n < match.first or match.last <= n < match.last + 3 for n in place.music_words):
        yield "music_word_near"


def _of_genre(place: Place, candidate: Candidate, gazetteer: Gazetteer) -> Iterator[str]:
    if candidate.kind == ARTIST:
        genres = {genre for entry in gazetteer.artists[candidate.match.name] for genre in entry.genres}
        if genres and not genres.isdisjoint(place.sentence.words.folded):
            yield "its_genre"


def kinds_of(match: Match, gazetteer: Gazetteer) -> Iterator[str]:
    """Yield what a match may mean; only an artist's name is also found in other spellings."""
    if gazetteer.artists[match.name]:
        yield ARTIST
    if gazetteer.tracks[match.name] and match.variant == EXACT:
        yield TRACK
