"""What counts as having heard a track."""

from pydantic import BaseModel, Field


class CompletionParams(BaseModel, frozen=True):
    """The completion line of the listening standards: half of a track, or four minutes of a long one.

    Last.fm and ListenBrainz submit a listen at this line, so a play without ``ms_played`` (a scrobble) has passed it.
    """

    completion_share: float = Field(
        default=0.5, gt=0, le=1, description="Share of the track's length that completes a play."
    )
    completion_ms: int = Field(
        default=240_000, gt=0, description="Milliseconds that complete a play of a longer track."
    )
    unknown_length_ms: int = Field(
        default=120_000, gt=0, description="Milliseconds that complete a play of a track whose length nobody says."
    )
