"""Sums and differences of named places: ``"A + B - C"`` and what lies near the result.

Belongs here: reading the expression, finding the names, the arithmetic, and the figure that tells how well it works. It
is pure: a space and a table of names in, an answer out.

Operators stand between spaces, so that ``Jay-Z`` and ``Florence+The Machine`` are names; a name that holds `` + `` or
`` - `` is put in double quotes.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.schemas import require
from recsys_assets.core.seeds import generator
from recsys_assets.latent.neighbours import to_units
from recsys_assets.latent.space import LatentSpace

TRACK, ARTIST = "track", "artist"
# Below this a name is not the name that was meant: "Beatels" to "The Beatles" scores 82, unrelated names under 60.
MIN_SIMILARITY = 70.0
_ANALOGY_CUT = 10
# Of more songs a random sample is asked: every pair of a large world would take hours.
_ANALOGY_SONGS = 200
_TOKEN = re.compile(r'\s*(?:"(?P<quoted>[^"]*)"|(?P<sign>(?<!\S)[+\-\u2212\u2013](?=\s|$))|(?P<word>[^\s"]+))')

_TIGHT_SIGN = re.compile(r"[^\W_]\s?[+\-\u2212\u2013]\s?[^\W_]")
SPACES_HINT = "to add or subtract, put spaces round the sign: A + B - C"


@dataclass(frozen=True)
class Term:
    """A name with its sign, +1 or -1."""

    sign: int
    name: str


@dataclass(frozen=True)
class Place:
    """Something with a vector: ``kind`` is ``track`` or ``artist``; ``label`` is for people."""

    kind: str
    id: str
    label: str


@dataclass(frozen=True)
class Resolved:
    """What a name was taken for, how alike they are (0 to 100), and what else it might have been."""

    term: Term
    place: Place
    similarity: float
    others: tuple[Place, ...]


@dataclass(frozen=True)
class Near:
    """A place near the result."""

    place: Place
    cosine: float


@dataclass(frozen=True)
class Answer:
    """What was understood, and the nearest places, the inputs left out."""

    resolved: tuple[Resolved, ...]
    nearest: tuple[Near, ...]


def parse_expression(text: str) -> tuple[Term, ...]:
    """Split ``A + B - C`` into terms.

    Raises:
        InvalidArgumentError: a name is missing, or a quote is not closed.
    """
    if text.count('"') % 2:
        raise InvalidArgumentError(f"a quote is not closed in {text!r}")
    terms: list[Term] = []
    sign, words = 1, []
    has_sign = False
    for match in _TOKEN.finditer(text.strip()):
        if match["sign"] is None:
            words.append(match["quoted"] if match["quoted"] is not None else match["word"])
            continue
        if words:
            terms.append(Term(sign, " ".join(words).strip()))
        elif has_sign or terms:
            raise InvalidArgumentError(
                f"two operators in a row in {text!r}: put names between them, or quote a name that is one"
            )
        sign, words, has_sign = (1 if match["sign"] == "+" else -1), [], True
    if not " ".join(words).strip() or any(not term.name for term in terms):
        raise InvalidArgumentError(f'a name is missing in {text!r}: write "A + B - C" with spaces around + and -')
    return (*terms, Term(sign, " ".join(words).strip()))


def has_tight_sign(name: str) -> bool:
    """Return whether a name holds a sign without spaces round it, as in ``A+B``: it may have been meant as a sum."""
    return _TIGHT_SIGN.search(name) is not None


class NameIndex:
    """Names of the places of one space, found without regard to case, accents and small errors."""

    def __init__(self, space: LatentSpace, names: pl.DataFrame) -> None:
        """Index the names of what has a place.

        Args:
            space: where the places are.
            names: kind (``track`` or ``artist``), id, name, play_count; and, for tracks, artist_name or null.
        """
        columns = {"kind": pl.String, "id": pl.String, "name": pl.String, "artist_name": pl.String}
        require(names, columns, what="names")
        placed = pl.concat(
            [
                _placed(TRACK, space.tracks.ids, space.track_vectors),
                _placed(ARTIST, space.artists.ids, space.artist_vectors),
            ]
        )
        # The most streamed first: among equally good matches the first wins.
        known = (
            names.drop_nulls("name")
            .join(placed, on=["kind", "id"], how="inner")
            .unique(["kind", "id"], keep="first", maintain_order=True)
            .sort(pl.col("play_count").fill_null(0), "kind", "id", descending=[True, False, False])
        )
        self._places = [
            Place(kind, id_, f"{name} ({artist})" if artist else name)
            for kind, id_, name, artist in known.select("kind", "id", "name", "artist_name").iter_rows()
        ]
        self._rows = known["row"].to_list()
        self._spellings: list[str] = []
        self._owner: list[int] = []
        for place, (name, artist) in enumerate(known.select("name", "artist_name").iter_rows()):
            for spelling in (name, *((f"{name} {artist}", f"{artist} {name}") if artist else ())):
                self._spellings.append(fold(spelling))
                self._owner.append(place)

    def find(self, term: Term, *, n_others: int = 3) -> tuple[Resolved, int]:
        """Return the best match of a name and its row among its kind.

        An artist and a track of one name: the more streamed wins, and the other is among ``others``.

        Raises:
            InvalidArgumentError: nothing is alike enough; the message offers the nearest names.
        """
        from rapidfuzz import fuzz, process

        wanted = fold(term.name) or term.name
        found = process.extract(wanted, self._spellings, scorer=fuzz.WRatio, processor=None, limit=200)
        # WRatio forgives parts: "war" is 90 like "warpaint". A whole name that is as alike comes first.
        ranked = sorted(
            ((fuzz.ratio(wanted, spelling) + score) / 2 + (100 if spelling == wanted else 0), -self._owner[at])
            for spelling, score, at in found
        )[::-1]
        best: dict[int, float] = {}
        for score, owner in ranked:
            best.setdefault(-owner, min(score, 100.0))
        if not best or next(iter(best.values())) < MIN_SIMILARITY:
            offers = ", ".join(self._places[owner].label for owner in list(best)[:n_others])
            raise InvalidArgumentError(
                f"nothing is called {term.name!r}" + (f"; nearest names: {offers}" if offers else "")
            )
        chosen, *others = best
        close = tuple(self._places[owner] for owner in others if best[owner] >= MIN_SIMILARITY)[:n_others]
        return Resolved(term, self._places[chosen], best[chosen], close), self._rows[chosen]

    def label(self, kind: str, id_: str) -> str:
        """Return the name for people, or the id where nobody named it."""
        return next((place.label for place in self._places if (place.kind, place.id) == (kind, id_)), id_)


def _placed(kind: str, ids: pl.Series, vectors: NDArray[np.float32]) -> pl.DataFrame:
    rows = np.flatnonzero(vectors.any(axis=1))
    return pl.DataFrame({"id": ids.gather(rows), "row": rows.astype(np.int64)}).select(
        pl.lit(kind).alias("kind"), "id", "row"
    )


def fold(name: str) -> str:
    """Reduce a name to what people type: no case, no accents, no punctuation, single spaces."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(ch if ch.isalnum() else " " for ch in decomposed if not unicodedata.combining(ch))
    return " ".join(bare.split())


