"""Ids that the world of music shares: what is one, and in which form."""

import pytest

from recsys_assets.core.public_ids import valid_isrc, valid_mbid


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("E8F9B188-F819-4E43-AB0F-4BD26CE9FF56", "e8f9b188-f819-4e43-ab0f-4bd26ce9ff56"),
        (" e8f9b188-f819-4e43-ab0f-4bd26ce9ff56 ", "e8f9b188-f819-4e43-ab0f-4bd26ce9ff56"),
        ("e8f9b188", None),
        ("e8f9b188-f819-4e43-ab0f-4bd26ce9ff56/../x", None),
        ("", None),
        (None, None),
    ],
)
def test_valid_mbid(text: object, expected: str | None):
    assert valid_mbid(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GBAYE8300043", "GBAYE8300043"),
        ("gb-aye-83-00043", "GBAYE8300043"),
        ("GBAYE83", None),
        (None, None),
        (7, None),
        ([], None),
        (["GBAYE8300043", "x"], "GBAYE8300043"),
        ("GBAYE830004\u0663", None),
        ("GBAYE8300043\n", "GBAYE8300043"),
    ],
)
def test_valid_isrc(text: object, expected: str | None):
    assert valid_isrc(text) == expected
