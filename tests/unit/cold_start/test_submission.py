"""What a submitter may say, and every way of saying it wrongly that has one clear answer."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from pitches import said

from recsys_assets.cold_start.ddex import parse_message
from recsys_assets.cold_start.submission import Credit, Submission, parse_submission, plain_isrc, read_names
from recsys_assets.core.errors import SourceRejectedError


def read(**other: Any) -> Submission:
    return parse_submission(json.dumps(said(**other)).encode(), "sub_1")


def refusal(data: bytes, parse: Callable[[bytes], Submission] = lambda data: parse_submission(data, "sub_1")) -> str:
    with pytest.raises(SourceRejectedError) as caught:
        parse(data)
    message = str(caught.value)
    assert message.isprintable(), "one line, without what commands a terminal"
    assert len(message) < 500
    return message


def test_everything_that_may_be_said_is_read():
    found = read(
        artists=["Ann", {"name": "Bob", "artist_id": "a2"}],
        genres=["folk", " folk ", ""],
        moods=["calm"],
        isrc="qz-abc-26-00001",
        submitter_key="k",
        text="Two\nlines",
        is_explicit=True,
        track_id="t/9",
        replaces="sub_0",
        recording="a/song.wav",
        submission_id="sub_1",
        colour="blue",
    )

    assert found == Submission(
        title="Rain", artists=(Credit("Ann"), Credit("Bob", "a2")), released_on=date(2026, 4, 3), track_id="t/9",
        genres=("folk",), moods=("calm",), isrc="QZABC2600001", label="Small Records", submitter_key="k",
        text="Two\nlines", is_explicit=True, replaces="sub_0", recording="a/song.wav", unknown=("'colour'",),
    )  # fmt: skip
    assert "the key" not in repr(read(submitter_key="the key"))


def test_a_withdrawal_may_leave_out_all_else_and_be_wrong_about_it():
    assert parse_submission(b'{"is_withdrawn": true}', "sub_1").is_withdrawn
    assert read(is_withdrawn=True, release_date="soon", isrc=7).is_withdrawn


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"title": None}, "title is missing"),
        ({"title": "  "}, "title is missing"),
        ({"title": 7}, "title is a number, expected text"),
        ({"title": "x" * 1001}, "title has 1,001 characters"),
        ({"title": "a\x1b[31mb"}, "title holds control characters"),
        ({"title": "\ud800"}, "title holds control characters"),
        ({"text": "a\x00"}, "text holds control characters"),
        ({"artists": []}, "artists is '[]', expected a list"),
        ({"artists": "Ann"}, "artists is 'Ann', expected a list"),
        ({"artists": ["Ann"] * 51}, "expected a list of 1 to 50"),
        ({"artists": [7]}, "artists holds a number"),
        ({"artists": [{}]}, "an entry without a name"),
        ({"release_date": None}, "release_date is missing"),
        ({"release_date": "soon"}, "release_date is 'soon', expected a day as YYYY-MM-DD"),
        ({"release_date": "2026-02-30"}, "expected a day"),
        ({"release_date": "2026-W14-5"}, "expected a day"),
        ({"release_date": "2026-04"}, "expected a day"),
        ({"release_date": 20260403}, "expected a day"),
        ({"release_date": "0001-01-01"}, "expected a day"),
        ({"isrc": "QZABC26000"}, "isrc is 'QZABC26000', expected 12 letters and digits"),
        ({"isrc": "QZABC260000\uff11"}, "expected 12 letters"),
        ({"track_id": "../../etc/passwd"}, "which is a path"),
        ({"track_id": "/etc/passwd"}, "which is a path"),
        ({"track_id": "C:\\x"}, "which is a path"),
        ({"track_id": "submission:sub_2"}, "begins with submission:"),
        ({"replaces": "../sub_2"}, "expected the id of a submission and no path"),
        ({"submission_id": "../sub_1"}, "an id is a folder's name and no path"),
        ({"submission_id": "sub_2"}, "but its folder is sub_1"),
        ({"submission_id": {}}, "but its folder is sub_1"),
        ({"recording": "../sub_2/song.wav"}, "leads out of the folder"),
        ({"recording": "/etc/passwd"}, "leads out of the folder"),
        ({"recording": "a\\b.wav"}, "leads out of the folder"),
        ({"genres": "folk"}, "genres is text, expected a list"),
        ({"genres": ["x"] * 51}, "genres has 51 entries"),
        ({"moods": [["x"]]}, "moods is a list, expected text"),
        ({"is_explicit": "yes"}, "is_explicit is text, expected true or false"),
        ({"is_withdrawn": 1}, "is_withdrawn is a number, expected true or false"),
    ],
)
def test_a_wrong_value_is_told_in_one_line(other: dict[str, Any], told: str):
    assert told in refusal(json.dumps(said(**other)).encode())


def test_faults_are_told_together_and_not_without_end():
    everything = refusal(json.dumps(said(title=1, isrc="x", label=2, text=3, release_date="x")).encode())

    assert everything.count(";") == 3
    assert everything.endswith("and 2 more faults")
    assert refusal(b"{}") == "title is missing; artists is missing; release_date is missing"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON at line 1"),
        (b"null", "holds nothing, expected one object"),
        (b"[]", "holds a list"),
        (b'{"title": NaN}', "NaN is not a value of JSON"),
        (b'{"title": "a", "title": "b"}', "the key 'title' stands twice"),
        (b'{"title": ' + b"9" * 5000 + b"}", "is not JSON"),
        (b'{"title": "\xff"}', "is not UTF-8"),
        (b'{"title": "' + b"x" * 300_000 + b'"}', "more than 256 kB"),
        (b"[" * 1000 + b"]" * 1000, "nested deeper than 10 levels"),
        (b'{"a":' * 60_000, "more than 256 kB"),
        (b'{"a":' * 40_000, "nested deeper"),
        (b'{"a": "' + b'\\"[' * 20_000, "is not JSON"),
    ],
)
def test_json_that_is_none_or_too_much_is_refused(data: bytes, told: str):
    assert told in refusal(data)


def test_brackets_in_text_are_no_levels():
    assert read(text="[" * 50).text == "[" * 50
    assert read(text='"' + "[" * 50).text == '"' + "[" * 50


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("QZ-ABC-26-00001", "QZABC2600001"),
        ("gbaye6800011", "GBAYE6800011"),
        ("GB AYE 68 00011", "GBAYE6800011"),
        ("", None),
    ],
)
def test_an_isrc_is_read_with_and_without_hyphens(text: str, code: str | None):
    assert plain_isrc(text) == code


ERN_43 = """<?xml version="1.0" encoding="UTF-8"?>
<ern:NewReleaseMessage xmlns:ern="http://ddex.net/xml/ern/43" AvsVersionId="5" LanguageAndScriptCode="en">
  <MessageHeader><MessageId>1</MessageId><MessageSender><PartyId>PADPIDA1</PartyId></MessageSender></MessageHeader>
  <PartyList>
    <Party><PartyReference>P1</PartyReference><PartyName><FullName>Ann</FullName></PartyName></Party>
    <Party><PartyReference>P2</PartyReference><PartyName><FullName>Bob</FullName></PartyName></Party>
    <Party><PartyReference>P3</PartyReference><PartyName><FullName>Small Records</FullName></PartyName></Party>
  </PartyList>
  <ResourceList>
    <SoundRecording>
      <ResourceReference>A1</ResourceReference><Type>MusicalWorkSoundRecording</Type>
      <SoundRecordingEdition>
        <ResourceId><ISRC>QZABC2600001</ISRC></ResourceId>
        <TechnicalDetails><DeliveryFile><File><URI>resources/my%20song.wav</URI></File></DeliveryFile></TechnicalDetails>
      </SoundRecordingEdition>
      <DisplayTitleText>Rain (Live)</DisplayTitleText>
      <DisplayTitle><TitleText>Rain</TitleText></DisplayTitle>
      <DisplayArtistName>Ann feat. Bob</DisplayArtistName>
      <DisplayArtist SequenceNumber="2"><ArtistPartyReference>P2</ArtistPartyReference>
        <DisplayArtistRole>FeaturedArtist</DisplayArtistRole></DisplayArtist>
      <DisplayArtist SequenceNumber="1"><ArtistPartyReference>P1</ArtistPartyReference>
        <DisplayArtistRole>MainArtist</DisplayArtistRole></DisplayArtist>
      <ParentalWarningType>NotExplicit</ParentalWarningType>
    </SoundRecording>
    <Image><ResourceReference>A2</ResourceReference></Image>
  </ResourceList>
  <ReleaseList>
    <Release><ReleaseReference>R0</ReleaseReference><ReleaseType>Single</ReleaseType>
      <DisplayTitleText>Rain, the single</DisplayTitleText>
      <ReleaseLabelReference>P3</ReleaseLabelReference>
      <Genre><GenreText>Folk</GenreText></Genre>
      <OriginalReleaseDate>2001-01-01</OriginalReleaseDate><ReleaseDate>2026-04-03</ReleaseDate>
    </Release>
    <TrackRelease><ReleaseReference>R1</ReleaseReference><Genre><GenreText>Folk</GenreText></Genre></TrackRelease>
  </ReleaseList>
  <DealList><ReleaseDeal><Deal><DealTerms>
    <ValidityPeriod><StartDate>2026-04-03</StartDate></ValidityPeriod></DealTerms></Deal></ReleaseDeal></DealList>
