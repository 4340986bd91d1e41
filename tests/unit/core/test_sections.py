"""A section of ``settings.toml``: what it sets, and what is said of one that can not be."""

from pathlib import Path

import pytest

from recsys_assets.cold_start.placing import PlacingParams
from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.sections import read_section


def written(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_section_sets_what_it_names_and_nothing_else(tmp_path: Path):
    path = written(tmp_path, "[placing.share_of_artist]\nweight = 0.5\n[other]\nweight = 3\n")
    read = read_section(PlacingParams, path, "placing")
    assert read.share_of_artist.weight == 0.5
    assert read.model_copy(update={"share_of_artist": PlacingParams().share_of_artist}) == PlacingParams()


def test_without_the_file_or_the_section_nothing_is_set(tmp_path: Path):
    assert read_section(PlacingParams, tmp_path / "settings.toml", "placing") == PlacingParams()
    assert read_section(PlacingParams, written(tmp_path, ""), "placing") == PlacingParams()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[placing", "settings.toml is not TOML: "),
        (
            "[placing]\nfew = 1\n[placing.share_of_artist]\nweight = -1",
            "settings.toml: placing.share_of_artist.weight: Input should be greater than or equal to 0; placing.few: Extra",
        ),
    ],
)
def test_what_can_not_be_is_one_line_with_all_faults(tmp_path: Path, text: str, said: str):
    with pytest.raises(InvalidArgumentError) as error:
        read_section(PlacingParams, written(tmp_path, text), "placing")
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert "https" not in str(error.value)
