"""Who an article mentions: ambiguous names need a second clue, and nothing that an article holds takes long."""

import time

import pytest

from recsys_assets.corpus.gate import MAX_CANDIDATES
from recsys_assets.corpus.gates import excerpts_are_short
from recsys_assets.corpus.reading_batches import as_frame, mention_rows, term_rows
from recsys_assets.corpus.tables import ARTICLE_MENTIONS
from tests.unit.corpus.press import named_in, read_text


@pytest.mark.parametrize(
    "body",
    [
        "We all need air to breathe, and yes, the low end is nice. Love is all you need.",
        "Yes, it is a good record. Air was thin up there.",
        "We All Need Air To Breathe At Night",
        "the first listen will creep up on you",
        "No one said the the twice.",
    ],
)
def test_words_that_are_also_names_are_words(body: str):
    assert named_in(body) == {}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("The French duo Air recorded “Sexy Boy” at home.", {"air": "Air", "sexy-boy": "Sexy Boy"}),
        ("Most of us love Low, the slowcore band from Duluth.", {"low": "Low"}),
        ("There is a new album by Yes, and it is long.", {"yes": "Yes"}),
        ("They toured with Radiohead for years.", {"radiohead": "Radiohead"}),
        (
            "Fans of My Bloody Valentine and Beach House will like it.",
            {"valentine": "My Bloody Valentine", "house": "Beach House"},
        ),
        ("Slowdive\u2019s new album is hazy.", {"slowdive": "Slowdive\u2019s"}),
        ("looking for songs similar to radiohead and bjork", {"radiohead": "radiohead", "bjork": "bjork"}),
        ("私は東京事変の新しいアルバムが好きです。", {"incidents": "東京事変"}),
        ("Новый альбом выпустила группа Кино в этом году.", {"kino": "Кино"}),
        ("أغنية جديدة من فيروز", {"fairuz": "فيروز"}),
    ],
)
def test_names_with_a_clue_are_names(body: str, named: dict[str, str]):
    assert named.items() <= named_in(body).items()


def test_a_link_is_a_clue():
    body = "The evening was long and we heard more of Low than of others."
    plain = read_text(body).mentions
    linked = read_text(body, links=("Low",)).mentions
    assert max((each.confidence for each in plain), default=0) < linked[0].confidence
    assert linked[0].entity_id == "low"


def test_a_title_is_of_the_artist_that_is_named():
    named = named_in("Slowdive closed the night with their song “Alison”, as ever.")
    assert "alison" in named
    assert "alison-2" not in named


def test_places_hold_in_title_and_text():
    read = read_text("They toured with Radiohead.", title="An evening with Radiohead in Oxford")
    assert {read.article.text[each.start : each.end] for each in read.mentions} == {"Radiohead"}
    assert len(read.mentions) == 2


@pytest.mark.parametrize(
    "body",
    [
        "Radiohead, Slowdive and Beach House. " * 5_400,
        "\u202eRadiohead\x1b[31m <script>alert(1)</script>\x00" * 4_000,
        "Air " * 50_000,
        "\u200b".join("Radiohead") * 5_000,
    ],
)
def test_a_hostile_article_takes_bounded_time_and_shows_nothing_harmful(body: str):
    begun = time.perf_counter()
    read = read_text(body[:200_000])
    rows = as_frame(mention_rows(read), ARTICLE_MENTIONS)
    n_terms = len(term_rows(read))
    # Two seconds on an idle core; the machine that runs this may be anything else.
    assert time.perf_counter() - begun < 60
    assert len(read.scanned.candidates) <= MAX_CANDIDATES
    assert n_terms <= 80 * len(read.mentions)
    assert excerpts_are_short(rows).passed
