"""How large and how lively a demo world is.

Only numbers with their bounds. What they do is in the module that reads them; seed and period are arguments of
``world.generate_world`` and not parameters, because one set of parameters makes many worlds.
"""

from typing import Literal, Self

from pydantic import BaseModel, Field

from recsys_assets.core.errors import InvalidArgumentError

Size = Literal["small", "medium", "large"]


class DemoParams(BaseModel, frozen=True):
    """Parameters of a demo world; ``for_size`` gives the three that are named."""

    n_listeners: int = Field(ge=20, description="Accounts, honest and dishonest, including those that join later.")
    n_tracks: int = Field(ge=150, description="Recordings, versions and future releases included.")
    n_artists: int = Field(ge=26, description="Artists; at least two for each genre.")
    n_playlists: int = Field(ge=10, description="Playlists that exist by the end of the horizon.")
    plays_per_listener_day: float = Field(gt=0, le=100, description="Mean plays of one account on one day.")
    horizon_days: int = Field(
        default=120, ge=1, description="Days after the start over which releases, new listeners and playlists come."
    )
    upcoming_share: float = Field(default=0.2, ge=0, le=0.5, description="Share of tracks released in the horizon.")
    version_share: float = Field(default=0.2, ge=0, le=0.4, description="Share of tracks that are live or acoustic.")
    joins_later_share: float = Field(default=0.15, ge=0, le=0.9, description="Listeners who join in the horizon.")
    farm_share: float = Field(default=0.015, ge=0, le=0.2, description="Accounts that belong to click farms.")
    pod_share: float = Field(default=0.015, ge=0, le=0.2, description="Accounts in pods that play each other.")
    bought_slot_share: float = Field(
        default=0.04, ge=0, le=0.5, description="Good playlists with a paid track in them."
    )
    bad_playlist_share: float = Field(default=0.14, ge=0, le=0.9, description="Playlists that are not worth learning.")
    explore_share: float = Field(
        default=0.4, gt=0, lt=1, description="Mean share of plays that look for something new."
    )
    sharpness: float = Field(default=7.0, gt=0, description="Inverse temperature of the choice by taste.")

    @classmethod
    def for_size(cls, size: Size, fraction: float = 1.0) -> Self:
        """Return the parameters of a named size.

        Plays are a rate per day, so that a longer world begins with the shorter one. Over 60 days ``small`` holds about
        70 thousand plays, ``medium`` about 700 thousand and ``large`` ten million.

        Args:
            size: ``small`` (300 listeners, 600 tracks), ``medium`` (5,000, 8,000) or ``large`` (100,000, 50,000).
            fraction: in (0, 1], scales listeners, and with them plays and playlists; the catalogue stays whole.

        Raises:
            InvalidArgumentError: an unknown size, or a fraction outside (0, 1] or leaving under 20 listeners.
        """
        sizes = {
            "small": (300, 600, 48, 150, 4.6),
            "medium": (5_000, 8_000, 640, 1_500, 2.3),
            "large": (100_000, 50_000, 4_000, 15_000, 1.55),
        }
        if size not in sizes:
            raise InvalidArgumentError(f"unknown demo size {size!r}: expected one of {', '.join(sizes)}")
        listeners, tracks, artists, playlists, rate = sizes[size]
        scaled = round(listeners * fraction)
        if not 0 < fraction <= 1 or scaled < 20:
            raise InvalidArgumentError(f"fraction must lie in (0, 1] and leave 20 listeners, found {fraction}")
        return cls(
            n_listeners=scaled,
            n_tracks=tracks,
            n_artists=artists,
            n_playlists=max(10, round(playlists * fraction)),
            plays_per_listener_day=rate,
        )
