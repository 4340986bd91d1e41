"""Words to tracks, artists and playlists."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from recsys_assets.core import columns as c
from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.corpus import tables as t
from recsys_assets.corpus.search import search
from recsys_assets.corpus.search_evidence import SearchTables

STRINGS = pl.List(pl.String)


def tables() -> SearchTables:
    """Three bands with two tracks each, three playlists."""
    artists = pl.LazyFrame(
        {
            c.ARTIST_ID: ["a1", "a2", "a3"],
            c.NAME: ["Paper Lanterns", "Béton Brut", "The Guitar"],
            c.GENRES: pl.Series([["dream pop"], ["techno"], None], dtype=STRINGS),
        }
    )
    tracks = pl.LazyFrame(
        {
            c.TRACK_ID: ["t1", "t2", "t3", "t4", "t5", "t6"],
            c.TITLE: ["Glass", "Rivers", "Acier", "Plomb", "Strings", "A Dreamy Waltz"],
            c.ARTIST_IDS: [["a1"], ["a1"], ["a2"], ["a2"], ["a3"], ["a3"]],
            c.GENRES: pl.Series([None] * 6, dtype=STRINGS),
            c.RELEASED_ON: [
                date(1994, 5, 1),
                date(2004, 5, 1),
                date(1994, 5, 1),
                date(2019, 1, 1),
                None,
                date(1971, 1, 1),
            ],
        }
    )
    playlists = pl.LazyFrame(
        {
            c.PLAYLIST_ID: ["p1", "p2", "p3"],
            c.NAME: ["dreamy guitars", "dreamy guitars", "machines"],
            c.DESCRIPTION: [None, None, "cold and loud"],
            c.FOLLOWERS: [500, 1, None],
        },
        schema_overrides={c.DESCRIPTION: pl.String},
    )
    entries = [("p1", "t1"), ("p1", "t2"), ("p2", "t1"), ("p2", "t2"), ("p3", "t3"), ("p3", "t4")]
    terms = [("dreamy", "t1", 2.0), ("dreamy", "t2", 1.0), ("guitar", "t1", 1.0), ("machine", "t3", 1.0)]
    written = [("artist", "a1", "dreamy guitars", 3.0), ("artist", "a2", "cold machines", 2.0)]
    return SearchTables(
        artists=artists,
        tracks=tracks,
        playlists=playlists,
        playlist_tracks=pl.LazyFrame(entries, schema=[c.PLAYLIST_ID, c.TRACK_ID], orient="row"),
        title_terms=pl.LazyFrame(terms, schema=[t.TERM, c.TRACK_ID, t.WEIGHT], orient="row"),
        entity_terms=pl.LazyFrame(written, schema=[t.KIND, t.ENTITY_ID, t.TERM, t.WEIGHT], orient="row"),
        quality=pl.LazyFrame({c.PLAYLIST_ID: ["p1", "p2"], c.SCORE: [0.5, 0.5]}),
    )


def found(text: str, kind: str, given: SearchTables | None = None) -> list[str]:
    rows = search(text, given or tables()).rows
    return rows.filter(pl.col(t.KIND) == kind)["id"].to_list()


def test_who_has_all_the_words_comes_first():
    assert found("dreamy 90s guitar bands", "track")[0] == "t1"
    assert found("dreamy 90s guitar bands", "artist")[0] == "a1"
    assert found("dreamy 90s guitar bands", "playlist")[:2] == ["p1", "p2"]


@pytest.mark.parametrize("text", ["90s", "the nineties", "songs of the 1990s"])
def test_a_decade_is_when_it_came_out(text: str):
    assert set(found(text, "track")) == {"t1", "t3"}
    assert found("1971", "track") == ["t6"]


@pytest.mark.parametrize("text", ["Paper Lanterns", "paper lantern", "PAPER  LANTERNS!", "papr lantrns"])
def test_a_name_is_found_however_it_is_spelt(text: str):
    assert found(text, "artist")[0] == "a1"


def with_names(**named: dict[str, str]) -> SearchTables:
    """The tables with other names: by table, id to name."""
    given = tables()
    columns = {"artists": (c.ARTIST_ID, c.NAME), "tracks": (c.TRACK_ID, c.TITLE), "playlists": (c.PLAYLIST_ID, c.NAME)}
    for table, names in named.items():
        of, name = columns[table]
        frame = getattr(given, table).with_columns(
            pl.col(of).replace_strict(names, default=pl.col(name), return_dtype=pl.String).alias(name)
        )
        given = replace(given, **{table: frame})
    return given


@pytest.mark.parametrize(
    ("text", "first"),
    [("paper lanterns", ("artist", "a1")), ("Acier!", ("track", "t3")), ("machines", ("playlist", "p3"))],
)
def test_who_is_called_so_comes_first_of_all(text: str, first: tuple[str, str]):
    rows = search(text, tables()).rows

    assert rows.select(t.KIND, "id").row(0) == first
    assert rows.row(0, named=True)["because"] == "it is called so"


def test_of_many_who_are_called_so_the_followed_and_well_made_come_first():
    given = replace(
        with_names(playlists=dict.fromkeys(("p1", "p2", "p3"), "Chill")),
        quality=pl.LazyFrame({c.PLAYLIST_ID: ["p1", "p2", "p3"], c.SCORE: [0.1, 0.2, 0.9]}),
    )
    named = search("chill", given).rows

    assert named["id"].to_list() == ["p3", "p1", "p2"]
    assert named[c.SCORE].to_list() == [1.0] * 3


def test_who_has_all_words_comes_before_who_has_the_rarest():
    # "harbour" says much of t3, which has one word; of a2 both words are in a long name.
    given = with_names(
        artists={"a1": "Oslo Harbour"}, tracks={"t3": "Harbour", "t6": "A Waltz of Oslo to the Harbour of Bergen"}
    )

    assert found("oslo harbour", "artist", given)[0] == "a1"
    tracks = found("oslo harbour", "track", given)
    assert tracks.index("t6") < tracks.index("t3")
    assert tracks.index("t1") < tracks.index("t3")


@pytest.mark.parametrize("text", ["夕焼け風", "夕焼け"])
def test_names_without_spaces_are_found_whole_and_by_halves(text: str):
    given = with_names(artists={"a1": "夕焼け風", "a2": "風の歌"}, tracks={"t5": "星空メロディー"})

    assert found(text, "artist", given)[0] == "a1"
    assert search(text, given).unknown == ()


@pytest.mark.parametrize(("text", "finds"), [("メロディー", "t5"), ("星空", "t5"), ("기타", "t6"), ("गीत", "t1")])
def test_letters_that_fall_apart_are_found(text: str, finds: str):
    # Kana with sound marks, Hangul and vowel signs are several characters once they are decomposed.
    given = with_names(tracks={"t5": "星空メロディー", "t6": "기타", "t1": "गीत"})

    assert found(text, "track", given)[0] == finds


def test_a_stretch_that_is_not_there_is_told_whole():
    assert search("ジャズ 夜 dreamy", tables()).unknown == ("ジャズ", "夜")


def test_characters_in_another_order_are_another_word():
    assert found("空星", "track", with_names(tracks={"t5": "星空メロディー"})) == []


def test_a_short_slip_is_a_letter_that_is_missing():
    jazz = replace(
        tables(), artists=tables().artists.with_columns(pl.Series(c.GENRES, [["jazz"], None, None], dtype=STRINGS))
    )

    assert search("jaz", jazz).taken_for == {"jaz": "jazz"}
    assert search("joz", jazz).unknown == ("joz",)


def test_a_year_is_told_once():
    answer = search("1994", tables())

    assert answer.words == ("1994",)
    best = answer.rows.filter(pl.col(t.KIND) == "track")
    assert best["because"].to_list() == ["1994: released 1994"] * 2
    assert search("1994 90s", tables()).words == ("1994", "90s")
    assert search("1931", tables()).unknown == ("1931",)


def test_a_year_is_also_of_its_decade_by_half():
    ranked = search("1995", tables()).rows.filter(pl.col(t.KIND) == "track")

    assert set(ranked["id"]) == {"t1", "t3"}
    assert ranked["because"][0] == "1995: released 1994"
    assert ranked[c.SCORE][0] == pytest.approx(0.35)


def test_each_of_two_years_of_a_decade_has_its_half():
    both, one = (search(text, tables()).rows.filter(pl.col(t.KIND) == "track") for text in ("1995 1996", "1995"))

    # Each of two words counts half, and what speaks for the decade speaks for both.
    assert both[c.SCORE][0] == pytest.approx(one[c.SCORE][0])
    assert both["because"][0] == "1995: released 1994; 1996: released 1994"


def test_words_after_the_twelfth_are_said_to_be_left_out():
    letters = " ".join(f"{one}{two}zz" for one in "qxjk" for two in "abc")
    answer = search(f"{letters} dreamy guitar", tables())

    assert answer.left_out == ("dreamy", "guitar")
    assert not answer.is_cut
    assert search("dreamy " * 100, tables()).is_cut


@pytest.mark.parametrize("text", ["beton brut", "Béton"])
def test_accents_make_no_difference(text: str):
    assert found(text, "artist")[0] == "a2"


def test_a_mistyped_word_is_said_to_be_taken_for_another():
    answer = search("dreemy", tables())

    assert answer.taken_for == {"dreemy": "dreamy"}
    assert answer.words == ("dreamy",)
    assert answer.rows.height > 0


@pytest.mark.parametrize(
    ("typed", "meant"), [("dremay", "dreamy"), ("gutiar", "guitar"), ("tecno", "techno"), ("acire", "acier")]
)
def test_letters_may_be_wrong_missing_or_swapped(typed: str, meant: str):
    assert search(typed, tables()).taken_for == {typed: meant}


def test_another_word_is_not_a_mistyped_one():
    # "band" is as near to "and" and to "bend" as "tecno" is to "techno".
    assert search("band", tables()).unknown == ("band",)


def test_what_nothing_knows_is_said_and_does_not_hide_the_rest():
    answer = search("dreamy zzzzzzzz", tables())

    assert answer.unknown == ("zzzzzzzz",)
    assert answer.rows.filter(pl.col(t.KIND) == "track")["id"][0] == "t1"
    assert search("zzzzzzzz", tables()).rows.is_empty()


@pytest.mark.parametrize("text", ["r&b", "RnB", "R 'n' B"])
def test_one_thing_is_found_however_it_is_written(text: str):
    given = tables()
    named = given.artists.with_columns(
        pl.when(pl.col(c.ARTIST_ID) == "a2").then(pl.lit("R&B Memories")).otherwise(c.NAME).alias(c.NAME)
    )

    assert found(text, "artist", replace(given, artists=named))[0] == "a2"
    assert found("memory", "artist", replace(given, artists=named))[0] == "a2"


def test_genres_hold_for_an_artists_tracks():
    assert found("dream pop", "artist") == ["a1"]
    assert set(found("dream pop", "track")) == {"t1", "t2"}


def test_a_playlist_ranks_by_what_it_holds_and_by_its_followers():
    assert found("cold", "playlist") == ["p3"]
    assert found("techno", "playlist") == ["p3"]
    assert found("dreamy", "playlist") == ["p1", "p2"]


def test_reasons_name_the_word_and_where_it_was_found():
    rows = search("dreamy 90s", tables()).rows
    best = rows.row(by_predicate=(pl.col(t.KIND) == "track") & (pl.col(c.RANK) == 1), named=True)

    assert "dreamy: playlists called dreamy" in best["because"]
    assert "90s: released 1994" in best["because"]
    assert rows[c.SCORE].is_between(0, 1).all()


def test_it_works_without_articles_and_without_playlists():
    full = tables()
    no_articles = replace(full, entity_terms=full.entity_terms.limit(0))
    bare = replace(
        no_articles,
        title_terms=full.title_terms.limit(0),
        playlists=full.playlists.limit(0),
        playlist_tracks=full.playlist_tracks.limit(0),
        quality=full.quality.limit(0),
    )

    assert found("dreamy guitars", "track", no_articles)[0] == "t1"
    assert found("dreamy guitar", "track", bare)[0] in {"t5", "t6"}
    assert found("dreamy guitar", "playlist", bare) == []


def test_only_the_kinds_and_the_number_asked_for():
    rows = search("dreamy", tables(), kinds=("track",), n=1).rows

    assert rows.select(t.KIND, c.RANK).rows() == [("track", 1)]


def test_meaning_counts_as_one_more_word():
    near = pl.DataFrame({t.KIND: ["artist"], "id": ["a2"], "strength": [1.0]})
    rows = search("dreamy", tables(), meaning=near).rows.filter(pl.col(t.KIND) == "artist")

    assert "a2" in rows["id"].to_list()
    assert "a2" not in found("dreamy", "artist")


@pytest.mark.parametrize("text", ["", "   ", "...", "\x00\x1b", "\\", "((((", "%_%"])
def test_no_words_are_a_clear_error(text: str):
    with pytest.raises(InvalidArgumentError, match="nothing to search for"):
        search(text, tables())


@pytest.mark.parametrize(
    "text",
    [
        "'; drop table tracks; --",
        "[a-z]+(",
        "%_% x",
        "\x1b[31mdreamy",
        "dreamy " * 5_000,
        "日本の音楽",
        "مرحبا",
    ],
)
def test_hostile_text_is_only_text(text: str):
    answer = search(text, tables())

    assert set(answer.unknown) <= set(answer.words)
    assert answer.rows.select(t.KIND, "id").is_unique().all()
