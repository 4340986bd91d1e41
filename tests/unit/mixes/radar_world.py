"""A Friday by hand: three genres on three axes, listeners of one each, and releases in, before and after the week."""

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np
import polars as pl
from mix_frames import history_of

from recsys_assets.cold_start.beside_places import BesidePlaces
from recsys_assets.cold_start.placing import PlacingParams
from recsys_assets.core import columns as c
from recsys_assets.core.ids import IdMap
from recsys_assets.core.schemas import EMBEDDING, IDS
from recsys_assets.corpus.tables import CO_MENTIONS
from recsys_assets.latent.factorise import FactoriseParams
from recsys_assets.latent.space import LatentSpace
from recsys_assets.latent.written import Written
from recsys_assets.mixes.history import History
from recsys_assets.mixes.release_radar_days import RadarTables

FRIDAY = date(2026, 3, 6)
TEXT = {
    "kind": pl.String,
    "entity_id": pl.String,
    c.VECTOR: EMBEDDING,
    "n_contexts": pl.Float32,
    "encoder": pl.String,
}
GENRES, ARTISTS_EACH, TRACKS_EACH, LISTENERS_EACH = 3, 4, 5, 20
TRACK_SCHEMA = {
    c.TRACK_ID: pl.String,
    c.TITLE: pl.String,
    c.ARTIST_IDS: IDS,
    c.RELEASED_ON: pl.Date,
    c.IS_EXPLICIT: pl.Boolean,
    c.IS_WITHDRAWN: pl.Boolean,
}
PLACEMENTS = {
    c.TRACK_ID: pl.String,
    c.VECTOR: EMBEDDING,
    "sound_vector": EMBEDDING,
    "is_on_time": pl.Boolean,
    c.SUBMISSION_ID: pl.String,
}


def axis(genre: int, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    vector = np.random.default_rng(seed).normal(0, noise, GENRES + 1)
    vector[genre] += 1
    return vector.astype(np.float32)


class RadarWorld:
    """Artist ``a<genre><n>``, its old tracks ``t<genre><n><k>``, listener ``u<genre>_<n>`` who plays their genre."""

    def __init__(self) -> None:
        rng = np.random.default_rng(5)
        self.rows: list[tuple] = []
        vectors, heard = {}, []
        for g in range(GENRES):
            for a in range(ARTISTS_EACH):
                for k in range(TRACKS_EACH):
                    self.rows.append((f"t{g}{a}{k}", f"Old {g}{a}{k}", [f"a{g}{a}"], date(2020, 1, 1), False, False))
                    vectors[f"t{g}{a}{k}"] = axis(g, 0.2, 100 * g + 10 * a + k)
        users = {f"u{g}_{n:02d}": axis(g, 0.1, 7 + 50 * g + n) for g in range(GENRES) for n in range(LISTENERS_EACH)}
        for user in users:
            g = int(user[1])
            mine = [f"t{g}{a}{k}" for a in range(ARTISTS_EACH) for k in range(TRACKS_EACH)]
            heard += [(user, str(t), 3, None) for t in rng.choice(mine, 6, replace=False)]
        artists = {f"a{g}{a}": axis(g, 0.1, 900 + 10 * g + a) for g in range(GENRES) for a in range(ARTISTS_EACH)}
        self.heard = heard
        self.space = LatentSpace(
            *(np.stack([of[key] for key in sorted(of)]) for of in (users, vectors, artists)),
            *(IdMap.of(of) for of in (users, vectors, artists)),
            FactoriseParams(embedding_size=GENRES + 1),
            "v1",
        )
        self.placements: list[tuple] = []

    def release(self, track: str, artist: str | list[str] | None = None, *, days: int = 0, **flags: object) -> None:
        """Add a track released ``days`` after the Friday."""
        credited = [artist] if isinstance(artist, str) else artist or []
        row = (track, str(flags.get("title", track.title())), credited, FRIDAY + timedelta(days=days))
        self.rows.append((*row, bool(flags.get("is_explicit")), bool(flags.get("is_withdrawn"))))

    def place(self, track: str, genre: int, *, is_on_time: bool | None = True, has_sound: bool = True) -> None:
        """Place a cold track in a genre."""
        vector = axis(genre, 0.05, 77).tolist()
        self.placements.append((track, vector, vector if has_sound else None, is_on_time, f"s_{track}"))

    def beside(self, words: dict[str, list[float]], inherited: dict[str, list[str]]) -> BesidePlaces:
        """What is written of artists, from whom submissions of tracks inherit, and who has what."""
        rows = [("artist", artist, vector, 5.0, "e") for artist, vector in words.items()]
        told = pl.DataFrame(rows, schema=TEXT, orient="row")
        verdicts = pl.DataFrame(
            [(f"s_{track}", True, artists) for track, artists in inherited.items()],
            schema={c.SUBMISSION_ID: pl.String, "is_claim_verified": pl.Boolean, "verified_artist_ids": IDS},
            orient="row",
        )
        confidence = pl.DataFrame(
            [(user, track, float(n)) for user, track, n, _ in self.heard],
            schema={c.USER_ID: pl.String, c.TRACK_ID: pl.String, c.CONFIDENCE: pl.Float32},
            orient="row",
        )
        return BesidePlaces.of(
            self.space,
            confidence,
            pl.DataFrame(self.rows, schema=TRACK_SCHEMA, orient="row"),
            verdicts=verdicts,
            written=Written.of(told, CO_MENTIONS.empty()),
            params=PlacingParams(),
        )

    def tables(
        self,
        history: History | None = None,
        *,
        follows: Iterable[tuple[str, str]] = (),
        submitted: Iterable[tuple] = (),
        has_space: bool = True,
        beside: BesidePlaces | None = None,
        **known: Iterable[tuple],
    ) -> RadarTables:
        names = sorted({artist for row in self.rows for artist in row[2]})
        return RadarTables(
            friday=FRIDAY,
            tracks=pl.DataFrame(self.rows, schema=TRACK_SCHEMA, orient="row"),
            artists=pl.DataFrame({c.ARTIST_ID: names, c.NAME: [name.upper() for name in names]}),
            submitted=pl.DataFrame(
                list(submitted),
                schema={name: TRACK_SCHEMA[name] for name in (c.TRACK_ID, c.TITLE, c.ARTIST_IDS, c.RELEASED_ON)},
                orient="row",
            ),
            placements=pl.DataFrame(self.placements, schema=PLACEMENTS, orient="row"),
            history=history or history_of(self.heard, followed_artists=follows, **known),  # pyright: ignore[reportArgumentType]
            space=self.space if has_space else None,
            beside=beside,
        )
