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
    except ValidationError as error:
        raise InvalidArgumentError(f"{settings}: {faults_of(error, within=name)}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidArgumentError(f"{settings} is not TOML: {error}") from error


def faults_of(error: ValidationError, *, within: str = "") -> str:
    """Return all faults in one line, each with where it is and what was expected.

    Args:
        error: of a model.
        within: the section of the model.
    """
    return "; ".join(
        f"{'.'.join(filter(None, (within, *map(str, fault['loc']))))}: {fault['msg']}" for fault in error.errors()
    )
