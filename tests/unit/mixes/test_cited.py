"""Which tracks of a mix cite articles: how many listeners get them, and nothing of what any of them plays."""

import polars as pl

from recsys_assets.core.schemas import IDS
from recsys_assets.mixes.cited import list_cited

SCHEMA = {"user_id": pl.String, "track_id": pl.String, "reason": pl.String}
TRACKS = pl.DataFrame(
    {"track_id": ["a", "b"], "title": ["Song A", None], "artist_ids": [["x", "y"], ["z"]]},
    schema_overrides={"artist_ids": IDS, "title": pl.String},
)
ARTISTS = pl.DataFrame({"artist_id": ["x", "y"], "name": ["The Xs", "Y"]})


def test_tracks_are_listed_by_the_listeners_who_get_them_with_the_part_about_articles_alone():
    mix = pl.DataFrame(
        [
            ("u1", "b", '1,200 articles say "loud"; close to Secret, which you play'),
            ("u1", "a", '3 articles say "dream pop"; because you played One'),
            ("u2", "a", '3 articles say "dream pop"; because you played Two'),
            ("u2", "b", "by Z, whom you play"),
        ],
        schema=SCHEMA,
        orient="row",
    )

    assert list_cited(mix, TRACKS, ARTISTS).rows() == [
        ("Song A", "The Xs", '3 articles say "dream pop"', 2),
        ("b", "z", '1,200 articles say "loud"', 1),
    ]


def test_a_mix_that_cites_nothing_has_no_rows():
    none = list_cited(pl.DataFrame(schema=SCHEMA), TRACKS, ARTISTS)

    assert none.is_empty()
    assert none.columns == ["track", "artist", "reason", "listeners"]
