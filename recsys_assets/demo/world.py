"""The whole demo world from a seed: assembles what the other modules plant into frames of the landing zone.

Entry point: ``generate_world``. Writing files is ``write``. Sound, articles and submissions can be added as further
members made from ``World.catalogue`` and ``World.truth`` (every track has its planted vector, genre and release day).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from recsys_assets.core import columns as c
from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.threads import blas_limited
from recsys_assets.demo.affinity import ChoiceModel
from recsys_assets.demo.catalogue import Catalogue, build_catalogue
from recsys_assets.demo.catalogue_frames import CatalogueFrames, catalogue_frames
from recsys_assets.demo.feedback import ACTIONS, Feedback, draw_feedback, draw_presaves, is_after_hiding
from recsys_assets.demo.fraud import Schemes, plan_schemes, scheme_plays
from recsys_assets.demo.genres import GENRES
from recsys_assets.demo.listeners import Listeners, build_listeners
from recsys_assets.demo.params import DemoParams
from recsys_assets.demo.playlists import Playlists, build_playlists
from recsys_assets.demo.plays import REASONS, SOURCES, Plays, ambient_row, choose_plays, draw_sleep_lists
from recsys_assets.demo.sessions import CHUNK_LISTENERS, DAY_MS, plan_events
from recsys_assets.demo.truth import Truth, build_truth

MAX_DAYS = 3650
FOLLOWER_GROWTH_PER_DAY = 0.002


@dataclass(frozen=True)
class World:
    """A complete world. Frames have the columns of the landing-zone contract, plays and feedback ordered by time.

    ``playlists`` and ``playlist_tracks`` are as they stand at the end; ``playlists_on`` gives an earlier day's.
    ``catalogue`` and ``truth`` are what was planted: nothing of them enters the landing zone but through the frames.
    """

    params: DemoParams
    seed: int
    start: date
    days: int
    artists: pl.DataFrame
    albums: pl.DataFrame
    tracks: pl.DataFrame
    plays: pl.DataFrame
    feedback: pl.DataFrame
    playlists: pl.DataFrame
    playlist_tracks: pl.DataFrame
    catalogue: Catalogue
    truth: Truth

    @property
    def end(self) -> date:
        """First day that is no longer in the world."""
        return self.start + timedelta(days=self.days)


def generate_world(params: DemoParams, *, seed: int, start: date, days: int) -> World:
    """Generate a world; the same arguments give the same values, and a longer world begins with the shorter one.

    Args:
        params: its size.
        seed: any integer.
        start: first day, UTC.
        days: 1 … 3650. Releases, new listeners and playlists come within ``params.horizon_days``.

    Raises:
        InvalidArgumentError: ``days`` out of range, or too few tracks for the artists.
    """
    if not 1 <= days <= MAX_DAYS:
        raise InvalidArgumentError(f"days must lie in 1…{MAX_DAYS}, found {days}")
    if params.n_tracks < 3 * params.n_artists:
        raise InvalidArgumentError(
            f"every artist has three tracks or more: {params.n_artists} artists need "
            f"{3 * params.n_artists} tracks, found n_tracks={params.n_tracks}"
        )
    # BLAS splits sums by its number of threads; with one the last bit is the same on every machine of a kind.
    with blas_limited():
        catalogue = build_catalogue(params, seed=seed, start_weekday=start.weekday())
        labels = catalogue_frames(catalogue, seed=seed, start=start)
        listeners = build_listeners(params, catalogue, seed=seed)
        model = catalogue.choice_model(params.sharpness)
        schemes = plan_schemes(listeners, catalogue, seed=seed)
        durations = labels.tracks[c.DURATION_MS].to_numpy()
        plays, acts = _live(
            params, catalogue, listeners, model, schemes=schemes, durations=durations, seed=seed, days=days, start=start
        )
        playlists = build_playlists(params, catalogue, listeners, model, seed=seed)
    playlists_frame, entries_frame = _playlist_frames(playlists, labels, listeners, start=start, days=days)
    return World(
        params=params,
        seed=seed,
        start=start,
        days=days,
        artists=labels.artists,
        albums=labels.albums,
        tracks=labels.tracks,
        plays=_play_frame(plays, labels, listeners, start),
        feedback=_feedback_frame(acts, labels, listeners, start),
        playlists=playlists_frame.filter(pl.col(c.MODIFIED_AT).is_not_null()).select(_PLAYLIST_COLUMNS),
        playlist_tracks=entries_frame.select(_ENTRY_COLUMNS),
        catalogue=catalogue,
        truth=build_truth(
            params,
            catalogue,
            labels,
            listeners,
            schemes=schemes,
            playlists=playlists,
            playlist_ids=playlists_frame[c.PLAYLIST_ID],
            start=start,
        ),
    )


def _live(
    params: DemoParams,
    catalogue: Catalogue,
    listeners: Listeners,
    model: ChoiceModel,
    *,
    schemes: Schemes,
    durations: np.ndarray,
    seed: int,
    days: int,
    start: date,
) -> tuple[Plays, Feedback]:
    """Let everybody listen, a chunk of listeners at a time."""
    ambient = catalogue.space.genres[ambient_row()]
    rate = params.plays_per_listener_day
    plays = scheme_plays(schemes, listeners, durations, rate=rate, seed=seed, days=days)
    acts: list[Feedback] = []
    for chunk, first in enumerate(range(0, listeners.size, CHUNK_LISTENERS)):
        rows = np.arange(first, min(first + CHUNK_LISTENERS, listeners.size))
        events = plan_events(
            listeners, rows, rate=rate, seed=seed, chunk=chunk, days=days, start_weekday=start.weekday()
        )
        presaves = draw_presaves(listeners, rows, model, horizon_days=params.horizon_days, seed=seed, chunk=chunk)
        sleep_lists = draw_sleep_lists(listeners, rows, model, ambient, seed=seed, chunk=chunk)
        chosen = choose_plays(
            events,
            listeners,
            rows,
            model,
            presaves,
            sleep_lists=sleep_lists,
            durations=durations,
            seed=seed,
            chunk=chunk,
        )
        chunk_acts = draw_feedback(chosen, catalogue.track_artist)
        plays.append(chosen.plays.keep(~is_after_hiding(chosen.plays, chunk_acts, n_tracks=durations.size)))
        acts += [chunk_acts, presaves.as_feedback()]
    # Only what lies in the period; the planning overlaps it on both sides.
    everything = Plays.concatenate([part.keep(_inside(part.played_at, days)) for part in plays])
    all_acts = Feedback.concatenate(acts)
    return everything, all_acts.keep(_inside(all_acts.at, days))


def _inside(ms: np.ndarray, days: int) -> np.ndarray:
    return (ms >= 0) & (ms < days * DAY_MS)


def _instants(ms: np.ndarray, start: date) -> pl.Series:
    origin = int(datetime(start.year, start.month, start.day, tzinfo=UTC).timestamp()) * 1_000_000
    return pl.Series(origin + ms * 1000, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))


def _codes(codes: np.ndarray, words: tuple[str, ...]) -> pl.Series:
    return pl.Series(words, dtype=pl.String).gather(codes.astype(np.int64))


def _play_frame(plays: Plays, labels: CatalogueFrames, listeners: Listeners, start: date) -> pl.DataFrame:
    plays = plays.keep(np.lexsort((plays.track, plays.listener, plays.played_at)))
    return pl.DataFrame(
        {
            c.USER_ID: pl.Series(listeners.user_ids.tolist(), dtype=pl.String).gather(plays.listener),
            c.TRACK_ID: labels.tracks[c.TRACK_ID].gather(plays.track),
            c.PLAYED_AT: _instants(plays.played_at, start),
            c.MS_PLAYED: plays.ms_played.astype(np.int64),
            c.REASON_END: _codes(plays.reason, REASONS),
            c.SOURCE: _codes(plays.source, SOURCES),
            c.IS_SHUFFLE: plays.is_shuffle,
        }
    )


def _feedback_frame(acts: Feedback, labels: CatalogueFrames, listeners: Listeners, start: date) -> pl.DataFrame:
    acts = acts.keep(np.lexsort((acts.artist, acts.track, acts.action, acts.listener, acts.at)))
    track = pl.Series(acts.track)
    artist = pl.Series(acts.artist)
    return pl.DataFrame(
        {
            c.USER_ID: pl.Series(listeners.user_ids.tolist(), dtype=pl.String).gather(acts.listener),
            c.TRACK_ID: labels.tracks[c.TRACK_ID].gather(track.set(track < 0, None)),
            c.ARTIST_ID: labels.artists[c.ARTIST_ID].gather(artist.set(artist < 0, None)),
            c.AT: _instants(acts.at, start),
            c.ACTION: _codes(acts.action, ACTIONS),
        }
    )


_PLAYLIST_COLUMNS = (c.PLAYLIST_ID, c.NAME, c.OWNER_ID, c.DESCRIPTION, c.FOLLOWERS, c.MODIFIED_AT)
_ENTRY_COLUMNS = (c.PLAYLIST_ID, c.POSITION, c.TRACK_ID, c.ADDED_AT)


def _playlist_frames(
    playlists: Playlists, labels: CatalogueFrames, listeners: Listeners, *, start: date, days: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return playlists (all of the horizon, with ids) and the entries added before the end."""
    ids = pl.Series(c.PLAYLIST_ID, [f"p_{row:06d}" for row in range(len(playlists.name))])
    owners = [
        listeners.user_ids[owner] if owner >= 0 else f"editor_{GENRES[-1 - owner].name.replace(' ', '_')}"
        for owner in playlists.owner.tolist()
    ]
    entries = pl.DataFrame(
        {
            c.PLAYLIST_ID: ids.gather(playlists.entry_playlist),
            c.TRACK_ID: labels.tracks[c.TRACK_ID].gather(playlists.entry_track),
            c.ADDED_AT: _instants(playlists.entry_added_at, start),
        }
    ).filter(playlists.entry_added_at < days * DAY_MS)
    entries = entries.with_columns((pl.int_range(pl.len()).over(c.PLAYLIST_ID)).cast(pl.Int64).alias(c.POSITION))
    modified = entries.group_by(c.PLAYLIST_ID).agg(pl.col(c.ADDED_AT).max().alias(c.MODIFIED_AT))
    frame = pl.DataFrame(
        {
            c.PLAYLIST_ID: ids,
            c.NAME: playlists.name,
            c.OWNER_ID: pl.Series(owners, dtype=pl.String),
            c.DESCRIPTION: pl.Series(playlists.description, dtype=pl.String),
            c.FOLLOWERS: playlists.followers,
        }
    )
    return frame.join(modified, on=c.PLAYLIST_ID, how="left", maintain_order="left"), entries


def playlists_on(world: World, day: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the playlists and their entries as they stood at the beginning of a day, UTC.

    A playlist is there once it has a track. Followers grow with the days of the world.
    """
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC)
    entries = world.playlist_tracks.filter(pl.col(c.ADDED_AT) < instant)
    modified = entries.group_by(c.PLAYLIST_ID).agg(pl.col(c.ADDED_AT).max().alias(c.MODIFIED_AT))
    growth = 1.0 + FOLLOWER_GROWTH_PER_DAY * (day - world.start).days
    playlists = (
        world.playlists.drop(c.MODIFIED_AT)
        .join(modified, on=c.PLAYLIST_ID, how="inner", maintain_order="left")
        .with_columns((pl.col(c.FOLLOWERS) * growth).floor().cast(pl.Int64))
    )
    return playlists.select(_PLAYLIST_COLUMNS), entries