def evaluate_expression(
    space: LatentSpace, names: pl.DataFrame, text: str, *, n: int = 10, kind: str | None = None
) -> Answer:
    """Answer ``A + B - C``: the ``n`` places nearest to the sum, by cosine.

    Each name counts as a direction (length 1), so that the most streamed name does not drown the others.

    Args:
        space: the places.
        names: as ``NameIndex``.
        text: the expression; one name alone asks for its neighbours.
        n: how many.
        kind: ``track`` or ``artist`` to look among one kind; None: the kind of the first name.

    Raises:
        InvalidArgumentError: the expression does not parse, a name is unknown, or the terms cancel out.
    """
    index = NameIndex(space, names)
    terms = parse_expression(text)
    try:
        found = [index.find(term) for term in terms]
    except InvalidArgumentError as error:
        hint = f"; {SPACES_HINT}" if any(has_tight_sign(term.name) for term in terms) else ""
        raise InvalidArgumentError(f"{error}{hint}") from error
    units = {TRACK: to_units(space.track_vectors), ARTIST: to_units(space.artist_vectors)}
    total = np.sum([each.term.sign * units[each.place.kind][row] for each, row in found], axis=0)
    if np.linalg.norm(total) < 1e-6:
        raise InvalidArgumentError(f"the terms of {text!r} cancel out: nothing is left to be near to")
    wanted = kind or found[0][0].place.kind
    excluded = [row for each, row in found if each.place.kind == wanted]
    rows, cosines = _nearest_to(total, units[wanted], excluded, n)
    ids = (space.tracks if wanted == TRACK else space.artists).external(rows)
    near = (
        Near(Place(wanted, id_, index.label(wanted, id_)), float(cosine))
        for id_, cosine in zip(ids, cosines, strict=True)
    )
    return Answer(tuple(each for each, _ in found), tuple(near))


