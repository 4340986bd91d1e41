"""One section of an installation's ``settings.toml``, for who needs no more of it.

Belongs here: reading. What a section may set is a model of its own group; the graph reads the whole file (``defs.resources``).
"""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from recsys_assets.core.errors import InvalidArgumentError

_Model = TypeVar("_Model", bound=BaseModel)


def read_section(model: type[_Model], settings: Path, name: str) -> _Model:
    """Read a section; a file that is not there sets nothing.

    Args:
        model: what it may set.
        settings: the file.
        name: of the section.

    Raises:
        InvalidArgumentError: it is not TOML, or sets what is not there or out of bounds.
    """
    try:
        return model.model_validate(tomllib.loads(settings.read_text(encoding="utf-8")).get(name, {}))
    except FileNotFoundError:
        return model()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
        raise InvalidArgumentError(f"{settings}: {' '.join(str(error).split())[:300]}") from error
