"""Text to tracks, artists and playlists: what was asked for, found in names, genres, years, articles and playlists.

Belongs here: from evidence to ranked answers. What is asked for is ``search_words``, where evidence comes from ``search_evidence``.
An artist's words hold for its tracks and the other way round, a playlist holds what its tracks hold. Who is called exactly as
was asked comes first, then who has all the words, then who has the most and rarest of them.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np
import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.corpus import tables as t
from recsys_assets.corpus.commonness import is_listed
from recsys_assets.corpus.search_evidence import (
    BECAUSE,
    EVIDENCE,
    ID,
    PLAYLIST,
    STRENGTH,
    WORD,
    SearchTables,
    find_evidence,
    find_named,
    known_words,
)
from recsys_assets.corpus.search_words import is_stretch, read_question

KINDS = (t.TRACK, t.ARTIST, PLAYLIST)
# What a track gets of what its artist has, an artist of its best tracks, a playlist of its tracks.
_OF_ARTIST, _OF_TRACKS, _OF_CONTENT, _BEST_TRACKS = 0.6, 0.8, 0.9, 5
# Likeness of spelling from which a word that nothing knows is taken for another: one letter in five may be wrong, and of four
# two may have changed places.
_LEAST_LIKENESS, _LEAST_SWAPPED, _LEAST_LETTERS = 0.78, 0.72, 4
# Of three letters one may be missing ("jaz"): each other slip makes another word.
_SHORT_LETTERS, _LEAST_SHORT = 3, 0.75
# What says less of a word does not count as having it: every playlist has a little of everything.
_HAS = 0.1
MEANING = "its meaning"


@dataclass(frozen=True)
class Answer:
    """What was found.

    Attributes:
        words: the words as they were understood.
        taken_for: words that nothing knows, and what they were taken for.
        unknown: words that nothing knows, and nothing is like.
        left_out: words beyond the first twelve, which were not looked for.
        is_cut: whether there was text beyond what is read.
        rows: kind, rank, id, score (0 to 1) and because, by kind and rank; the kind of who is called so comes first.
    """

    words: tuple[str, ...]
    taken_for: dict[str, str]
    unknown: tuple[str, ...]
    left_out: tuple[str, ...]
    is_cut: bool
    rows: pl.DataFrame


def search(
    text: str,
    tables: SearchTables,
    *,
    kinds: Sequence[str] = KINDS,
    n: int = 10,
    meaning: pl.DataFrame | None = None,
) -> Answer:
    """Find who a text may mean.

    Args:
        text: a few words, such as "dreamy 90s guitar bands".
        tables: where to look.
        kinds: of ``KINDS``, what is answered.
        n: most answers of a kind.
        meaning: how near entities are to the text as a whole: kind, id and strength (0 to 1); it counts as one more word.

    Raises:
        InvalidArgumentError: the text has no words.
    """
    question = read_question(text)
    asked = question.words
    if not asked:
        raise InvalidArgumentError("nothing to search for: give a few words, such as late night indie rock")
    evidence = find_evidence(asked, tables)
    missing = [word for word in asked if word not in set(evidence[WORD])]
    taken_for = _spelt_right(missing, tables) if missing else {}
    words = tuple(dict.fromkeys(taken_for.get(word, word) for word in asked))
    if taken_for:
        evidence = find_evidence(words, tables)
    if meaning is not None and meaning.height:
        whole = meaning.select(
            pl.lit(text).alias(WORD), t.KIND, ID, STRENGTH, pl.lit(MEANING).alias(BECAUSE)
        ).cast(EVIDENCE)  # fmt: skip
        evidence = pl.concat([evidence, whole])
    ranked = _exact_first(_ranked(evidence, tables, kinds, words), text, tables, kinds)
    parts = [_best(ranked.filter(pl.col(t.KIND) == kind), n) for kind in KINDS if kind in kinds]
    parts.sort(key=lambda part: not part.height or not part["is_named"][0])
    unknown = tuple(word for word in missing if word not in taken_for)
    rows = pl.concat(parts).drop("is_named")
    return Answer(words, taken_for, unknown, question.left_out, question.is_cut, rows)


def _spelt_right(words: Sequence[str], tables: SearchTables) -> dict[str, str]:
    """Find for each word the one that is spelt most like it, among those that begin alike; ties go to the first."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    # A common word that nothing here has is no slip: "band" does not mean "bande".
    asked = [word for word in words if len(word) >= _SHORT_LETTERS and not is_stretch(word) and not is_listed(word)]
    known = known_words(tables) if asked else []
    found: dict[str, str] = {}
    for word in asked:
        is_short = len(word) < _LEAST_LETTERS
        alike = [each for each in known if each[0] == word[0] and (not is_short or len(each) == len(word) + 1)]
        likeness = process.cdist([word], alike, scorer=OSA.normalized_similarity)[0] if alike else np.zeros(0)
        swapped = np.array([sorted(each) == sorted(word) for each in alike], dtype=bool)
        least = _LEAST_SHORT if is_short else _LEAST_LIKENESS
        possible = likeness >= np.where(swapped, _LEAST_SWAPPED, least)
        if possible.any():
            found[word] = alike[int(np.where(possible, likeness, -1).argmax())]
    return found