</ern:NewReleaseMessage>"""
ERN_382 = """<?xml version="1.0" encoding="UTF-8"?>
<NewReleaseMessage xmlns="http://ddex.net/xml/ern/382" MessageSchemaVersionId="ern/382">
  <ResourceList>
    <SoundRecording>
      <SoundRecordingId><ISRC>QZABC2600001</ISRC></SoundRecordingId>
      <ReferenceTitle><TitleText>Rain</TitleText></ReferenceTitle>
      <SoundRecordingDetailsByTerritory><TerritoryCode>Worldwide</TerritoryCode>
        <DisplayArtist SequenceNumber="1"><PartyName><FullName>Ann</FullName></PartyName>
          <ArtistRole>MainArtist</ArtistRole></DisplayArtist>
        <DisplayArtist SequenceNumber="2"><PartyName><FullName>Bob</FullName></PartyName>
          <ArtistRole>FeaturedArtist</ArtistRole></DisplayArtist>
        <LabelName>Small Records</LabelName><Genre><GenreText>Folk</GenreText></Genre>
        <ParentalWarningType>NotExplicit</ParentalWarningType>
        <TechnicalSoundRecordingDetails><File><FilePath>resources/</FilePath><FileName>my song.wav</FileName></File>
        </TechnicalSoundRecordingDetails>
      </SoundRecordingDetailsByTerritory>
    </SoundRecording>
  </ResourceList>
  <ReleaseList>
    <Release><ReferenceTitle><TitleText>Rain, the single</TitleText></ReferenceTitle>
      <ReleaseDetailsByTerritory><LabelName>Small Records</LabelName><ReleaseDate>2026-04-03</ReleaseDate>
      </ReleaseDetailsByTerritory><GlobalReleaseDate>2026-04-03</GlobalReleaseDate></Release>
  </ReleaseList>
  <DealList><ReleaseDeal><Deal><DealTerms><ValidityPeriod><StartDate>2026-04-03</StartDate></ValidityPeriod>
  </DealTerms></Deal></ReleaseDeal></DealList>
