"""`recsys sound` on a planted lake: whose sound it knows, and what it says where it knows none."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from factories import rows_of, stored

from recsys_assets.audio.tables import TRACK_ANALYSIS
from recsys_assets.cold_start.tables import SUBMISSION_ANALYSIS, SUBMISSION_VERDICTS

CAME = datetime(2026, 1, 4, 9, tzinfo=UTC)
HEARD: dict[str, object] = {
    "content_sha256": "a" * 64, "duration_s": 30.0, "excerpt_s": 30.0, "source_rate_hz": 44_100, "n_channels": 1,
    "key_confidence": 0.5, "tempo_confidence": 0.5, "beat_times_s": [0.5, 1.0], "downbeat_times_s": [0.5],
    "chords": [{"start_s": 0.0, "end_s": 30.0, "label": "A:min"}], "sections": [], "reduced_chords": [],
    **dict.fromkeys(
        ("energy", "brightness", "percussiveness", "aggressiveness", "danceability", "speech_share", "silence_share"), 0.5
    ),
}  # fmt: skip


@pytest.fixture
def heard(world: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("recsys_assets.audio.picture.draw_analysis", lambda *_: b"png")
    verdict = {"received_at": CAME, "title": "Neon Hour", "artist_names": ["Marta"], "content_sha256": "a" * 64}
    rows = [
        {"submission_id": "sub1", "track_id": "submission:sub1", "verdict": "accepted", **verdict},
        {
            "submission_id": "bad",
            "track_id": "submission:bad",
            "verdict": "rejected",
            "reason": "it is cut off",
            **verdict,
        },
    ]
    stored(world.lake, SUBMISSION_VERDICTS, rows_of(SUBMISSION_VERDICTS, rows))
    older = HEARD | {"content_sha256": "b" * 64, "duration_s": 99.0}
    rows = [{"submission_id": "sub1", **each} for each in (older, HEARD)]
    stored(world.lake, SUBMISSION_ANALYSIS, rows_of(SUBMISSION_ANALYSIS, rows))
    track = {"track_id": "t1", "arrived_on": date(2026, 1, 5), **HEARD}
    stored(world.lake, TRACK_ANALYSIS, rows_of(TRACK_ANALYSIS, [track]))
    return world


@pytest.mark.parametrize("name", ["sub1", "submission:sub1"])
def test_what_was_heard_in_a_submission_is_shown_by_its_newest_content(heard: Any, name: str):
    told = json.loads(heard.run("sound", name, "--json").stdout)

    assert (told["title"], told["duration_s"]) == ("Neon Hour, Marta", 30.0)


def test_one_of_a_thing_is_one_and_names_are_words(heard: Any):
    told = heard.run("sound", "t1").stdout

    for said in ("1 channel", "1 bar", "1 chord", "speech share"):
        assert said in told
    for said in ("(s)", "channels", "bars", "chords  1", "speech_share"):
        assert said not in told


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("bad",), "it was rejected: it is cut off"),
        (("t1", "--date", "2026-01-04"), "no recording of it was known on 2026-01-04"),
        (("sub1", "--date", "2026-01-03"), "no recording of it was known on 2026-01-03"),
        (("nobody",), "no recording of it was known on"),
    ],
)
def test_why_nothing_is_known_is_said(heard: Any, args: tuple[str, ...], said: str):
    result = heard.run("sound", *args)

    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
