"""The content prior of a week, from the tables it reads to the row it makes."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from recsys_assets.core import columns as c
from recsys_assets.core.errors import MissingInputError, VersionMismatchError
from recsys_assets.core.lake import Lake
from recsys_assets.core.schemas import EMBEDDING, TableSchema, columns
from recsys_assets.corpus.tables import CO_MENTIONS, ENTITY_TEXT
from recsys_assets.latent.anchors import Anchors
from recsys_assets.latent.content_prior import ContentPriorParams
from recsys_assets.latent.prior_weeks import describe_tracks, make_content_priors, read_content_prior
from recsys_assets.latent.sound_part import SoundParams
from recsys_assets.latent.space_tables import to_tables
from recsys_assets.latent.tables import ANCHOR_TABLES, CONTENT_PRIOR
from recsys_assets.latent.written import Written, read_written
from recsys_assets.raw.tables import RAW_TRACKS
from tests.factories import DAY_1, day, rows_of, stored

PARAMS = ContentPriorParams(sound=SoundParams(n_random_features=20))
# As the sound model publishes it; the room above is not imported from here.
AUDIO_VECTORS = TableSchema(
    group="audio",
    name="audio_vectors",
    grain="One row per track.",
    columns=columns(
        (c.TRACK_ID, pl.String, "", False),
        (c.VECTOR, EMBEDDING, "", False),
        (c.SPACE_VERSION, pl.String, "", False),
        ("is_held_out", pl.Boolean, "", False),
    ),
    partition=c.WEEK,
)


@pytest.fixture
def lake(tmp_path: Path, space, credited) -> Lake:
    """A lake with the planted space as the anchor of DAY_1, credits of the day before, and a sound that says the genre."""
    lake = Lake(str(tmp_path / "lake"))
    frames = to_tables(space)
    for table, frame in zip(ANCHOR_TABLES, (frames.users, frames.tracks, frames.artists), strict=False):
        stored(lake, table, frame.with_columns(pl.lit(DAY_1).alias(c.WEEK)))
    row = {c.SPACE_VERSION: space.space_version, "params": space.params.model_dump_json(), c.WEEK: DAY_1}
    stored(lake, ANCHOR_TABLES[3], rows_of(ANCHOR_TABLES[3], [row]))
    tracks = [{**each, "title": "x"} for each in credited.to_dicts()]
    stored(lake, RAW_TRACKS, rows_of(RAW_TRACKS, tracks, arrived_on=day(-1)))
    return lake


def sound_of(space, *, version: str, held_out: bool = True) -> pl.DataFrame:
    vectors = np.round(space.track_vectors, 1)
    rows = [
        {c.TRACK_ID: track, c.VECTOR: vector.tolist(), c.SPACE_VERSION: version, "is_held_out": held_out}
        for track, vector in zip(space.tracks.ids, vectors, strict=True)
        if track != "t05"
    ]
    return rows_of(AUDIO_VECTORS, rows, week=DAY_1)


def make(lake: Lake, sound: pl.DataFrame, week=DAY_1) -> pl.DataFrame:
    published = lake.open(AUDIO_VECTORS) if sound.is_empty() else stored(lake, AUDIO_VECTORS, sound)
    return make_content_priors(
        [week],
        Anchors.open(lake),
        tracks=lake.open(RAW_TRACKS),
        audio_vectors=published,
        entity_text=lake.open(ENTITY_TEXT),
        co_mentions=lake.open(CO_MENTIONS),
        params=PARAMS,
        seed=7,
    )


def test_a_week_has_one_prior_that_can_be_read_again(lake: Lake, space):
    sound = sound_of(space, version=space.space_version)
    row = make(lake, sound)
    published = stored(lake, CONTENT_PRIOR, row)
    found = read_content_prior(published, DAY_1)
    assert found is not None
    prior, version, encoder = found
    assert encoder is None
    assert version == space.space_version == row[c.SPACE_VERSION].item()
    assert row["sound_explained"].item() > 0.5
    known, _ = describe_tracks(space, lake.open(RAW_TRACKS).latest(day(-1)).read(), sound)
    means = prior.means(known.content, known)
    assert means.has_sound.sum() == space.tracks.size - 1
    lengths = np.linalg.norm(means.mean, axis=1) * np.linalg.norm(space.track_vectors, axis=1)
    cosine = (means.mean * space.track_vectors).sum(axis=1) / np.maximum(lengths, 1e-9)
    assert np.median(cosine) > 0.9
    assert read_content_prior(published, day(7)) is None


def test_dishonest_or_absent_sound_leaves_the_artist(lake: Lake, space):
    for sound in (AUDIO_VECTORS.empty(), sound_of(space, version=space.space_version, held_out=False)):
        row = make(lake, sound)
        assert row["n_recordings"].item() == 0
        assert row["sound_explained"].item() is None
        found = read_content_prior(stored(lake, CONTENT_PRIOR, row), DAY_1)
        assert found is not None
        assert found[0].sound is None


def test_sound_of_another_space_and_a_missing_anchor_are_refused(lake: Lake, space):
    with pytest.raises(MissingInputError, match="no anchor for the week"):
        make(lake, AUDIO_VECTORS.empty(), week=day(7))
    with pytest.raises(VersionMismatchError, match="make the week's sound model again"):
        make(lake, sound_of(space, version="2026-01-05-other"))


def text_row(kind: str, entity: str, vector: list[float], n: float, encoder: str = "e") -> dict[str, object]:
    return {
        "kind": kind, "entity_id": entity, "vector": vector, "n_contexts": n, "n_articles": 1, "n_sites": 1,
        "encoder": encoder, "week": DAY_1,
    }  # fmt: skip


def test_what_is_written_of_a_track_and_its_artists_counts_by_how_much_it_is():
    rows = [
        text_row("artist", "x", [1, 0], 3), text_row("artist", "y", [0, 1], 1), text_row("track", "a", [0, 4], 4),
        text_row("track", "x", [9, 9], 9), text_row("artist", "z", [1, 2, 3], 5, encoder="other"),
    ]  # fmt: skip
    written = Written.of(pl.DataFrame(rows, schema=ENTITY_TEXT.dtypes), CO_MENTIONS.empty())
    assert written.encoder == "e"
    ids = pl.Series(["a", "b", "c", "d"])
    artists = pl.Series([["x", "x"], ["x", "y"], ["z"], None], dtype=pl.List(pl.String))
    text, amount = written.text_rows(ids, artists)
    assert text is not None
    assert amount is not None
    np.testing.assert_allclose(text[:2], [[3 / 7, 16 / 7], [0.75, 0.25]], rtol=1e-6)
    assert np.isnan(text[2:]).all()
    assert amount.tolist() == [7, 4, 0, 0]
    assert Written.nothing().text_rows(ids, artists) == (None, None)
    other = Written.of(pl.DataFrame(rows, schema=ENTITY_TEXT.dtypes), CO_MENTIONS.empty(), encoder="other")
    assert other.entity_text["entity_id"].to_list() == ["z"]


def test_a_week_with_articles_has_a_text_part_and_says_how_much_it_tells(lake: Lake, space):
    catalogue = lake.open(RAW_TRACKS).latest(day(-1)).read()
    vectors = np.round(space.track_vectors, 1)
    rows = [
        text_row("track", track, vector.tolist(), 5) for track, vector in zip(space.tracks.ids, vectors, strict=True)
    ]
    stored(lake, ENTITY_TEXT, pl.DataFrame(rows, schema=ENTITY_TEXT.dtypes))
    written = read_written(lake, DAY_1)
    known, _ = describe_tracks(space, catalogue, AUDIO_VECTORS.empty(), written)
    assert known.content.has_text.all()
    row = make(lake, AUDIO_VECTORS.empty())
    assert row["encoder"].item() == "e"
    # A planted space of few artists may be too small to tell; what is told is told of held-out artists.
    told = row["text_explained"].item()
    assert (told is None) == (row["n_text_artists"].item() == 0)
    assert read_written(lake, day(7)).encoder is None