</NewReleaseMessage>"""
ERN_41 = (
    ERN_43.replace("ern/43", "ern/41")
    .replace("<SoundRecordingEdition>", "").replace("</SoundRecordingEdition>", "")
    .replace("<ResourceId>", "<SoundRecordingId>").replace("</ResourceId>", "</SoundRecordingId>")
    .replace("<DeliveryFile>", "").replace("</DeliveryFile>", "")
)  # fmt: skip
FROM_DDEX = Submission(
    title="Rain", artists=(Credit("Ann"), Credit("Bob")), released_on=date(2026, 4, 3), genres=("Folk",),
    isrc="QZABC2600001", label="Small Records", is_explicit=False, recording="resources/my song.wav",
)  # fmt: skip


@pytest.mark.parametrize("message", [ERN_43, ERN_41, ERN_382], ids=["4.3", "4.1", "3.8.2"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_release_message_is_the_same_submission_in_every_version(message: str, encoding: str):
    assert parse_message(message.replace("UTF-8", encoding).encode(encoding)) == FROM_DDEX


def test_the_whole_credit_is_one_artist_where_no_parties_are_named():
    bare = ERN_43[: ERN_43.index("<DisplayArtist Seq")] + ERN_43[ERN_43.index("<ParentalWarningType>") :]

    assert parse_message(bare.encode()).artists == (Credit("Ann feat. Bob"),)


PRE_ORDER = (
    "<IsPreOrderDeal>true</IsPreOrderDeal><ValidityPeriod><StartDateTime>2026-03-20T00:00:00"
    "</StartDateTime></ValidityPeriod></DealTerms></Deal><Deal><DealTerms>"
)
RELATED = (
    "<RelatedRelease><ReleaseId><ISRC>QZABC2600009</ISRC></ReleaseId><DisplayTitle><TitleText>The album</TitleText>"
    "</DisplayTitle><ReleaseDate>2026-05-29</ReleaseDate></RelatedRelease>"
)


@pytest.mark.parametrize("message", [ERN_43, ERN_382], ids=["4.3", "3.8.2"])
@pytest.mark.parametrize(
    ("before", "inserted"),
    [
        ("<DealTerms>", PRE_ORDER),
        ("<Release>", "<RelatedRelease><GlobalReleaseDate>2026-05-29</GlobalReleaseDate></RelatedRelease>"),
        ("<Release>", RELATED),
        ("<SoundRecording>", RELATED),
        ("</ReleaseList>", "<Release><ReleaseDate>2026-05-29</ReleaseDate></Release>"),
        ("</SoundRecording>", "<FirstPublicationDate><ReleaseDate>2025-01-01</ReleaseDate></FirstPublicationDate>"),
    ],
)
def test_days_of_pre_orders_and_of_other_releases_contradict_nothing(message: str, before: str, inserted: str):
    whole = message.replace(before, inserted + before if before.startswith("</") else before + inserted, 1)

    assert whole != message
    assert parse_message(whole.encode()) == FROM_DDEX


def test_a_track_release_of_another_day_contradicts_its_release():
    earlier = ERN_43.replace("<TrackRelease>", "<TrackRelease><ReleaseDate>2026-04-01</ReleaseDate>")

    assert "2 release dates (2026-04-01, 2026-04-03)" in refusal(earlier.encode(), parse_message)


def test_a_deal_that_says_that_it_is_no_pre_order_counts():
    early = ERN_43.replace("<DealTerms>", "<DealTerms>" + PRE_ORDER.replace(">true<", ">false<"))

    assert "2 release dates (2026-03-20, 2026-04-03)" in refusal(early.encode(), parse_message)


def test_of_thousands_of_parties_the_credited_are_read_and_too_many_are_refused():
    parties = "".join(
        f"<Party><PartyReference>Q{n}</PartyReference><PartyName><FullName>N{n}</FullName></PartyName></Party>"
        for n in range(4_000)
    )
    artist = "<DisplayArtist><ArtistPartyReference>{}</ArtistPartyReference></DisplayArtist>"
    many = ERN_43.replace("</PartyList>", parties + "</PartyList>").replace(
        "<DisplayArtist Seq", "".join(artist.format(f"Q{n}") for n in range(400)) + "<DisplayArtist Seq", 1
    )
    repeated = ERN_43.replace("</PartyList>", parties + "</PartyList>").replace(
        "<ParentalWarningType>", artist.format("P1") * 400 + "<ParentalWarningType>", 1
    )

    assert "expected a list of 1 to 50" in refusal(many.encode(), parse_message)
    assert parse_message(repeated.encode()) == FROM_DDEX


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    "]><NewReleaseMessage>&b;</NewReleaseMessage>"
)
FILE_ENTITY = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><NewReleaseMessage>&f;</NewReleaseMessage>'


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (BOMB, "declares a document type or entities"),
        (FILE_ENTITY, "declares a document type or entities"),
        ("<!DOCTYPE x><NewReleaseMessage/>", "declares a document type or entities"),
        ("<NewReleaseMessage>&unknown;</NewReleaseMessage>", "is not XML"),
        ("", "is not XML"),
        ("<a", "is not XML"),
        ('<?xml version="1.0" encoding="klingon"?><a/>', "is not XML"),
        ("<html/>", "the message is html, expected a DDEX NewReleaseMessage"),
        ("<NewReleaseMessage/>", "about 0 recordings, expected one"),
        (ERN_43.replace("<Image>", "<SoundRecording/><Image>"), "about 2 recordings, expected one"),
        ("<a>" * 1000 + "</a>" * 1000, "more than 40 levels"),
        ("<NewReleaseMessage>" + "<a/>" * 30_000 + "</NewReleaseMessage>", "20,000 elements"),
        ("<a>" + "x" * 1_100_000 + "</a>", "more than 1024 kB"),
        (ERN_43.replace("<StartDate>2026-04-03", "<StartDate>2026-04-01"), "2 release dates (2026-04-01, 2026-04-03)"),
        (ERN_382.replace("<ReleaseDate>2026-04-03", "<ReleaseDate>2026-05-01"), "2 release dates"),
        (ERN_43.replace("2026-04-03", "tomorrow"), "release_date is 'tomorrow', expected a day"),
        (ERN_43.replace("resources/my%20song.wav", "../../etc/passwd"), "leads out of the folder"),
        (ERN_43.replace("resources/my%20song.wav", "%2e%2e/%2e%2e/x.wav"), "leads out of the folder"),
        (ERN_43.replace("resources/my%20song.wav", "file:///etc/passwd"), "leads out of the folder"),
        (ERN_382.replace("resources/", "../../"), "leads out of the folder"),
        (ERN_43.replace(">QZABC2600001<", ">no code<"), "isrc is 'no code'"),
    ],
)
def test_a_message_that_is_none_unsafe_or_contradicts_itself(message: str, told: str):
    assert told in refusal(message.encode(), parse_message)


def test_what_it_is_called_is_read_whatever_else_is_wrong():
    broken = json.dumps(said(isrc="no", release_date="soon", artists=["Ann", 7], track_id="t9")).encode()

    assert read_names(broken) == Submission("Rain", (Credit("Ann"),))
    assert read_names(json.dumps(said(genres="folk")).encode()).released_on == date(2026, 4, 3)
    for nothing in (b"", b"[]", b"{", b"x" * 300_000):
        assert read_names(nothing) == Submission()
