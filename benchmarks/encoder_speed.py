"""How fast sentences become vectors beside the plain call of sentence-transformers, and how near to its vectors.

    python -m benchmarks.encoder_speed data/bios --sentences 400

Both read the same different sentences of a folder of texts in one process, in turns, warmed up, without a cache; the best of the
turns counts, by the processor and by the clock. ``repeated`` is what the cache makes of the same sentences asked again. The exit
code does not depend on speed.
"""

import argparse
import itertools
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from recsys_assets.corpus.encoder import Encoder, EncoderParams, VectorCache, find_model
from recsys_assets.corpus.similar_texts import plain_text

AIM_RATIO, AIM_COSINE = 2.0, 0.99
SHORTEST, LONGEST = 60, 1_000


def read_sentences(folder: Path, n: int) -> list[str]:
    """Return the first different long sentences of texts that lie evenly over the folder."""
    paths = sorted(folder.glob("*.txt"))
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in paths[:: max(1, 8 * len(paths) // n)])
    sentences = (part for text in texts for part in re.split(r"(?<=[.!?])\s+", plain_text(text)))
    long = (sentence for sentence in sentences if SHORTEST <= len(sentence) <= LONGEST)
    return list(itertools.islice(dict.fromkeys(long), n))


def timed(call: Callable[[], np.ndarray]) -> tuple[np.ndarray, float, float]:
    """Return what a call gives, its processor seconds and its seconds."""
    processor, clock = time.process_time(), time.perf_counter()
    found = call()
    return found, time.process_time() - processor, time.perf_counter() - clock


def compare(sentences: list[str], turns: int) -> dict[str, float]:
    """Time both in turns."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    from sentence_transformers import SentenceTransformer

    plain, ours = SentenceTransformer(str(find_model(EncoderParams().model)), device="cpu"), Encoder()
    calls = {"plain": lambda: plain.encode(sentences), "ours": lambda: ours.encode(sentences)}
    plain.encode(sentences[:16])
    ours.encode(sentences[:16])
    vectors, best = {}, dict.fromkeys(calls, (np.inf, np.inf))
    for _ in range(turns):
        for name, call in calls.items():
            vectors[name], processor, clock = timed(call)
            best[name] = (min(best[name][0], processor), min(best[name][1], clock))
    cosine = (vectors["plain"] * vectors["ours"]).sum(axis=1)
    with tempfile.TemporaryDirectory() as folder:
        cached = Encoder(cache=VectorCache(Path(folder) / "vectors.sqlite"))
        cached.encode(sentences)
        repeated = timed(lambda: cached.encode(sentences))[2]
    return {
        "sentences": len(sentences),
        "mean_characters": float(np.mean([len(sentence) for sentence in sentences])),
        **{f"{name}_cpu_seconds": seconds[0] for name, seconds in best.items()},
        **{f"{name}_seconds": seconds[1] for name, seconds in best.items()},
        "ratio_cpu": best["plain"][0] / best["ours"][0],
        "ratio": best["plain"][1] / best["ours"][1],
        "least_cosine": float(cosine.min()),
        "mean_cosine": float(cosine.mean()),
        "repeated_seconds": repeated,
    }


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sentences", type=int, default=400)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    sentences = read_sentences(arguments.folder, arguments.sentences) if arguments.folder.is_dir() else []
    if not sentences:
        print(f"{arguments.folder}: expected a folder of .txt files with long sentences", file=sys.stderr)
        return 2
    found = compare(sentences, arguments.turns)
    print(
        f"{found['sentences']} sentences of {found['mean_characters']:.0f} characters, best of {arguments.turns} turns"
    )
    for name in ("plain", "ours"):
        per_second = found["sentences"] / found[f"{name}_seconds"]
        print(f"{name:6s} {found[f'{name}_cpu_seconds']:6.2f} s of processor, {per_second:6.1f} sentences a second")
    print(
        f"ratio  {found['ratio_cpu']:6.2f} x by the processor, {found['ratio']:.2f} x by the clock (aim: {AIM_RATIO})"
    )
    print(f"cosine {found['least_cosine']:6.4f} at least, {found['mean_cosine']:.4f} in the mean (aim: {AIM_COSINE})")
    print(f"again  {found['repeated_seconds']:6.3f} s for the same sentences from the cache")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
