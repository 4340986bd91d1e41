"""Verdicts on submissions: who is on time, whose claim holds, what is in use already, and what takes whose place."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pitches import KEY, RECEIVED, RELEASE, SOUND, catalogue, pitch

from recsys_assets.cold_start.claims import weigh_claim
from recsys_assets.cold_start.known import Known, TrackRecord
from recsys_assets.cold_start.ownership import ousted, replaced
from recsys_assets.cold_start.params import SubmissionParams
from recsys_assets.cold_start.pitch import Pitch
from recsys_assets.cold_start.verdicts import Heard, judge
from recsys_assets.core.errors import InvalidArgumentError
from recsys_assets.core.windows import midnight
from recsys_assets.raw.receipts import Receipt

PARAMS = SubmissionParams()
NOTHING = Heard()
ISRC = "QZABC2600001"
ON_TIME = midnight(RELEASE) - timedelta(days=7)


def verdict(
    what: Pitch,
    *tracks: TrackRecord,
    heard: Heard = NOTHING,
    own: Mapping[str, Any] | None = None,
    **others: Mapping[str, Any],
) -> dict[str, Any]:
    return judge(what, heard, Known(catalogue(*tracks), own, others), PARAMS)


def earlier(submission_id: str = "sub_0", **other: Any) -> dict[str, Any]:
    """The verdict on a submission that came a day before."""
    return verdict(pitch(submission_id, at=RECEIVED - timedelta(days=1), **other))


@pytest.mark.parametrize(
    ("received_at", "is_on_time", "says"),
    [
        (ON_TIME - timedelta(days=100), True, None),
        (ON_TIME, True, None),
        (ON_TIME + timedelta(microseconds=1), False, "received 7.0 days before its release, on time is 7"),
        (midnight(RELEASE) - timedelta(hours=12), False, "received 0.5 days before"),
        (midnight(RELEASE), False, "received on the day of its release"),
        (midnight(RELEASE) + timedelta(hours=23), False, "received on the day of its release"),
    ],
)
def test_on_time_is_seven_times_24_hours_before_midnight_of_the_release(
    received_at: datetime, is_on_time: bool, says: str | None
):
    row = verdict(pitch(at=received_at))

    assert (row["verdict"], row["is_on_time"]) == ("accepted" if is_on_time else "late", is_on_time)
    assert (row["reason"] or "").startswith(says or "")
    assert bool(row["reason"]) == bool(says)


@pytest.mark.parametrize(
    ("what", "says"),
    [
        (pitch(at=midnight(RELEASE) + timedelta(days=1)), "release_date 2026-04-03 is in the past"),
        (pitch(release_date="2040-01-01"), "more than five years"),
        (Pitch(Receipt("sub_1", RECEIVED, {}), refusal="nothing describes it"), "nothing describes it"),
        (pitch(replaces="sub_7"), "it replaces sub_7, which was not submitted before it"),
        (pitch(replaces="sub_1"), "it replaces sub_1, which was not submitted before it"),
    ],
)
def test_what_contradicts_itself_is_rejected(what: Pitch, says: str):
    row = verdict(what)

    assert (row["verdict"], row["is_on_time"], row["is_claim_verified"]) == ("rejected", False, False)
    assert says in row["reason"]


def test_a_recording_that_can_not_be_used_is_rejected_with_the_decoders_words():
    row = verdict(pitch(), heard=Heard(refusal="the recording can not be used: truncated"))

    assert (row["verdict"], row["reason"]) == ("rejected", "the recording can not be used: truncated")


def test_what_is_rejected_has_its_name_and_is_not_said_to_be_placed():
    refused = Pitch(Receipt("sub_1", RECEIVED, {}), refusal="isrc is 'no'", told=pitch(label=None).submission)
    row = verdict(pitch(label="Big Records"), heard=Heard(refusal="truncated"))

    assert (verdict(refused)["title"], verdict(refused)["artist_names"]) == ("Rain", ["Ann"])
    assert row["claim_note"] == "the label does not match the record of Ann"


def test_a_copy_of_a_catalogue_recording_is_reported_and_accepted():
    row = verdict(pitch(), heard=Heard(duplicate_of="t9", duplicate_score=0.8))

    assert (row["verdict"], row["duplicate_of"], row["duplicate_score"]) == ("accepted", "t9", 0.8)


def test_the_same_bytes_under_two_ids_are_reported():
    row = verdict(pitch(), sub_0=earlier(title="Other"))

    assert (row["verdict"], row["duplicate_of"], row["duplicate_score"]) == ("accepted", "submission:sub_0", 1.0)
    assert verdict(pitch(sound="c" * 64), sub_0=earlier())["duplicate_of"] is None


@pytest.mark.parametrize(
    ("credit", "label", "key", "verified", "note"),
    [
        ("Ann", "SMALL  records", None, True, "the label SMALL records matches the record of Ann"),
        ("ann ", None, KEY, True, "the submitter's key matches the record of Ann"),
        ({"name": "whoever", "artist_id": "a1"}, None, KEY, True, "the submitter's key matches the record of Ann"),
        ("Ann", "Big Records", KEY, True, "the submitter's key matches"),
        ("Ann", "Big Records", None, False, "the label does not match the record of Ann: placed by its sound alone"),
        ("Ann", "Big Records", "x", False, "the key and the label do not match the record of Ann"),
        ("Ann", None, None, False, "neither key nor label says that Ann is the submitter's"),
        ("Bob", "Small Records", KEY, False, "the record of Bob names no label and no key"),
        ("Sam", "Small Records", None, False, "2 artists are called Sam, say which by artist_id"),
        (
            {"name": "Sam", "artist_id": "a4"},
            "Small Records",
            None,
            True,
            "the label Small Records matches the record of sam",
        ),
        ("Zoe", "Small Records", KEY, False, "the catalogue knows no artist called Zoe"),
        ({"name": "Ann", "artist_id": "a9"}, None, KEY, False, "the catalogue knows no artist a9"),
    ],
)
def test_an_artist_is_inherited_from_by_a_verified_claim_alone(
    credit: object, label: str | None, key: str | None, verified: bool, note: str
):
    label = " ".join(label.split()) if label else None
    row = verdict(pitch(artists=[credit], label=label, submitter_key=key))

    assert (row["verdict"], row["is_claim_verified"]) == ("accepted", verified)
    assert note in row["claim_note"]
    assert (row["artist_id"] in row["verified_artist_ids"]) is verified


def test_a_famous_guest_is_credited_but_not_inherited_from():
    claim = weigh_claim(pitch(artists=["Ann", {"name": "Sam", "artist_id": "a3"}, "Zoe"]).submission, catalogue())  # type: ignore[arg-type]

    assert (claim.artist_ids, claim.verified_ids, claim.is_verified) == (("a1", "a3"), ("a1",), True)


def test_so_many_submissions_of_an_artist_inherit_in_a_week_and_no_more():
    others = {f"sub_{n}": earlier(f"sub_{n}", title=str(n), sound=str(n) * 64) for n in range(10, 12)}
    third = verdict(pitch(), **others)
    others["sub_12"] = earlier("sub_12", title="12", sound="2" * 64)
    fourth = verdict(pitch(), **others)
    next_week = verdict(pitch(release_date=str(RELEASE + timedelta(days=1))), **others)
    corrected = verdict(pitch(replaces="sub_12"), **others)

    assert [row["is_claim_verified"] for row in (third, fourth, next_week, corrected)] == [True, False, True, True]
    assert "3 submissions of the week of 2026-04-03 inherit already" in fourth["claim_note"]
    assert fourth["verdict"] == "accepted"


UPCOMING = TrackRecord("t1", ("a1",), RELEASE, ISRC)


@pytest.mark.parametrize(
    ("says", "tracks", "track_id"),
    [
        ({}, (), "submission:sub_1"),
        ({"track_id": "t1"}, (), "t1"),
        ({"track_id": "t1"}, (UPCOMING,), "t1"),
        ({"track_id": "t1", "isrc": ISRC}, (UPCOMING,), "t1"),
        ({"isrc": ISRC}, (UPCOMING,), "t1"),
        ({"isrc": "QZABC2600002"}, (UPCOMING,), "submission:sub_1"),
    ],
)
def test_the_track_is_what_it_names_or_what_the_catalogue_knows_it_as(
    says: dict[str, Any], tracks: tuple[TrackRecord, ...], track_id: str
):
    row = verdict(pitch(**says), *tracks)

    assert (row["verdict"], row["track_id"]) == ("accepted", track_id)


@pytest.mark.parametrize(
    ("says", "tracks", "told"),
    [
        (
            {"isrc": ISRC},
            (TrackRecord("t1", ("a1",), date(2020, 1, 1), ISRC),),
            "isrc QZABC2600001 is in use by the track t1",
        ),
        ({"isrc": ISRC}, (TrackRecord("t1", ("a1",), None, ISRC),), "in the catalogue without a release date"),
        ({"isrc": ISRC}, (TrackRecord("t1", ("a2",), RELEASE, ISRC),), "of other artists"),
        ({"isrc": ISRC, "track_id": "t5"}, (UPCOMING,), "isrc QZABC2600001 is in use by t1"),
        ({"isrc": ISRC}, (UPCOMING, TrackRecord("t2", ("a1",), RELEASE, ISRC)), "in use by t1, t2"),
        ({"isrc": "QZABC2600002", "track_id": "t1"}, (UPCOMING,), "contradicts QZABC2600001"),
        ({"track_id": "t1"}, (TrackRecord("t1", ("a1",), date(2020, 1, 1)),), "released on 2020-01-01"),
        ({"track_id": "t1"}, (TrackRecord("t1", ("a2",), RELEASE),), "of other artists"),
        ({"track_id": "t1", "artists": ["Zoe"]}, (UPCOMING,), "of other artists"),
    ],
)
def test_what_another_track_uses_is_refused(says: dict[str, Any], tracks: tuple[TrackRecord, ...], told: str):
    row = verdict(pitch(**says), *tracks)

    assert row["verdict"] == "rejected"
    assert told in row["reason"]


def test_what_another_submission_uses_is_refused_until_that_one_is_rejected_or_withdrawn():
    first = earlier(isrc=ISRC)
    track = earlier(track_id="t1")

    assert "isrc QZABC2600001 is in use by the submission sub_0" in verdict(pitch(isrc=ISRC), sub_0=first)["reason"]
    assert "track_id t1 is in use by the submission sub_0" in verdict(pitch(track_id="t1"), sub_0=track)["reason"]
    for gone in ("rejected", "withdrawn"):
        assert verdict(pitch(isrc=ISRC), sub_0=first | {"verdict": gone})["verdict"] == "accepted"


def test_a_correction_under_a_new_id_takes_the_place_of_the_first():
    first = earlier(isrc=ISRC)
    second = verdict(pitch(isrc=ISRC, replaces="sub_0"), sub_0=first)
    gone = replaced(first, second)
    again = verdict(pitch("sub_0", at=RECEIVED + timedelta(days=1)), own=gone, sub_1=second)

    assert second["verdict"] == "accepted"
    assert (gone["verdict"], gone["replaced_by"], gone["received_at"]) == ("withdrawn", "sub_1", RECEIVED)
    assert "its place was taken by the submission sub_1" in again["reason"]


def test_what_was_rejected_may_be_replaced_without_knowing_whose_it_was():
    broken = verdict(Pitch(Receipt("sub_0", RECEIVED - timedelta(days=1), {}), refusal="not JSON"))
    second = verdict(pitch(replaces="sub_0"), sub_0=broken)

    assert second["verdict"] == "accepted"
    assert replaced(broken, second)["reason"] == "not JSON; replaced by the submission sub_1"
    assert replaced(broken, second)["verdict"] == "rejected"


def test_nobody_replaces_what_others_submitted():
    row = verdict(pitch(replaces="sub_0", artists=["Bob"]), sub_0=earlier())

    assert "which is by other artists" in row["reason"]


@pytest.mark.parametrize("says", [{"track_id": "t1"}, {"isrc": ISRC}, {"track_id": "t1", "isrc": ISRC}])
@pytest.mark.parametrize("proof", [{"label": None}, {"label": "Big Records"}, {"label": None, "submitter_key": "x"}])
def test_a_name_alone_takes_no_track_of_the_catalogue(says: dict[str, Any], proof: dict[str, Any]):
    row = verdict(pitch(**says, **proof), UPCOMING)
    of_its_own = verdict(pitch(**proof), UPCOMING)

    assert row["verdict"] == "rejected"
    assert "in use by the track t1 of Ann, and neither key nor label is theirs" in row["reason"]
    assert (of_its_own["verdict"], of_its_own["track_id"]) == ("accepted", "submission:sub_1")


def test_a_guest_with_a_key_takes_no_track_that_is_not_theirs():
    sams = TrackRecord("t1", ("a3",), RELEASE)
    row = verdict(pitch(artists=["Ann", {"name": "Sam", "artist_id": "a3"}], track_id="t1"), sams)

    assert row["verified_artist_ids"] == []
    assert "in use by the track t1 of Sam" in row["reason"]


@pytest.mark.parametrize(
    ("received", "says", "told"),
    [
        (RECEIVED, {}, None),
        (RECEIVED, {"release_date": "2026-04-04"}, "release_date 2026-04-04 contradicts 2026-04-03"),
        (midnight(RELEASE) - timedelta(days=2), {"release_date": "2026-04-17"}, "contradicts 2026-04-03"),
    ],
)
@pytest.mark.parametrize("named", [{"track_id": "t1"}, {"isrc": ISRC}])
def test_the_catalogues_date_of_the_track_is_not_contradicted(
    received: datetime, says: dict[str, Any], told: str | None, named: dict[str, Any]
):
    row = verdict(pitch(at=received, **says, **named), UPCOMING)

    assert (row["verdict"], told in (row["reason"] or "") if told else row["reason"]) == (
        ("rejected", True) if told else ("accepted", None)
    )


@pytest.mark.parametrize(
    ("received_at", "day"),
    [
        (ON_TIME, RELEASE),
        (ON_TIME + timedelta(microseconds=1), RELEASE + timedelta(days=1)),
        (ON_TIME - timedelta(microseconds=1), RELEASE),
        (ON_TIME - timedelta(days=1), RELEASE - timedelta(days=1)),
    ],
)
def test_a_verdict_tells_from_which_release_day_on_it_is_in_time(received_at: datetime, day: date):
    assert verdict(pitch(at=received_at))["on_time_from"] == day


@pytest.mark.parametrize("shared", [{"track_id": "t5"}, {"isrc": ISRC}])
def test_proof_goes_before_a_name_whoever_came_first(shared: dict[str, Any]):
    thief = earlier(label="Big Records", **shared)
    real = verdict(pitch(**shared), sub_0=thief)
    again = verdict(pitch("sub_0", at=RECEIVED + timedelta(days=1), label=None, **shared), own=thief, sub_1=real)
    (gone,) = ousted(real, None, Known(catalogue(), None, {"sub_0": thief}))

    assert (thief["verdict"], thief["is_claim_verified"], real["verdict"]) == ("accepted", False, "accepted")
    assert (gone["submission_id"], gone["verdict"], gone["is_on_time"]) == ("sub_0", "rejected", False)
    assert gone["received_at"] == RECEIVED
    assert "went to the submission sub_1" in gone["reason"]
    assert again["verdict"] == "rejected"
    assert ousted(again, None, Known(catalogue(), thief, {"sub_1": real})) == []


def test_proof_of_another_artist_holds_no_track_of_the_catalogue():
    # Sam had the id before the catalogue said that it is Ann's.
    sam = earlier(artists=[{"name": "Sam", "artist_id": "a3"}], label="Big Records", track_id="t1")
    real = verdict(pitch(track_id="t1"), UPCOMING, sub_0=sam)
    of_nobodys = verdict(pitch(track_id="t1"), sub_0=sam)

    assert (sam["is_claim_verified"], real["verdict"]) == (True, "accepted")
    assert "in use by the submission sub_0" in of_nobodys["reason"]


@pytest.mark.parametrize("kind", ["accepted", "rejected", "withdrawn"])
@pytest.mark.parametrize("proof", [{"label": None}, {"label": "Big Records", "submitter_key": "x"}])
def test_nobody_replaces_what_was_submitted_with_more_proof(kind: str, proof: dict[str, Any]):
    row = verdict(pitch(replaces="sub_0", **proof), sub_0=earlier() | {"verdict": kind})

    assert row["verdict"] == "rejected"
    assert "submitted with a key or label of its artists" in row["reason"]
    assert verdict(pitch(replaces="sub_0", label=None, submitter_key=KEY), sub_0=earlier())["verdict"] == "accepted"
    assert verdict(pitch(replaces="sub_0"), sub_0=earlier(label=None))["verdict"] == "accepted"


def test_proof_is_kept_where_nothing_more_may_be_inherited_and_where_the_rest_is_wrong():
    others = {f"sub_{n}": earlier(f"sub_{n}", title=str(n), sound=str(n) * 64) for n in range(10, 13)}
    full = judge(pitch("sub_0"), NOTHING, Known(catalogue(), None, others), PARAMS)
    old = verdict(pitch("sub_0", release_date="2020-01-01"))
    silent = Pitch(pitch("sub_0").receipt, pitch().submission, refusal="the recording is missing")

    for row in (full, old, verdict(silent)):
        thief = verdict(pitch(at=RECEIVED + timedelta(hours=1), replaces="sub_0", label=None), sub_0=row)
        assert (row["is_claim_verified"], row["proven_artist_ids"]) == (False, ["a1"])
        assert "submitted with a key or label of its artists" in thief["reason"]


def test_rows_from_before_proof_was_kept_are_worth_what_they_inherit():
    row = verdict(pitch(replaces="sub_0", label=None), sub_0=earlier() | {"proven_artist_ids": None})

    assert "submitted with a key or label of its artists" in row["reason"]


def test_a_place_taken_without_proof_is_taken_back_with_it():
    broken = verdict(Pitch(Receipt("sub_0", RECEIVED - timedelta(days=1), {}), refusal="not JSON"))
    thief, own = (verdict(pitch(replaces="sub_0", label=label), sub_0=broken) for label in (None, "Small Records"))
    gone = replaced(broken, thief)
    fixed = pitch("sub_0", at=RECEIVED + timedelta(days=1))

    assert (thief["verdict"], gone["replaced_by"]) == ("accepted", "sub_1")
    assert verdict(fixed, own=gone, sub_1=thief)["verdict"] == "accepted"
    assert "its place was taken" in verdict(fixed, own=gone, sub_1=own)["reason"]


def test_of_two_that_came_at_the_same_instant_the_first_verdict_stays_and_the_next_instant_tells():
    thief = verdict(pitch("a", label=None, track_id="t5"))
    real = verdict(pitch("b", track_id="t5"), a=thief)
    (gone,) = ousted(real, None, Known(catalogue(), None, {"a": thief}))

    assert gone["received_at"] == RECEIVED + timedelta(microseconds=1)


def test_a_submission_that_is_taken_back_is_withdrawn_whatever_else_it_says():
    row = verdict(pitch(is_withdrawn=True, release_date="2001-01-01"))

    assert (row["verdict"], row["reason"]) == ("withdrawn", "withdrawn by its submitter")


def test_keys_that_nobody_reads_are_reported():
    assert verdict(pitch(colour="blue"))["reason"] == "keys that nobody reads: 'colour'"


def test_an_installation_sets_its_own_rules(tmp_path: Path):
    settings = tmp_path / "settings.toml"
    nothing_set = SubmissionParams.read(settings)
    settings.write_text("[submissions]\ndays_ahead = 30\n[confidence]\nhalf_life_days = 30\n")
    strict = SubmissionParams.read(settings)
    row = judge(pitch(), NOTHING, Known(catalogue()), strict)
    settings.write_text("[submissions]\ndays_ahead = -1\n")

    assert (nothing_set, row["verdict"]) == (PARAMS, "late")
    with pytest.raises(InvalidArgumentError, match="days_ahead"):
        SubmissionParams.read(settings)


def test_the_key_of_the_submitter_is_in_no_verdict():
    assert KEY not in str(verdict(pitch(submitter_key=KEY)))
    assert verdict(pitch())["content_sha256"] == SOUND
    assert verdict(pitch())["received_at"].tzinfo == UTC
