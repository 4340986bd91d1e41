import io

import numpy as np
import pytest
from map_fixtures import crowd, space_map
from matplotlib.image import imread

from recsys_assets.core.errors import SchemaMismatchError
from recsys_assets.core.picture_text import writable
from recsys_assets.latent.map_picture import draw_map
from recsys_assets.latent.map_style import MAX_GENRES, OTHER, STEPS, UNKNOWN, style_map


def luminance(colour: str):
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast_on_paper(colour: str):
    return (luminance("#fbfaf7") + 0.05) / (luminance(colour) + 0.05)


def test_a_full_map_is_one_picture_of_bounded_size():
    full = crowd(3000, artists=200)
    png = draw_map(full, title="A day")
    assert imread(io.BytesIO(png)).shape[:2] == (786, 1100)
    assert len(png) < 300_000
    assert png == draw_map(full, title="A day")


# Warnings are errors: matplotlib warns of a missing glyph and raises on broken mathematics.
@pytest.mark.parametrize(
    "word", ["🦊🦊", "東京", "שלום", "مرحبا", "$\\frac{", "a\nb\x00", "", "x" * 10_000, "</script>"]
)
def test_no_name_breaks_the_picture(word: str):
    rows = [
        ("artist", "a", word, None, word, 0.1, 0.2, 3.0),
        ("track", "t", word, ["a"], word, 0.3, -0.2, 1.0),
    ]
    assert draw_map(space_map(*rows), title=word).startswith(b"\x89PNG")


@pytest.mark.parametrize("n", [0, 1])
def test_hardly_a_map(n: int):
    rows = [("track", "t", None, None, None, 0.0, 0.0, 0.0)]
    assert draw_map(space_map(*rows[:n]), title="Small").startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("Tromsø", "Tromsø"),
        ("🦊 The Foxes 🦊", "The Foxes"),
        ("Зима", "Зима"),
        ("東京 A", None),
        ("שלום Band", None),
        ("../../x", "../../x"),
        ("!!!", None),
        ("tab\tand\nline", "tab and line"),
        ("Cost $5", "Cost $5"),
        ("123456789012", "123456789…"),
    ],
)
def test_writable(text: str | None, expected: str | None):
    assert writable(text, max_length=10 if text and text.startswith("123") else 30) == expected


def test_the_most_common_genres_have_a_colour():
    style = style_map(crowd(600, genres=15))
    names = [genre.name for genre in style.genres]
    assert len(names) == MAX_GENRES + 1
    assert names[:-1] == sorted(names[:-1], key=str.lower)
    assert names[-1] == OTHER
    assert len({genre.shades[-1] for genre in style.genres}) == len(names)


def test_spellings_of_a_genre_are_one_and_none_is_told_apart_from_other():
    words = ["Jazz", "jazz", " Jazz ", None, "", "Folk"]
    rows = [("track", f"t{i}", None, None, word, i / 10, 0.0, 1.0) for i, word in enumerate(words)]
    style = style_map(space_map(*rows))
    assert [genre.name for genre in style.genres] == ["Folk", "Jazz", UNKNOWN]
    assert style.genre.tolist() == [1, 1, 1, 2, 2, 0]


def test_more_streamed_is_darker_in_every_genre():
    for genre in style_map(crowd(600)).genres:
        shades = [luminance(shade) for shade in genre.shades]
        assert len(shades) == STEPS
        assert shades == sorted(shades, reverse=True)
        # Names are written in the darkest shade: WCAG asks 4.5 of text.
        assert contrast_on_paper(genre.shades[-1]) > 4.5


def test_steps_follow_the_logarithm_of_plays():
    rows = [("track", f"t{i}", None, None, "Jazz", 0.0, 0.0, plays) for i, plays in enumerate([0.0, 9.0, 99.0, 999.0])]
    steps = style_map(space_map(*rows)).step
    assert steps.tolist() == sorted(steps.tolist())
    assert steps[0] == 0
    assert steps[-1] == STEPS - 1
    assert steps[2] - steps[1] in {2, 3}


def test_plays_all_alike_are_the_middle_step():
    rows = [("track", f"t{i}", None, None, "Jazz", 0.0, 0.0, 4.0) for i in range(3)]
    assert style_map(space_map(*rows)).step.tolist() == [STEPS // 2] * 3


def test_a_genre_in_two_regions_is_named_in_the_larger():
    left = [("track", f"l{i}", None, None, "Jazz", -0.8 + i / 1000, 0.5, 1.0) for i in range(6)]
    right = [("track", f"r{i}", None, None, "Jazz", 0.7, -0.5 + i / 1000, 1.0) for i in range(11)]
    (jazz,) = style_map(space_map(*left, *right)).genres
    assert jazz.centre == pytest.approx((0.7, -0.495), abs=1e-3)


def test_a_table_of_another_form_is_refused():
    with pytest.raises(SchemaMismatchError, match="genre"):
        draw_map(crowd(5).drop("genre"), title="No genre")
