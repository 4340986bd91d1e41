"""A seeded maker of names for artists, albums and tracks.

Belongs here: filling the templates of ``genres`` without repeating a name. Which artist makes which track is
``catalogue``; playlist titles are ``playlists``.
"""

import re
from functools import cache

import numpy as np

from recsys_assets.demo.genres import GENRES

_SLOT = re.compile(r"\{([A-Z])\}")
_TRIES = 12
_ROMAN = ("II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")


@cache
def _pools(genre: int) -> dict[str, tuple[str, ...]]:
    used = {letter for template in GENRES[genre].artists + GENRES[genre].titles for letter in _SLOT.findall(template)}
    return {letter: GENRES[genre].pool(letter) for letter in sorted(used)}


class NameMaker:
    """Makes names of one kind; within a scope no name comes twice."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._block = np.empty(0, dtype=np.int64)
        self._next = 0
        self._used: set[tuple[object, str]] = set()

    def _pick(self, words: tuple[str, ...]) -> str:
        # Scalar draws of numpy cost a microsecond each: blocks make 50,000 titles take .3 s in place of 1.
        if self._next >= self._block.size:
            self._block = self._rng.integers(0, 2**31, size=65_536)
            self._next = 0
        self._next += 1
        return words[int(self._block[self._next - 1]) % len(words)]

    def _fill(self, template: str, pools: dict[str, tuple[str, ...]]) -> str:
        drawn: list[str] = []

        def replace(match: re.Match[str]) -> str:
            pool = pools[match.group(1)]
            word = self._pick(pool)
            drawn.append(self._pick(pool) if word in drawn else word)
            # Word parts ("-fang") are lower case in the pools; at the head of a word they are written large.
            is_head = match.start() == 0 or template[match.start() - 1] == " "
            return drawn[-1][:1].upper() + drawn[-1][1:] if is_head else drawn[-1]

        return _SLOT.sub(replace, template)

    def _unique(self, templates: tuple[str, ...], genre: int, scope: object) -> str:
        pools = _pools(genre)
        name = ""
        for _ in range(_TRIES):
            name = self._fill(self._pick(templates), pools)
            if (scope, name) not in self._used:
                break
        else:
            base, n = name, 0
            while (scope, name) in self._used:
                name = f"{base} {_ROMAN[n] if n < len(_ROMAN) else n + 2}"
                n += 1
        self._used.add((scope, name))
        return name

    def artist(self, genre: int) -> str:
        """Return an artist's name that no other artist of this maker has."""
        return self._unique(GENRES[genre].artists, genre, "artist")

    def title(self, genre: int, *, artist: int) -> str:
        """Return a title that the artist does not have yet; other artists may (as in life)."""
        return self._unique(GENRES[genre].titles, genre, artist)
