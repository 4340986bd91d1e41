"""What speaks for an artist, a track or a playlist when a word is asked for.

Belongs here: evidence, one row for each word, entity and where it comes from, 0 to 1: names, genres, years, what articles say, what
playlists that hold it are called. How it is put together is ``search``. Every frame has the columns of ``EVIDENCE``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.corpus import tables as t
from recsys_assets.corpus.playlist_words import is_filler, playlist_terms, playlist_words, spellings

WORD, ID, STRENGTH, BECAUSE = "word", "id", "strength", "because"
EVIDENCE = pl.Schema({WORD: pl.String, t.KIND: pl.String, ID: pl.String, STRENGTH: pl.Float64, BECAUSE: pl.String})
PLAYLIST = "playlist"
# What a name, a genre, a year, an article and a playlist's name say at best: a name may be chance ("Dreamy Street Blues").
_NAMED, _GENRE, _YEAR, _WRITTEN, _COLLECTED, _DESCRIBED = 0.9, 0.9, 0.7, 0.9, 0.9, 0.5
_DECADE = re.compile(r"\d0s")
_YEAR_WORD = re.compile(r"(?:19|20)\d\d")
# From which decade on "30s" means the last century.
_OLDEST_DECADE = 30


@dataclass(frozen=True)
class SearchTables:
    """The newest of each table, any of which may be empty.

    Attributes:
        artists: artist_id, name, genres.
        tracks: track_id, title, artist_ids, genres, released_on.
        playlists: playlist_id, name, description, followers.
        playlist_tracks: playlist_id, track_id.
        title_terms: term, track_id, weight of ``corpus.title_terms``.
        entity_terms: kind, entity_id, term, weight of ``corpus.entity_terms``.
        quality: playlist_id, score of ``corpus.playlist_quality``.
    """

    artists: pl.LazyFrame
    tracks: pl.LazyFrame
    playlists: pl.LazyFrame
    playlist_tracks: pl.LazyFrame
    title_terms: pl.LazyFrame
    entity_terms: pl.LazyFrame
    quality: pl.LazyFrame


def find_evidence(words: Sequence[str], tables: SearchTables) -> pl.DataFrame:
    """Collect what speaks for whom: artists and tracks by every source, playlists by what they are called.

    Args:
        words: as ``playlist_words`` gives them, in the order in which they were asked.
        tables: where to look.
    """
    artists = tables.artists.select(pl.col(c.ARTIST_ID).alias(ID), c.NAME, c.GENRES)
    tracks = tables.tracks.select(pl.col(c.TRACK_ID).alias(ID), pl.col(c.TITLE).alias(c.NAME), c.GENRES)
    playlists = tables.playlists.select(pl.col(c.PLAYLIST_ID).alias(ID), c.NAME, c.DESCRIPTION)
    parts = [
        _matches(words, artists.select(ID, c.NAME), t.ARTIST, best=_NAMED, because="its name"),
        _matches(words, tracks.select(ID, c.NAME), t.TRACK, best=_NAMED, because="its title"),
        _matches(words, _by_genre(artists), t.ARTIST, best=_GENRE, because="its genre"),
        _matches(words, _by_genre(tracks), t.TRACK, best=_GENRE, because="its genre"),
        _matches(words, playlists.select(ID, c.NAME), PLAYLIST, best=1.0, because="its name", is_few=True),
        _matches(words, playlists.select(ID, pl.col(c.DESCRIPTION).alias(c.NAME)), PLAYLIST, best=_DESCRIBED,
                 because="its description", is_few=True),
        _released(words, tables.tracks),
        _collected(words, tables.title_terms),
        _written(words, tables.entity_terms),
    ]  # fmt: skip
    return pl.concat([pl.DataFrame(schema=EVIDENCE), *(part.select(*EVIDENCE).cast(EVIDENCE) for part in parts)])


def known_words(tables: SearchTables) -> list[str]:
    """Return every word that may be asked for, ascending: what a mistyped one is compared with."""
    texts = pl.concat(
        [
            tables.artists.select(_plain(c.NAME).alias(WORD)),
            tables.artists.select(pl.col(c.GENRES).list.join(" ").alias(WORD)),
            tables.tracks.select(_plain(c.TITLE).alias(WORD)),
            tables.tracks.select(pl.col(c.GENRES).list.join(" ").alias(WORD)),
            tables.playlists.select(_plain(c.NAME).alias(WORD)),
            tables.title_terms.select(pl.col(t.TERM).unique().alias(WORD)),
            tables.entity_terms.select(pl.col(t.TERM).unique().alias(WORD)),
        ]
    )
    words = texts.select(pl.col(WORD).str.extract_all(r"\w{3,40}")).explode(WORD).drop_nulls().unique().collect()[WORD]
    return sorted({word for each in words for word in playlist_words(each) if not is_filler(word)})


def _plain(column: str) -> pl.Expr:
    """Lower case without accents and apostrophes, as ``corpus.text`` folds words."""
    folded = pl.col(column).str.normalize("NFKD").str.replace_all("\\p{M}|['\u2019]", "")
    return folded.str.to_lowercase()


def _matches(
    words: Sequence[str], named: pl.LazyFrame, kind: str, *, best: float, because: str, is_few: bool = False
) -> pl.DataFrame:
    """Compare words with names; the larger a part of the name they are, the more they say.

    A catalogue of millions is not split into words: only names that hold the letters of a word are looked at, unless they are few.
    """
    if not is_few:
        named = named.filter(_plain(c.NAME).str.contains(_pattern(words)))
    wanted = frozenset(words)
    rows = []
    for each, name in named.drop_nulls(c.NAME).select(ID, c.NAME).unique().sort(ID, c.NAME).collect().iter_rows():
        own = set(playlist_words(name))
        found = own & wanted
        strength = best * (0.4 + 0.6 * len(found) / max(len(own), 1))
        rows += [(word, kind, each, strength, because) for word in found]
    return pl.DataFrame(rows, schema=EVIDENCE, orient="row")


def _pattern(words: Sequence[str]) -> str:
    return "|".join(re.escape(piece) for word in words for piece in spellings(word))


def _by_genre(entities: pl.LazyFrame) -> pl.LazyFrame:
    return entities.select(ID, pl.col(c.GENRES).alias(c.NAME)).explode(c.NAME)


def _released(words: Sequence[str], tracks: pl.LazyFrame) -> pl.DataFrame:
    year = pl.col(c.RELEASED_ON).dt.year()
    spans = {word: _years(word) for word in words if _DECADE.fullmatch(word) or _YEAR_WORD.fullmatch(word)}
    found = [
        tracks.filter(year.is_between(first, last)).select(
            pl.lit(word).alias(WORD), pl.lit(t.TRACK).alias(t.KIND), pl.col(c.TRACK_ID).alias(ID),
            pl.lit(_YEAR).alias(STRENGTH), pl.format("released {}", year).alias(BECAUSE),
        )
        for word, (first, last) in spans.items()
    ]  # fmt: skip
    return pl.concat(found).collect() if found else pl.DataFrame(schema=EVIDENCE)


def _years(word: str) -> tuple[int, int]:
    if _YEAR_WORD.fullmatch(word):
        return int(word), int(word)
    first = int(word[:2])
    first += 1900 if first >= _OLDEST_DECADE else 2000
    return first, first + 9


def _collected(words: Sequence[str], title_terms: pl.LazyFrame) -> pl.DataFrame:
    """Tracks of the words, and of pairs that touch in what was asked, which speak for both of their words."""
    terms = sorted({*words, *playlist_terms(" ".join(words))})
    spoken = pl.LazyFrame(
        [(term, word) for term in terms for word in dict.fromkeys(term.split())],
        schema={t.TERM: pl.String, WORD: pl.String},
        orient="row",
    ).filter(pl.col(WORD).is_in(list(words)))
    share = pl.col(t.WEIGHT) / pl.col(t.WEIGHT).max().over(t.TERM)
    return (
        title_terms.filter(pl.col(t.TERM).is_in(terms))
        .with_columns(share.alias("share"))
        .join(spoken, on=t.TERM)
        .select(
            WORD, pl.lit(t.TRACK).alias(t.KIND), pl.col(c.TRACK_ID).alias(ID),
            (pl.col("share") * _COLLECTED).alias(STRENGTH), pl.format("playlists called {}", t.TERM).alias(BECAUSE),
        )
        .collect()
    )  # fmt: skip


def _written(words: Sequence[str], entity_terms: pl.LazyFrame) -> pl.DataFrame:
    """Terms of articles that hold a word; the heaviest of a word says most, a phrase is worth the share that was asked for."""
    near = entity_terms.filter(pl.col(t.TERM).str.contains(_pattern(words))).collect()
    rows = []
    wanted = frozenset(words)
    for term in near[t.TERM].unique().sort():
        own = playlist_words(term)
        found = set(own) & wanted
        rows += [(term, word, len(found) / max(len(set(own)), 1)) for word in found]
    spoken = pl.DataFrame(rows, schema={t.TERM: pl.String, WORD: pl.String, "part": pl.Float64}, orient="row")
    said = near.join(spoken, on=t.TERM).with_columns((pl.col(t.WEIGHT) * pl.col("part")).alias("said"))
    return said.select(
        WORD, t.KIND, pl.col(t.ENTITY_ID).alias(ID),
        (pl.col("said") / pl.col("said").max().over(WORD) * _WRITTEN).alias(STRENGTH),
        pl.format("articles: {}", t.TERM).alias(BECAUSE),
    )  # fmt: skip