def _nearest_to(
    vector: NDArray[np.float32], units: NDArray[np.float32], excluded: Sequence[int], n: int
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    cosines = units @ (vector / np.linalg.norm(vector)).astype(np.float32)
    cosines[~units.any(axis=1)] = -np.inf
    cosines[list(excluded)] = -np.inf
    best = np.argsort(-cosines, kind="stable")[:n]
    best = best[np.isfinite(cosines[best])]
    return best, cosines[best]


@dataclass(frozen=True)
class AnalogyFigures:
    """How often the right answer is among the first: of the arithmetic, and of simply asking what is near."""

    hit_at_10: float
    nearest_hit_at_10: float
    n_questions: int


def analogy_hits(space: LatentSpace, versions: pl.DataFrame, *, seed: int = 0) -> AnalogyFigures:
    """Ask "studio B + live A - studio A" for ordered pairs of songs, and look for "live B" in the first ten.

    All pairs of at most 200 songs, drawn by the seed where there are more.

    On the small demo world of 60 days, tuned: live versions .58 (nearest to studio B alone .14), acoustic ones .30 (.17).

    Args:
        space: the places.
        versions: studio_id, live_id: two recordings of one song; one row per song. Songs without both places are left
            out.
        seed: of the sample.

    Returns:
        Shares of found answers beside those of "what is nearest to studio B"; NaN with fewer than two songs.
    """
    units = to_units(space.track_vectors)
    studio, live = space.tracks.rows(versions["studio_id"]), space.tracks.rows(versions["live_id"])
    known = (studio >= 0) & (live >= 0)
    known[known] &= units[studio[known]].any(axis=1) & units[live[known]].any(axis=1)
    studio, live = studio[known], live[known]
    if len(studio) > _ANALOGY_SONGS:
        asked = np.sort(generator(seed, "analogies").choice(len(studio), _ANALOGY_SONGS, replace=False))
        studio, live = studio[asked], live[asked]
    n_songs = len(studio)
    if n_songs < 2:
        return AnalogyFigures(float("nan"), float("nan"), 0)
    hits = plain = 0
    for song in range(n_songs):
        others = np.flatnonzero(np.arange(n_songs) != song)
        questions = units[studio[song]] + units[live[others]] - units[studio[others]]
        inputs = [np.full(len(others), studio[song]), live[others], studio[others]]
        hits += int(_finds(units, questions, live[song], inputs).sum())
        plain += int(_finds(units, units[studio[[song]]], live[song], [studio[[song]]]).sum()) * len(others)
    n_questions = n_songs * (n_songs - 1)
    return AnalogyFigures(hits / n_questions, plain / n_questions, n_questions)


def _finds(
    units: NDArray[np.float32], questions: NDArray[np.float32], answer: int, excluded: Sequence[NDArray[np.integer]]
) -> NDArray[np.bool_]:
    cosines = questions @ units.T
    for rows in excluded:
        cosines[np.arange(len(questions)), rows] = -np.inf
    return (cosines > cosines[:, [answer]]).sum(axis=1) < _ANALOGY_CUT
