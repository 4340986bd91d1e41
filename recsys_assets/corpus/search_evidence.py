"""What speaks for an artist, a track or a playlist when a word is asked for.

Belongs here: evidence, one row for each word, entity and where it comes from, 0 to 1: names, genres, years, what articles say, what
playlists that hold it are called. How it is put together is ``search``. Every frame has the columns of ``EVIDENCE``.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.corpus import tables as t
from recsys_assets.corpus.playlist_words import is_filler, playlist_terms, playlist_words
from recsys_assets.corpus.search_words import decade_of, is_called, is_stretch, pairs_of, pieces_of, words_held

WORD, ID, STRENGTH, BECAUSE = "word", "id", "strength", "because"
EVIDENCE = pl.Schema({WORD: pl.String, t.KIND: pl.String, ID: pl.String, STRENGTH: pl.Float64, BECAUSE: pl.String})
PLAYLIST = "playlist"
# What a name, a genre, a year, an article and a playlist's name say at best: a name may be chance ("Dreamy Street Blues").
_NAMED, _GENRE, _YEAR, _WRITTEN, _COLLECTED, _DESCRIBED = 0.9, 0.9, 0.7, 0.9, 0.9, 0.5
# What a word says of a long name, beside 1 of a name that is this word.
_LONG_NAME = 0.4
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
        words: as ``search_words`` gives them, in the order in which they were asked. What speaks for the decade of a year
            speaks half as much for the year.
        tables: where to look.
    """
    years = [(decade, year) for year in words if (decade := decade_of(year)) and decade not in words]
    asked = pl.DataFrame([*((word, word, 1.0) for word in words), *((decade, year, 0.5) for decade, year in years)],
                         schema={WORD: pl.String, "for": pl.String, "part": pl.Float64}, orient="row")  # fmt: skip
    evidence = _find(asked[WORD].unique(maintain_order=True).to_list(), tables)
    told = evidence.join(asked, on=WORD, maintain_order="left_right")
    return told.with_columns(pl.col(STRENGTH) * pl.col("part"), pl.col("for").alias(WORD)).select(*EVIDENCE)


def find_named(text: str, tables: SearchTables) -> pl.DataFrame:
    """Find who is called exactly like the text, but for case, accents and punctuation: kind, id."""
    named = (
        (t.TRACK, tables.tracks.select(pl.col(c.TRACK_ID).alias(ID), pl.col(c.TITLE).alias(c.NAME))),
        (t.ARTIST, tables.artists.select(pl.col(c.ARTIST_ID).alias(ID), c.NAME)),
        (PLAYLIST, tables.playlists.select(pl.col(c.PLAYLIST_ID).alias(ID), c.NAME)),
    )
    # Letters and digits alone, so that a catalogue of millions is not folded name by name.
    bare = _bare(pl.col(c.NAME))
    wanted = pl.LazyFrame({c.NAME: [text]}).select(bare).collect().item()
    rows = []
    for kind, frame in named if wanted else ():
        alike = frame.filter(bare == wanted).sort(ID).collect()
        rows += [(kind, each) for each, name in alike.iter_rows() if is_called(name, text)]
    return pl.DataFrame(rows, schema={t.KIND: pl.String, ID: pl.String}, orient="row")


def _bare(text: pl.Expr) -> pl.Expr:
    return text.str.normalize("NFKD").str.replace_all(r"[^\p{L}\p{N}]", "").str.to_lowercase()


def _find(words: Sequence[str], tables: SearchTables) -> pl.DataFrame:
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
    """Lower case without marks and apostrophes: less than ``corpus.text`` keeps, so only for looking where a word may be."""
    folded = pl.col(column).str.normalize("NFKD").str.replace_all("\\p{M}|['\u2019]", "")
    return folded.str.to_lowercase()


def _plain_piece(piece: str) -> str:
    """The same of a piece of a word: kana with sound marks, Hangul and vowel signs fall apart in the names, so here too."""
    return "".join(ch for ch in unicodedata.normalize("NFKD", piece) if not unicodedata.category(ch).startswith("M"))


def _matches(
    words: Sequence[str], named: pl.LazyFrame, kind: str, *, best: float, because: str, is_few: bool = False
) -> pl.DataFrame:
    """Compare words with names; the larger a part of the name they are, the more they say.

    A catalogue of millions is not split into words: only names that hold the letters of a word are looked at, unless they are few.
    """
    if not is_few:
        named = named.filter(_plain(c.NAME).str.contains(_pattern(words)))
    rows = []
    for each, name in named.drop_nulls(c.NAME).select(ID, c.NAME).unique().sort(ID, c.NAME).collect().iter_rows():
        rows += [
            (word, kind, each, best * says, because) for word, says in words_held(words, name, least=_LONG_NAME).items()
        ]
    return pl.DataFrame(rows, schema=EVIDENCE, orient="row")


def _pattern(words: Sequence[str]) -> str:
    return "|".join(sorted({re.escape(_plain_piece(piece)) for piece in pieces_of(words)}))


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
    spaced = [word for word in words if not is_stretch(word)]
    terms = sorted({*spaced, *playlist_terms(" ".join(spaced))})
    rows = [(term, word, 1.0) for term in terms for word in dict.fromkeys(term.split()) if word in spaced]
    # Terms of scripts without spaces are characters and pairs of them.
    rows += [
        (" ".join(pair), word, 1 / len(pairs_of(word))) for word in words if is_stretch(word) for pair in pairs_of(word)
    ]
    schema = {t.TERM: pl.String, WORD: pl.String, "part": pl.Float64}
    spoken = pl.LazyFrame(rows, schema=schema, orient="row")
    share = pl.col(t.WEIGHT) / pl.col(t.WEIGHT).max().over(t.TERM)
    return (
        title_terms.filter(pl.col(t.TERM).is_in([term for term, _, _ in rows]))
        .with_columns(share.alias("share"))
        .join(spoken, on=t.TERM)
        .select(
            WORD, pl.lit(t.TRACK).alias(t.KIND), pl.col(c.TRACK_ID).alias(ID),
            (pl.col("share") * pl.col("part") * _COLLECTED).alias(STRENGTH),
            pl.format("playlists called {}", t.TERM).alias(BECAUSE),
        )
        .collect()
    )  # fmt: skip


def _written(words: Sequence[str], entity_terms: pl.LazyFrame) -> pl.DataFrame:
    """Terms of articles that hold a word; the heaviest of a word says most, a phrase is worth the share that was asked for."""
    near = entity_terms.filter(_plain(t.TERM).str.contains(_pattern(words))).collect()
    rows = [
        (term, word, says) for term in near[t.TERM].unique().sort() for word, says in words_held(words, term).items()
    ]  # fmt: skip
    spoken = pl.DataFrame(rows, schema={t.TERM: pl.String, WORD: pl.String, "part": pl.Float64}, orient="row")
    said = near.join(spoken, on=t.TERM).with_columns((pl.col(t.WEIGHT) * pl.col("part")).alias("said"))
    return said.select(
        WORD, t.KIND, pl.col(t.ENTITY_ID).alias(ID),
        (pl.col("said") / pl.col("said").max().over(WORD) * _WRITTEN).alias(STRENGTH),
        pl.format("articles: {}", t.TERM).alias(BECAUSE),
    )  # fmt: skip