def _exact_first(scored: pl.DataFrame, text: str, tables: SearchTables, kinds: Sequence[str]) -> pl.DataFrame:
    """Add ``is_named``, and who is called exactly as was asked with the best score there is.

    ``order`` is the score without it: of many that are called "Chill" the well made and followed come first.
    """
    named = find_named(text, tables).filter(pl.col(t.KIND).is_in(list(kinds)))
    rest = scored.join(named, on=[t.KIND, ID], how="anti", maintain_order="left")
    exact = named.select(
        t.KIND, ID, pl.lit(1.0).alias(c.SCORE), pl.lit("it is called so").alias(BECAUSE), pl.lit(value=True).alias("has_all")
    )  # fmt: skip
    parts = ((exact, True), (rest, False))
    both = pl.concat(
        [part.select(*scored.columns).with_columns(pl.lit(value).alias("is_named")) for part, value in parts]
    )
    order = scored.select(t.KIND, ID, pl.col(c.SCORE).alias("order"))
    return both.join(order, on=[t.KIND, ID], how="left", maintain_order="left")


def _ranked(evidence: pl.DataFrame, tables: SearchTables, kinds: Sequence[str], words: Sequence[str]) -> pl.DataFrame:
    """Pass evidence on between artists, tracks and playlists, and score: kind, id, score, because, has_all."""
    credit = tables.tracks.select(c.TRACK_ID, pl.col(c.ARTIST_IDS).list.first().alias(c.ARTIST_ID)).drop_nulls()
    own = _together(evidence)
    tracks, artists = own.filter(pl.col(t.KIND) == t.TRACK), own.filter(pl.col(t.KIND) == t.ARTIST)
    of_artists = (
        artists.lazy()
        .join(credit, left_on=ID, right_on=c.ARTIST_ID)
        .select(
            WORD, pl.lit(t.TRACK).alias(t.KIND), pl.col(c.TRACK_ID).alias(ID), pl.col(STRENGTH) * _OF_ARTIST,
            pl.format("its artist by {}", pl.col(BECAUSE)).alias(BECAUSE),
        )
        .collect()
    )  # fmt: skip
    whole = _together(pl.concat([tracks, of_artists]))
    parts = [whole if t.TRACK in kinds else whole.clear()]
    if t.ARTIST in kinds:
        parts.append(_together(pl.concat([artists, _of_tracks(tracks, credit)])))
    if PLAYLIST in kinds:
        content = _of_content(whole, tables)
        parts.append(_together(pl.concat([own.filter(pl.col(t.KIND) == PLAYLIST), content])))
    # A word that nothing knows is nobody's fault.
    known = set(evidence[WORD]) & set(words)
    scored = _scored(pl.concat(parts), known)
    return _by_following(scored, tables)


def _together(evidence: pl.DataFrame) -> pl.DataFrame:
    """One row per word and entity: independent evidence adds up to at most 1, the strongest tells why."""
    return (
        evidence.sort(WORD, t.KIND, ID, STRENGTH, BECAUSE, descending=[False, False, False, True, False])
        .group_by(WORD, t.KIND, ID, maintain_order=True)
        .agg((1 - (1 - pl.col(STRENGTH).clip(0, 1)).product()).alias(STRENGTH), pl.col(BECAUSE).first())
        .select(*EVIDENCE)
    )


def _of_tracks(tracks: pl.DataFrame, credit: pl.LazyFrame) -> pl.DataFrame:
    """What an artist's best tracks say of it; of one with many tracks, one of a word says less than five."""
    sizes = credit.group_by(c.ARTIST_ID).len("n_tracks")
    joined = tracks.lazy().join(credit, left_on=ID, right_on=c.TRACK_ID).sort(STRENGTH, ID, descending=[True, False])
    best = (
        joined.group_by(WORD, c.ARTIST_ID, maintain_order=True)
        .agg(pl.col(STRENGTH).head(_BEST_TRACKS).sum(), pl.col(BECAUSE).first())
        .join(sizes, on=c.ARTIST_ID)
        .with_columns(pl.col(STRENGTH) / pl.col("n_tracks").clip(2, _BEST_TRACKS))
    )
    return best.select(
        WORD, pl.lit(t.ARTIST).alias(t.KIND), pl.col(c.ARTIST_ID).alias(ID), pl.col(STRENGTH) * _OF_TRACKS,
        pl.format("its tracks by {}", pl.col(BECAUSE)).alias(BECAUSE),
    ).collect()  # fmt: skip


