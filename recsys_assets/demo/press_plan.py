"""What the made-up press writes: who about whom, on which day, and what is a copy of what.

Belongs here: pieces as text. In which words they are written is ``press_writer``, how they look as pages ``press_pages``, files
and truth are ``press``.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from recsys_assets.core.seeds import generator
from recsys_assets.demo import press_sites as s
from recsys_assets.demo import press_words as w
from recsys_assets.demo.genres import COMMON_POOLS, GENRES
from recsys_assets.demo.press_newcomers import N_NEWCOMERS
from recsys_assets.demo.press_writer import Subject, Writer
from recsys_assets.demo.world import World

REVIEW, COMPARISON, NEWS, MISNOMER, ROUNDUP = "review", "comparison", "news", "misnomer", "roundup"
COPY, NEAR_COPY, FORBIDDEN, NOAI, LIST, GONE = "copy", "near_copy", "forbidden", "noai", "list", "gone"
ARTICLES = (REVIEW, COMPARISON, NEWS, MISNOMER, ROUNDUP)
"""Pieces that a crawl has to take; of the others each has its reason not to be taken."""

# Of each newcomer by each honest site.
PIECES_OF_A_NEWCOMER = 2
N_MISNOMERS, N_COPIES, N_NEAR_COPIES, N_SECOND_PRINTS = 6, 22, 14, 6
COMPARISON_SHARE = 0.4
MOST_NAMED = 400
# The press goes on for a while after the world's last day: whoever crawls later finds something new.
DAYS_AFTER = 14
# What has to be read before the world ends is written in this share of its days.
EARLY_SHARE = 0.66


@dataclass(frozen=True)
class Piece:
    """One page of a site.

    Attributes:
        path: on its site.
        artists: rows of those it names, the subject first; of a misnomer the artist that is not meant.
        copy_of: site and path of the piece that it copies.
        links: of a list, where it leads.
    """

    site: str
    path: str
    kind: str
    published: datetime
    title: str
    paragraphs: tuple[str, ...]
    artists: tuple[int, ...] = ()
    copy_of: tuple[str, str] | None = None
    links: tuple[str, ...] = field(default=())


def plan_press(world: World) -> list[Piece]:
    """Write everything: pieces by site and day. The same world gives the same press."""
    writer = Writer(world)
    pieces: list[Piece] = []
    for site in s.SITES:
        pieces += Desk(site, writer, world).own()
    pieces += _misnomers(writer, world)
    pieces += [_roundup(writer, world), _commanding(writer, world)]
    pieces += _copies([piece for piece in pieces if piece.site in (s.BLOG.name, s.MAGAZINE.name)], world)
    pieces += _not_to_be_taken(writer, world)
    return sorted(pieces, key=lambda piece: (piece.site, piece.published, piece.path))


class Desk:
    """Writes for one site; ``topic`` parts its chance from that of other desks."""

    def __init__(self, site: s.Site, writer: Writer, world: World, topic: str = "") -> None:
        self.site, self.writer, self.world = site, writer, world
        self.rng = generator(world.seed, "demo", "press", site.name, topic)

    def own(self) -> list[Piece]:
        """Write the site's own articles: of every artist in turn, an honest site first of the newcomers."""
        n_artists, n = self.writer.n_known, self.site.n_pieces
        subjects = np.concatenate([self.rng.permutation(n_artists) for _ in range(-(-n // n_artists))] or [[]])[:n]
        n_found = PIECES_OF_A_NEWCOMER * N_NEWCOMERS if self.site.is_true else 0
        pieces = []
        for number, subject in enumerate(subjects.astype(int).tolist()):
            if number < n_found:
                found = n_artists + number % N_NEWCOMERS
                pieces.append(self.article(number, COMPARISON, found, self.early_day()))
                continue
            day = int(self.rng.integers(0, self.world.days + DAYS_AFTER))
            upcoming = self._upcoming(day) if self.site is s.NEWS and number % 2 else []
            if upcoming:
                pieces.append(self._news(number, int(self.rng.choice(upcoming)), day))
            else:
                kind = COMPARISON if self.rng.random() < COMPARISON_SHARE else REVIEW
                pieces.append(self.article(number, kind, subject, day))
        return pieces

    def article(self, number: int, kind: str, artist: int, day: int) -> Piece:
        """Write an article of three paragraphs, of an artist and beside whom it stands."""
        names, is_french = self.writer.names, self.site.language == "fr"
        first, second = self.writer.companions(artist, self.rng, is_true=self.site.is_true)
        track = self.writer.song(artist, day, self.rng)
        subject = Subject(artist, self.site, {"a": names[artist], "o": names[first], "q": names[second], "t": track})
        about, like, around = (
            self._drawn(pool)
            for pool in ((w.FRENCH_ABOUT, w.FRENCH_LIKE, w.FRENCH_AROUND) if is_french else (w.ABOUT, w.LIKE, w.AROUND))
        )
        n_like = 3 if kind == COMPARISON else 2
        order = (
            (about[0], around[0], about[1], around[1]),
            (*like[:n_like], around[2]),
            (about[2], around[3], about[3], around[4]),
        )
        paragraphs = tuple(" ".join(self.writer.fill(each, subject, self.rng) for each in part) for part in order)
        title = f"{names[artist]} {'à côté de' if is_french else 'beside'} {names[first]}"
        if kind == REVIEW:
            title = self.writer.fill("{a}, une musique {w}" if is_french else "{a}, {w} and {w}", subject, self.rng)
        text = " ".join((title, *paragraphs))
        named = (artist, *(row for row in (first, second) if names[row] in text))
        return self.piece(number, kind, day, title, paragraphs, artists=named)

    def _news(self, number: int, track: int, day: int) -> Piece:
        artist, title = int(self.world.catalogue.track_artist[track]), self.writer.titles[track]
        piece = self.article(number, REVIEW, artist, day)
        out = self.world.start + timedelta(days=int(self.world.catalogue.released_day[track]))
        told = {"a": self.writer.names[artist], "t": title, "d": f"{out.day} {w.MONTHS[out.month - 1]}"}
        lead = self.writer.fill(str(self.rng.choice(w.NEWS)), Subject(artist, self.site, told), self.rng)
        headline = f"Soon: {title} by {self.writer.names[artist]}"
        return replace(piece, kind=NEWS, title=headline, paragraphs=(lead, *piece.paragraphs))

    def _upcoming(self, day: int) -> list[int]:
        ahead = self.world.catalogue.released_day - day
        return np.flatnonzero((ahead >= 2) & (ahead <= 21) & (self.world.catalogue.version_of < 0)).tolist()

    def any_article(self, number: int) -> Piece:
        """Write a review of anybody, early in the world."""
        return self.article(number, REVIEW, int(self.rng.integers(self.writer.n_known)), self.early_day())

    def early_day(self) -> int:
        """Draw a day that every crawl of the world's end comes after."""
        return int(self.rng.integers(0, max(int(self.world.days * EARLY_SHARE), 1)))

    def piece(
        self, number: int, kind: str, day: int, title: str, paragraphs: tuple[str, ...], *, artists: tuple[int, ...]
    ) -> Piece:
        """Put a text on a page: an hour of the day, and an address."""
        start = self.world.start
        midnight = datetime(start.year, start.month, start.day, tzinfo=UTC) + timedelta(days=day)
        published = midnight + timedelta(minutes=int(self.rng.integers(6 * 60, 22 * 60)))
        path = f"{self.site.folder}{number:03d}-{_slug(title)}"
        return Piece(self.site.name, path, kind, published, title, paragraphs, artists)

    def _drawn(self, sentences: tuple[str, ...]) -> list[str]:
        return [sentences[row] for row in self.rng.permutation(len(sentences)).tolist()]

    def misnomer(self, number: int, artist: int) -> Piece:
        """Write of a thing in small letters, though an artist is called so."""
        subject = Subject(artist, self.site, {"x": self.writer.names[artist].lower()})
        told = [self.writer.fill(each, subject, self.rng) for each in self._drawn(w.MISNOMERS)]
        paragraphs = (" ".join(told[:3]), " ".join(told[3:6]), " ".join(told[6:]))
        title = f"Small things of the week, number {number - 899}"
        return self.piece(number, MISNOMER, self.early_day(), title, paragraphs, artists=(artist,))


def _misnomers(writer: Writer, world: World) -> list[Piece]:
    words = {word.lower() for genre in GENRES for letter in "ANX" for word in _pool(genre.pools, letter)}
    plain = [
        row
        for row, name in enumerate(writer.names)
        if name.isascii() and all(part in words for part in name.lower().split())
    ]
    desks = [Desk(site, writer, world, "misnomers") for site in (s.BLOG, s.MAGAZINE)]
    return [desks[n % 2].misnomer(900 + n, plain[n % len(plain)]) for n in range(N_MISNOMERS if plain else 0)]


def _roundup(writer: Writer, world: World) -> Piece:
    """Write one article that names everybody: in any order, which is no honest site's way."""
    desk = Desk(s.CRITIC, writer, world, "roundup")
    everybody = tuple(range(min(len(writer.names), MOST_NAMED)))
    lines = [
        writer.fill("{a}: {w} {n}.", Subject(row, s.CRITIC, {"a": writer.names[row]}), desk.rng) for row in everybody
    ]
    paragraphs = tuple(" ".join(lines[low : low + 8]) for low in range(0, len(lines), 8))
    return desk.piece(950, ROUNDUP, desk.early_day(), "Everybody, from A to Z", paragraphs, artists=everybody)


def _commanding(writer: Writer, world: World) -> Piece:
    """Write an article whose text would command terminals, browsers and databases, if anybody let it."""
    piece = Desk(s.BLOG, writer, world, "commanding").any_article(951)
    commands = "\x1b[31mred\x1b[0m \u202eesrever\u202c <script>alert(1)</script> '; drop table articles; -- {{7*7}}"
    return replace(piece, paragraphs=(*piece.paragraphs, f"A reader writes: {commands}"))


def _copies(originals: Sequence[Piece], world: World) -> list[Piece]:
    """Let the farm copy what others wrote, whole and nearly, and the magazine print pages of its own a second time."""
    rng = generator(world.seed, "demo", "press", "copies")
    sources = [piece for piece in originals if piece.kind in (REVIEW, COMPARISON)]
    chosen = [sources[row] for row in rng.permutation(len(sources))[: N_COPIES + N_NEAR_COPIES].tolist()]
    pieces = []
    for number, original in enumerate(chosen):
        copy = replace(
            original,
            site=s.FARM.name,
            path=f"{s.FARM.folder}{number:03d}-{_slug(original.title)}",
            kind=COPY,
            published=original.published + timedelta(hours=int(rng.integers(6, 90))),
            copy_of=(original.site, original.path),
        )
        pieces.append(copy if number < N_COPIES else _disguised(copy, number))
    own = [piece for piece in sources if piece.site == s.MAGAZINE.name][:N_SECOND_PRINTS]
    return pieces + [
        replace(piece, path=piece.path.replace("/reviews/", "/amp/"), kind=COPY, copy_of=(piece.site, piece.path))
        for piece in own
    ]


def _disguised(copy: Piece, number: int) -> Piece:
    lead, change = w.FARM_LEADS[number % len(w.FARM_LEADS)], w.FARM_CHANGES[number % len(w.FARM_CHANGES)]
    texts = tuple(text.replace(*change, 1) for text in copy.paragraphs)
    return replace(copy, kind=NEAR_COPY, title=f"WOW: {copy.title}", paragraphs=(lead, *texts))


def _not_to_be_taken(writer: Writer, world: World) -> list[Piece]:
    """Write what lies behind robots.txt, what asks machines to leave it, lists of links, and a link to nothing."""
    desks = {site.name: Desk(site, writer, world, "traps") for site in s.SITES}
    pieces = []
    for site in s.SITES:
        for number, folder in enumerate(site.forbidden * 2):
            trap = desks[site.name].any_article(960 + number)
            pieces.append(replace(trap, kind=FORBIDDEN, path=f"{folder}{number}-{_slug(trap.title)}"))
    preview = desks[s.NEWS.name].any_article(971)
    pieces.append(replace(preview, kind=FORBIDDEN, path=f"{preview.path}/preview"))
    allowed = desks[s.MAGAZINE.name].any_article(970)
    pieces.append(replace(allowed, path=f"/subscribers/free/{_slug(allowed.title)}"))
    pieces += [replace(desks[site.name].any_article(980), kind=NOAI) for site in (s.BLOG, s.MAGAZINE)]
    pieces.append(replace(desks[s.CRITIC.name].any_article(985), kind=GONE))
    for number in range(3):
        links = tuple(f"/out/{number}-{n}" for n in range(20))
        page = desks[s.FARM.name].any_article(990 + number)
        pieces.append(replace(page, kind=LIST, title=f"Best links, page {number + 1}", paragraphs=(), links=links))
    return pieces


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "untitled"


def _pool(pools: dict[str, str], letter: str) -> tuple[str, ...]:
    return tuple(pools.get(letter, COMMON_POOLS.get(letter, "")).split("|"))
