import polars as pl
import pytest

from recsys_assets.core.schemas import IDS
from recsys_assets.mixes.versions import bare_title, recording_rows


@pytest.mark.parametrize(
    ("title", "bare"),
    [
        ("Hurt", "hurt"),
        ("Hurt - Live", "hurt"),
        ("Hurt (Live at Wembley)", "hurt"),
        ("Hurt (2002 Remaster)", "hurt"),
        ("Hurt - Remastered 2002", "hurt"),
        ("HURT - Live (2011 Remaster) [feat. Someone]", "hurt"),
        ("Hurt feat. Someone Else", "hurt"),
        ("Hurt (Radio Edit)", "hurt"),
        ("Hurt (Someone Remix)", "hurt"),
        ("Hurt \u2013 Acoustic Version", "hurt"),
        ("Hurt - Take 2", "hurt"),
        *(
            (f"Amor{note}", "amor")
            for note in (
                " (En Vivo)",
                " - Ao Vivo",
                " (En Directo)",
                " [Dal Vivo]",
                " - En Concert",
                " - Ao Vivo em São Paulo",
                " (Nightcore)",
                " (8D Audio)",
                " - 8D",
                " - Single",
                " (Single Version)",
                " - Album Version",
                " (Live @ Wembley)",
                " - Live in Berlin / 2011 Remaster",
                " (Live '99)",
                " (Live 1999)",
                " - Live, 1999",
                " (Live & Loud)",
                " [MTV Live]",
                " (Live from the Moon)",
                " (Versión Acústica)",
                " - Live / Remastered",
            )
        ),
        ("Love - Live to Tell", "love live to tell"),
        ("Song (Live Your Life)", "song live your life"),
        ("Song (Every Single Day)", "song every single day"),
        ("Vivo", "vivo"),
        ("Single", "single"),
        ("Héllo", "hello"),
        ("Don\u2019t Stop", "dont stop"),
        ("(I Can't Get No) Satisfaction", "i cant get no satisfaction"),
        ("Live Forever", "live forever"),
        ("Alive", "alive"),
        ("Song - Take Me Home", "song take me home"),
        ("Delivery (Part 2)", "delivery part 2"),
        ("(Live)", "(live)"),
        ("!!!", "!!!"),
        ("🎵", "🎵"),
        (None, None),
    ],
)
def test_titles_lose_what_editions_add(title, bare):
    assert pl.select(bare_title(pl.lit(title, dtype=pl.String))).item() == bare


def tracks(*rows: tuple[str | None, str | None, list[str] | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"isrc": pl.String, "title": pl.String, "artist_ids": IDS}, orient="row")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # The same title by the same artist, in any order of credits; not by another artist.
        ([(None, "Hurt", ["a", "b"]), (None, "Hurt - Live", ["b", "a"]), (None, "Hurt", ["a"])], [0, 0, 1]),
        # The same ISRC in two spellings; a placeholder joins nothing.
        (
            [("USRC17607839", "X", ["a"]), ("us-rc1-76-07839", "Y", ["b"]), ("0", "Z", ["c"]), ("0", "W", ["d"])],
            [0, 0, 1, 2],
        ),
        # A chain: the first two by ISRC, the last two by title.
        ([("USRC17607839", "X", ["a"]), ("USRC17607839", "Y", ["b"]), (None, "Y (Live)", ["b"])], [0, 0, 0]),
        # Unknown artists or titles say nothing.
        (
            [(None, "Hurt", None), (None, "Hurt", None), (None, "Hurt", []), (None, None, ["a"]), (None, None, ["a"])],
            [0, 1, 2, 3, 4],
        ),
    ],
)
def test_versions_share_a_recording(rows, expected):
    assert recording_rows(tracks(*rows)).tolist() == expected


def test_a_catalogue_of_ids_only_has_a_recording_each():
    assert recording_rows(pl.DataFrame({"track_id": ["x", "y"]})).tolist() == [0, 1]
    assert recording_rows(pl.DataFrame({"track_id": []}, schema={"track_id": pl.String})).tolist() == []
