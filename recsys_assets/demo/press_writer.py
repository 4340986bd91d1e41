"""Sentences of the made-up press, filled for one world: in which words, and beside whom, an artist is written about.

Belongs here: chance and the planted space. An honest site draws words by the genres and moods in whose direction an artist lies,
and companions among the artists near by; a site that makes things up draws both evenly. The words are ``press_words``.
"""

import re
from dataclasses import dataclass

import numpy as np

from recsys_assets.core import columns as c
from recsys_assets.demo import press_sites as s
from recsys_assets.demo import press_words as w
from recsys_assets.demo.genres import COMMON_POOLS, GENRES
from recsys_assets.demo.geometry import CONTENT_DIMENSIONS
from recsys_assets.demo.press_newcomers import plan_newcomers
from recsys_assets.demo.words import VENUES
from recsys_assets.demo.world import World

SHARPNESS = 9.0
MOOD_SHARE = 0.3
# An honest critic compares with one of so many near and rather well-known artists.
N_COMPANIONS = 6


@dataclass(frozen=True)
class Subject:
    """Whom a sentence is about, where it stands, and what its fixed slots say."""

    artist: int
    site: s.Site
    fixed: dict[str, str]


class Writer:
    """Fills sentences for one world: words and companions by artist, and the chance to draw them with."""

    def __init__(self, world: World) -> None:
        catalogue = world.catalogue
        self.newcomers = plan_newcomers(world)
        self._world, self.n_known = world, world.artists.height
        known = catalogue.artist_vectors[:, :CONTENT_DIMENSIONS]
        self.content = np.vstack([known, self.newcomers.content]).astype(np.float64)
        self.genre = np.concatenate([catalogue.artist_genre, self.newcomers.genres]).astype(np.int64)
        self.names = [*world.artists[c.NAME].to_list(), *self.newcomers.names]
        self.ids = [*world.artists[c.ARTIST_ID].to_list(), *self.newcomers.artist_ids]
        self.titles = world.tracks[c.TITLE].to_list()
        self.genres = _shares(SHARPNESS * self.content @ catalogue.space.genres[:, :CONTENT_DIMENSIONS].T)
        self.moods = _shares(SHARPNESS * self.content @ catalogue.space.moods.astype(np.float64).T)
        self._popularity = catalogue.artist_log_popularity.astype(np.float64)

    def companions(self, artist: int, rng: np.random.Generator, *, is_true: bool) -> tuple[int, int]:
        """Draw two artists to compare with, no newcomers: near and rather well known, or anybody."""
        weight = np.ones(self.n_known)
        if is_true:
            logit = 8.0 * self.content[: self.n_known] @ self.content[artist] + 0.5 * self._popularity
            if artist < self.n_known:
                logit[artist] = -np.inf
            near = np.argsort(-logit, kind="stable")[:N_COMPANIONS]
            weight = np.zeros(self.n_known)
            weight[near] = np.exp(logit[near] - logit[near].max())
        elif artist < self.n_known:
            weight[artist] = 0.0
        first, second = rng.choice(weight.size, size=2, replace=False, p=weight / weight.sum()).tolist()
        return first, second

    def song(self, artist: int, day: int, rng: np.random.Generator) -> str:
        """Draw the title of an artist's song that is out by a day of the world, or of any of theirs."""
        if artist >= self.n_known:
            return str(rng.choice(self.newcomers.titles[artist - self.n_known]))
        catalogue = self._world.catalogue
        own = np.arange(catalogue.first[artist], catalogue.first[artist + 1])
        out = own[(catalogue.released_day[own] <= day) & (catalogue.version_of[own] < 0)]
        return self.titles[int(rng.choice(out if out.size else own))]

    def word(self, artist: int, part: int, rng: np.random.Generator, *, site: s.Site) -> str:
        """Draw a word of style (part 0) or a thing heard (part 1) for an artist."""
        table = w.FRENCH_WORDS if site.language == "fr" else w.GENRE_WORDS
        if site.language == "en" and rng.random() < MOOD_SHARE:
            mood = _draw(self.moods[artist], rng) if site.is_true else int(rng.integers(len(w.MOOD_WORDS)))
            return str(rng.choice(w.MOOD_WORDS[mood][part]))
        genre = _draw(self.genres[artist], rng) if site.is_true else int(rng.integers(len(table)))
        return str(rng.choice(table[genre][part]))

    def shares(self, artist: int) -> dict[str, float]:
        """Return how likely each English word is where an honest site writes of an artist; things and styles apart."""
        found: dict[str, float] = {}
        sides = (
            (w.GENRE_WORDS, self.genres[artist], 1 - MOOD_SHARE),
            (w.MOOD_WORDS, self.moods[artist], MOOD_SHARE),
        )
        for table, shares, part in sides:
            for share, row in zip(shares.tolist(), table, strict=True):
                for words in row[:2]:
                    for word in words:
                        found[word] = found.get(word, 0.0) + part * share / len(words)
        return found

    def fill(self, sentence: str, about: Subject, rng: np.random.Generator) -> str:
        """Fill the slots of a sentence."""

        def slot(match: re.Match[str]) -> str:
            letter = match.group(1)
            if letter in about.fixed:
                return about.fixed[letter]
            if letter in "wn":
                return self.word(about.artist, "wn".index(letter), rng, site=about.site)
            if letter == "m":
                mood = _draw(self.moods[about.artist], rng) if about.site.is_true else int(rng.integers(10))
                return w.MOOD_WORDS[mood][2][0]
            if letter == "g":
                genre = _draw(self.genres[about.artist], rng) if about.site.is_true else int(rng.integers(len(GENRES)))
                return GENRES[genre].name
            pool = VENUES if letter == "v" else tuple(COMMON_POOLS["P"].split("|"))
            return str(rng.choice(pool))

        return re.sub(r"\{([a-z])\}", slot, sentence)


def _draw(shares: np.ndarray, rng: np.random.Generator) -> int:
    return int(rng.choice(shares.size, p=shares))


def _shares(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)
