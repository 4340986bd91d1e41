"""Sound that follows from genre and place: what is planned can be heard, and the same seed gives the same bytes."""

import io

import numpy as np
import pytest

from recsys_assets.demo.catalogue import ACOUSTIC, LIVE, STUDIO
from recsys_assets.demo.genres import GENRES
from recsys_assets.demo.sound_genres import GENRE_SOUNDS, TRAITS
from recsys_assets.demo.sound_ogg import encode_ogg
from recsys_assets.demo.sound_patterns import BASS, CHORDS, DRUMS
from recsys_assets.demo.sound_render import render
from recsys_assets.demo.sound_score import chord_labels, lay_chords, write_score
from recsys_assets.demo.sound_traits import TrackSound, plan_sound
from recsys_assets.demo.sound_voices import SAMPLE_RATE_HZ
from recsys_assets.demo.world import World


@pytest.fixture(scope="module")
def plan(world: World) -> list[TrackSound]:
    return plan_sound(world.catalogue, seed=world.seed)


def test_every_genre_has_a_sound_of_known_patterns():
    assert set(GENRE_SOUNDS) == {genre.name for genre in GENRES}
    for sound in GENRE_SOUNDS.values():
        assert sound.drums in DRUMS
        assert sound.bass in BASS
        assert sound.chords in CHORDS
        assert len(sound.traits) == len(TRAITS)


def test_near_tracks_sound_alike_also_within_a_genre(world: World, plan: list[TrackSound]):
    # Live and acoustic versions are moved in sound as they are in space; songs alone show the content.
    songs = [row for row, it in enumerate(plan) if it.kind == STUDIO]
    traits = np.array([[*plan[row].traits.values(), *(gain / 10 for gain in plan[row].contour_db)] for row in songs])
    vectors = world.catalogue.track_vectors[songs].astype(float)
    genre, artist = world.catalogue.track_genre[songs], world.catalogue.track_artist[songs]
    a, b = np.triu_indices(len(songs), 1)
    place = (vectors[a] * vectors[b]).sum(axis=1)
    heard = -np.linalg.norm(traits[a] - traits[b], axis=1)
    for pairs in (artist[a] != artist[b], (genre[a] == genre[b]) & (artist[a] != artist[b])):
        assert np.corrcoef(place[pairs], heard[pairs])[0, 1] > 0.3


def test_versions_share_key_chords_and_melody_and_differ_in_sound(world: World, plan: list[TrackSound]):
    versions = [it for it in plan if it.kind != STUDIO]
    assert {it.kind for it in versions} == {LIVE, ACOUSTIC}
    for it in versions:
        song = plan[it.song]
        assert (it.key_pitch_class, it.is_major, it.degrees) == (song.key_pitch_class, song.is_major, song.degrees)
        if it.kind == ACOUSTIC:
            assert it.traits["drum"] == 0
            assert it.traits["drive"] <= song.traits["drive"]
        else:
            assert it.traits["reverb"] > song.traits["reverb"] or song.traits["reverb"] > 0.9
    live = next(it for it in versions if it.kind == LIVE)
    notes, of_song = write_score(live, seed=world.seed), write_score(plan[live.song], seed=world.seed)
    least = min(notes.lead.pitch.size, of_song.lead.pitch.size)
    assert least > 3

    def uneven(score, sound):
        """How far bass notes lie from the grid of quarters of a beat, as played straight."""
        beats = score.bass.start_s / sound.beat_s
        return np.std(beats * 4 - np.round(beats * 4)) * sound.beat_s / 4

    straight = [it for it in plan if it.swing == 0]
    loose = np.median([uneven(write_score(it, seed=1), it) for it in straight if it.kind == LIVE])
    tight = np.median([uneven(write_score(it, seed=1), it) for it in straight if it.kind == STUDIO][:60])
    assert loose > 3 * tight


def test_plans_stay_within_what_can_be_played(plan: list[TrackSound]):
    assert all(60 <= it.tempo_bpm <= 184 for it in plan)
    assert all(7.5 <= it.length_s <= 12.5 for it in plan)
    assert all(0 <= value <= 1 for it in plan for value in it.traits.values())
    assert {it.beats_per_bar for it in plan} == {3, 4}
    # No genre has one tempo or one mode, and not every track is in the same key.
    assert len({it.key_pitch_class for it in plan}) == 12
    for genre in {it.genre for it in plan}:
        assert np.std([it.tempo_bpm for it in plan if it.genre == genre]) > 2


def test_chords_are_laid_over_the_whole_excerpt_and_end_at_home(plan: list[TrackSound]):
    for it in plan[:100]:
        chords = lay_chords(it)
        assert chords[0].start_beat == 0
        assert chords[-1].end_beat == it.n_bars * it.beats_per_bar
        labels = chord_labels(it, chords)
        assert labels[0] == labels[-1]
        assert labels[0].endswith("maj" if it.is_major else "min")


def test_a_recording_is_heard_as_planned(plan: list[TrackSound]):
    librosa = pytest.importorskip("librosa")
    loud = sorted(
        (it for it in plan if it.genre in ("indie rock", "city pop") and it.kind == STUDIO), key=lambda x: x.row
    )
    hits = 0
    for it in loud[:5]:
        y = render(it, seed=11)
        assert y.dtype == np.float32
        assert 0.2 < np.abs(y).max() <= 0.96
        assert y.size / SAMPLE_RATE_HZ == pytest.approx(it.length_s + 0.7, abs=0.01)
        tempo = float(np.atleast_1d(librosa.feature.tempo(y=y, sr=SAMPLE_RATE_HZ))[0])
        hits += min(abs(tempo / it.tempo_bpm / octave - 1) for octave in (0.5, 1, 2)) < 0.04
    assert hits >= 4


def test_energy_is_loudness(plan: list[TrackSound]):
    songs = [it for it in plan if it.kind == STUDIO]
    calm, wild = (sorted(songs, key=lambda it: it.traits["energy"])[row] for row in (3, -4))
    assert np.std(render(wild, seed=11)) > 2 * np.std(render(calm, seed=11))


def test_the_same_seed_gives_the_same_bytes_and_the_file_is_sound(plan: list[TrackSound]):
    soundfile = pytest.importorskip("soundfile")
    y = render(plan[3], seed=11)
    assert np.array_equal(y, render(plan[3], seed=11))
    assert not np.array_equal(y, render(plan[3], seed=12))
    one, two = (encode_ogg(y, sample_rate_hz=SAMPLE_RATE_HZ, serial=3) for _ in range(2))
    assert one == two
    assert encode_ogg(y, sample_rate_hz=SAMPLE_RATE_HZ, serial=4) != one
    back, rate = soundfile.read(io.BytesIO(one))
    assert (rate, back.size) == (SAMPLE_RATE_HZ, y.size)
    assert np.corrcoef(back, y)[0, 1] > 0.9
