"""What each kind of evidence weighs."""

from pydantic import BaseModel, Field

# The graph maps a day to so many days of evidence, and its mappings are fixed when it is loaded: a longer window would
# read these days all the same. At a half-life of 60 days, what is older counts less than an eighth.
WINDOW_DAYS = 180


class ConfidenceParams(BaseModel, frozen=True, extra="forbid"):
    """Weights of evidence. Counts enter as ``log(1 + n)``, so the tenth play says less than the second.

    A like, save or playlist add is meant; a play is only behaviour; a skip is ambiguous and therefore light; a
    pre-save is a promise about something unheard. Each unit counts what one such act is worth in plays' logarithms.
    """

    window_days: int = Field(
        default=WINDOW_DAYS, ge=1, le=WINDOW_DAYS, description="Days of history, the last one included."
    )
    half_life_days: float = Field(default=60.0, gt=0, description="Age at which a play or act counts half.")
    play_weight: float = Field(default=1.0, gt=0, description="Of log(1 + completed plays).")
    partial_weight: float = Field(default=0.25, ge=0, description="Of log(1 + plays that ended early, not by a skip).")
    skip_weight: float = Field(default=-0.4, le=0, description="Of log(1 + skips).")
    like_weight: float = Field(default=2.0, ge=0, description="Of a like that stands.")
    save_weight: float = Field(default=1.5, ge=0, description="Of a save.")
    playlist_add_weight: float = Field(default=1.5, ge=0, description="Of an addition to a playlist that stands.")
    presave_weight: float = Field(default=0.5, ge=0, description="Of a pre-save.")
    track_cap: float = Field(default=10.0, gt=0, description="Most that one listener can put on one track.")
    artist_cap: float = Field(
        default=30.0, gt=0, description="Most that one listener can put on all tracks of one artist."
    )
