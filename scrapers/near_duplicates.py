"""Which texts are nearly the same: MinHash signatures (Broder 1997) and the bands by which a similar one is found."""

import re
from collections.abc import Iterator

import numpy as np

N_HASHES = 128
# 32 bands of 4: two texts that share 70 % of their shingles meet in a band with a probability of .9998, 30 % with .23;
# who meets is compared by the whole signature.
N_BANDS = 32
_ROWS = N_HASHES // N_BANDS
# Reprints with another lead, another headline or a few words changed are above it; two reviews of one record lie below .1.
MIN_SIMILARITY = 0.7
_SHINGLE = 4
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|\w+")
_SCHEME = "affine32"


def signature(text: str) -> bytes:
    """Return the signature of a text over its shingles of four words (of Chinese and Japanese, characters): 512 bytes."""
    # Brings all of SciPy along, which a crawl that finds nothing new does not need.
    from datasketch import MinHash

    tokens = _TOKEN.findall(text.casefold())
    shingles = {" ".join(tokens[at : at + _SHINGLE]).encode() for at in range(max(1, len(tokens) - _SHINGLE + 1))}
    sketch = MinHash(num_perm=N_HASHES, seed=1, scheme=_SCHEME)
    sketch.update_batch(sorted(shingles))
    return np.asarray(sketch.hashvalues, dtype="<u4").tobytes()


def bands(of: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the key of each band of a signature."""
    width = _ROWS * 4
    for band in range(N_BANDS):
        yield band, of[band * width : (band + 1) * width]


def similarity(one: bytes, other: bytes) -> float:
    """Estimate the Jaccard similarity of two texts, 0 to 1, with a standard error of at most .044."""
    return float(np.mean(np.frombuffer(one, dtype="<u4") == np.frombuffer(other, dtype="<u4")))