def _of_content(tracks: pl.DataFrame, tables: SearchTables) -> pl.DataFrame:
    """What a playlist's tracks say of it: the mean over all of them."""
    entries = tables.playlist_tracks.select(c.PLAYLIST_ID, c.TRACK_ID).unique()
    sizes = entries.group_by(c.PLAYLIST_ID).len("n_tracks")
    said = (
        entries.join(tracks.lazy().select(WORD, pl.col(ID).alias(c.TRACK_ID), STRENGTH), on=c.TRACK_ID)
        .group_by(WORD, c.PLAYLIST_ID)
        .agg(pl.col(STRENGTH).sum())
        .join(sizes, on=c.PLAYLIST_ID)
        # A playlist of two tracks has little to say, whatever they are.
        .with_columns((pl.col(STRENGTH) / (pl.col("n_tracks") + 2)).alias(STRENGTH))
    )
    return said.select(
        WORD, pl.lit(PLAYLIST).alias(t.KIND), pl.col(c.PLAYLIST_ID).alias(ID), pl.col(STRENGTH) * _OF_CONTENT,
        pl.lit("what it holds").alias(BECAUSE),
    ).collect()  # fmt: skip


def _scored(evidence: pl.DataFrame, known: Set[str]) -> pl.DataFrame:
    """Mean strength over the words, rare words counting more: log(1 + entities / entities that have it)."""
    if evidence.is_empty():
        schema = {t.KIND: pl.String, ID: pl.String, c.SCORE: pl.Float64, BECAUSE: pl.String, "has_all": pl.Boolean}
        return pl.DataFrame(schema=schema)
    has = pl.col(WORD).is_in(list(known)) & (pl.col(STRENGTH) >= _HAS)
    entities = pl.col(ID).n_unique().over(t.KIND)
    rarity = (1 + entities / pl.len().over(t.KIND, WORD)).log()
    weighed = evidence.with_columns(rarity.alias("rarity"))
    totals = weighed.group_by(t.KIND, WORD).agg(pl.col("rarity").first()).group_by(t.KIND).agg(pl.col("rarity").sum())
    return (
        weighed.sort(t.KIND, ID, STRENGTH, WORD, descending=[False, False, True, False])
        .group_by(t.KIND, ID, maintain_order=True)
        .agg(
            (pl.col(STRENGTH) * pl.col("rarity")).sum().alias("sum"),
            pl.format("{}: {}", WORD, BECAUSE).head(3).str.join("; ").alias(BECAUSE),
            (has.sum() == len(known)).alias("has_all"),
        )
        .join(totals, on=t.KIND, maintain_order="left")
        .select(t.KIND, ID, (pl.col("sum") / pl.col("rarity")).alias(c.SCORE), BECAUSE, "has_all")
    )


def _by_following(scored: pl.DataFrame, tables: SearchTables) -> pl.DataFrame:
    """Lower playlists that are badly made or that few follow; what is not known counts half."""
    followed = tables.playlists.select(
        pl.col(c.PLAYLIST_ID).alias(ID),
        (pl.col(c.FOLLOWERS).log1p() / np.log1p(1_000)).clip(0, 1).fill_null(0.5).alias("followed"),
    )
    judged = tables.quality.select(pl.col(c.PLAYLIST_ID).alias(ID), pl.col(c.SCORE).alias("quality"))
    lowered = (
        scored.lazy()
        .join(followed, on=ID, how="left", maintain_order="left")
        .join(judged, on=ID, how="left", maintain_order="left")
    )
    factor = 0.5 + 0.25 * pl.col("followed").fill_null(0.5) + 0.25 * pl.col("quality").fill_null(0.5)
    is_playlist = pl.col(t.KIND) == PLAYLIST
    score = pl.when(is_playlist).then(pl.col(c.SCORE) * factor).otherwise(pl.col(c.SCORE))
    return lowered.select(t.KIND, ID, score.alias(c.SCORE), BECAUSE, "has_all").collect()


def _best(scored: pl.DataFrame, n: int) -> pl.DataFrame:
    best = scored.sort("is_named", "has_all", "order", ID, descending=[True, True, True, False], nulls_last=True).head(
        n
    )
    ranked = best.with_row_index(c.RANK, offset=1).with_columns(pl.col(c.RANK).cast(pl.Int32))
    return ranked.select(t.KIND, c.RANK, ID, c.SCORE, BECAUSE, "is_named")
