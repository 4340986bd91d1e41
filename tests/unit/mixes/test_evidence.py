"""Facts behind an offer, worked by hand: what leads to it, and how many playlists hold both."""

import numpy as np
import polars as pl

from recsys_assets.core.ids import IdMap
from recsys_assets.core.schemas import IDS
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.mixes.baskets import Baskets, build_baskets
from recsys_assets.mixes.evidence import evidence_for
from recsys_assets.mixes.sources import SourceParams, fit_sources
from recsys_assets.mixes.tracks import build_track_facts

PARAMS = SourceParams(space=FactoriseParams(embedding_size=4, epochs=2))
TRACKS = IdMap.of(["a", "b", "c", "far", "lone", "x"])


def baskets(**held: str) -> Baskets:
    rows = [(basket, track, place) for basket, tracks in held.items() for place, track in enumerate(tracks.split())]
    return build_baskets(pl.DataFrame(rows, schema=["playlist_id", "track_id", "position"], orient="row"), TRACKS)


def test_what_leads_there_most_is_named_first_with_the_playlists_that_hold_both():
    playlists = baskets(p1="a x", p2="a x", p3="b x", p4="b lone", p5="c far")
    nameless = pl.DataFrame(
        {"track_id": TRACKS.ids, "title": [None] * 6, "artist_ids": [None] * 6},
        schema={"track_id": pl.String, "title": pl.String, "artist_ids": IDS},
    )
    index = fit_sources(playlists, build_track_facts(nameless, TRACKS), PARAMS, seed=1, num_threads=1)
    queries = baskets(ann="a b c", bob="c")
    offers = [(0, "x"), (0, "far"), (1, "x"), (-1, "x"), (1, "far")]

    found = evidence_for(
        index, queries, playlists, np.array([row for row, _ in offers]), TRACKS.rows([track for _, track in offers])
    )

    named = [
        [str(TRACKS.ids[int(row)]) if row >= 0 else "" for row in rows] for rows in (found.because_1, found.because_2)
    ]
    assert named == [["a", "c", "", "", "c"], ["b", "", "", "", ""]]
    assert found.shared_playlists.tolist() == [2, 1, 0, 0, 1]


def test_no_offers_have_no_facts():
    playlists = baskets(p1="a x", p2="a x")
    facts = build_track_facts(
        pl.DataFrame(schema={"track_id": pl.String, "title": pl.String, "artist_ids": IDS}), TRACKS
    )
    index = fit_sources(playlists, facts, PARAMS, seed=1, num_threads=1)

    found = evidence_for(index, playlists, playlists, np.zeros(0, np.int64), np.zeros(0, np.int64))

    assert found.because_1.size == found.because_2.size == found.shared_playlists.size == 0
