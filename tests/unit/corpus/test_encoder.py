"""The encoder on the model that is installed, and its cache without any."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from recsys_assets.core.errors import MissingInputError
from recsys_assets.corpus.encoder import Encoder, EncoderParams, find_model, open_encoder
from recsys_assets.corpus.encoder_cache import VectorCache

SENTENCES = [
    "The Parisian duo returns with a slow, dreamy record full of analogue synthesizers.",
    "Thunderous riffs and growled vocals make this the heaviest album of their career.",
    "A jazz quartet from Oslo.",
    "She sings.",
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder()


def test_vectors_are_near_to_those_of_the_plain_call(encoder: Encoder):
    plain = encoder._model.encode(SENTENCES)

    assert ((encoder.encode(SENTENCES) * plain).sum(axis=1) > 0.98).all()


def test_without_quantisation_vectors_are_those_of_the_plain_call(encoder: Encoder):
    exact = Encoder(EncoderParams(is_quantised=False))
    exact.__dict__["_model"] = encoder._model

    assert np.allclose(exact.encode(SENTENCES), encoder._model.encode(SENTENCES), atol=1e-5)


def test_a_vector_depends_on_its_sentence_alone(encoder: Encoder):
    together = encoder.encode(SENTENCES)

    assert np.allclose(encoder.encode(SENTENCES[::-1])[::-1], together, atol=1e-5)
    assert np.allclose(encoder.encode(SENTENCES[:1]), together[:1], atol=1e-5)


def test_odd_texts_have_vectors_and_empty_ones_zeros(encoder: Encoder):
    found = encoder.encode(["", " \n", "\ud800", "\x00", "слово " * 5_000, "x"])

    assert np.linalg.norm(found, axis=1)[[0, 1, 4, 5]] == pytest.approx([0, 0, 1, 1], abs=1e-4)
    assert np.isfinite(found).all()


def test_what_is_in_the_cache_is_not_computed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked = open_encoder(EncoderParams(), tmp_path / "state")
    known = {text: np.full(3, n, dtype=np.float32) for n, text in enumerate(SENTENCES)}
    asked.cache.write(asked.name, known)
    monkeypatch.setattr(Encoder, "_batches", lambda *_args: pytest.fail("it was computed again"))
    told: list[tuple[int, int]] = []

    found = asked.encode([SENTENCES[2], SENTENCES[0]], progress=lambda done, of: told.append((done, of)))

    assert found[:, 0].tolist() == [2, 0]
    assert told == [(2, 2)]


def test_a_model_that_is_not_here_is_told_and_not_fetched():
    with pytest.raises(MissingInputError, match="nothing is fetched"):
        find_model("no-such-encoder/of-anybody")


def test_vectors_of_another_encoder_are_not_given(tmp_path: Path):
    cache = VectorCache(tmp_path / "v.sqlite")
    cache.write("one", {"text": np.ones(2, np.float32)})

    assert cache.read("other", ["text"]) == {}
    assert cache.read("one", ["text", "unknown"])["text"].tolist() == [1, 1]


def test_the_oldest_go_first(tmp_path: Path):
    cache = VectorCache(tmp_path / "v.sqlite")
    for n in range(5):
        cache.write("e", {str(n): np.ones(2, np.float32)})
    cache.shrink(2)

    assert sorted(cache.read("e", [str(n) for n in range(5)])) == ["3", "4"]


def test_a_broken_cache_is_put_away_and_begun_anew(tmp_path: Path):
    path = tmp_path / "v.sqlite"
    path.write_bytes(b"no database " * 1_000)
    cache = VectorCache(path)

    assert cache.read("e", ["a"]) == {}
    cache.write("e", {"a": np.ones(2, np.float32)})
    assert list(cache.read("e", ["a"])) == ["a"]
    assert path.with_suffix(".broken").exists()


def test_a_kill_keeps_what_was_written(tmp_path: Path):
    path = tmp_path / "v.sqlite"
    code = f"""
import os, signal, pathlib, numpy as np
from recsys_assets.corpus.encoder_cache import VectorCache
cache = VectorCache(pathlib.Path({str(path)!r}))
cache.write("e", {{"before": np.ones(2, np.float32)}})
with cache._open() as database:
    database.execute("insert into vectors (key, vector) values (x'00', x'00')")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[3])

    assert list(VectorCache(path).read("e", ["before"])) == ["before"]
    with sqlite3.connect(path) as database:
        assert database.execute("select count(*) from vectors").fetchone() == (1,)
    database.close()
