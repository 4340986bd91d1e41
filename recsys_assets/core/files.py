"""Files that are there whole or not at all: written aside under a name of their own, then renamed into place.

Belongs here: one file. A folder that is exchanged as a whole is ``exports.manifest``; tables are ``core.lake``.
"""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def written_aside(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """Give a path to write to, and rename it over ``path`` when the block ends well; nothing is left when it does not.

    The name begins with a dot and ends in ``.tmp``: readers of a landing zone and of exports pass over it. It is nobody
    else's, so two writers of one file never meet; the later rename stays. ``leftovers`` finds what the dead left.

    Args:
        path: the file; its folder is made where it is not there.
        durable: wait for the disk, so that the file is whole also after a loss of power.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield fresh
        if durable:
            with fresh.open("rb") as file:
                os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def leftovers(path: Path) -> list[Path]:
    """Return what writers of ``path`` that died, or are still at work, have beside it."""
    return sorted(path.parent.glob(f".{path.name}.????????.tmp"))
