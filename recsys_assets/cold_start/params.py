"""What an installation may set about submissions: the section ``[submissions]`` of ``settings.toml``."""

import tomllib
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from recsys_assets.core.errors import InvalidArgumentError


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
        try:
            return cls.model_validate(tomllib.loads(settings.read_text(encoding="utf-8")).get("submissions", {}))
        except FileNotFoundError:
            return cls()
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
            raise InvalidArgumentError(f"{settings}: {' '.join(str(error).split())[:300]}") from error
