"""What an installation may set about submissions: the section ``[submissions]`` of ``settings.toml``."""

from pathlib import Path

from pydantic import BaseModel, Field

from recsys_assets.core.sections import read_section


class SubmissionParams(BaseModel, frozen=True, extra="forbid"):
    """Rules of taking submissions in. They are held to for what is judged from then on."""

    # Release Radar offers two tracks of an artist in a week; one more leaves room for a correction under a new id.
    max_per_artist_and_week: int = Field(
        default=3,
        ge=1,
        le=1_000,
        description="So many submissions inherit from an artist in one week of Release Radar.",
    )
    days_ahead: int = Field(
        default=7,
        ge=0,
        le=365,
        description="On time is what was received so many times 24 hours before its release day.",
    )

    @classmethod
    def read(cls, settings: Path) -> "SubmissionParams":
        """Read the section of an installation's ``settings.toml``; a file that is not there sets nothing.

        Raises:
            InvalidArgumentError: it is not TOML, or sets what is not there or out of bounds.
        """
        return read_section(cls, settings, "submissions")
