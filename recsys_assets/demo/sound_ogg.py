"""Samples to an Ogg Vorbis file whose bytes are the same whenever they are written.

Belongs here: encoding by libsndfile and the one thing that it draws by chance, the serial number of the stream, which
is set to a given one in every page (RFC 3533, 6) so that the hash of a recording is that of its content.
"""

import io
import zlib

import numpy as np

BLOCK_SAMPLES = 16_384
"""Written at once. libsndfile's Vorbis writer keeps a whole write on its stack: a single one of some minutes overruns it."""

_HEADER = 27
_SERIAL, _CHECKSUM = slice(14, 18), slice(22, 26)
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def encode_ogg(samples: np.ndarray, *, sample_rate_hz: int, serial: int) -> bytes:
    """Encode mono samples in [-1, 1] as Vorbis of middling quality (about 50 kbit/s at 22,050 Hz).

    Args:
        samples: float32 (n,).
        sample_rate_hz: of the samples.
        serial: of the stream, 0 … 2^32 - 1.
    """
    import soundfile

    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", sample_rate_hz, 1, format="OGG", subtype="VORBIS") as file:
        for low in range(0, samples.size, BLOCK_SAMPLES):
            file.write(samples[low : low + BLOCK_SAMPLES])
    return _with_serial(buffer.getvalue(), serial)


def _with_serial(stream: bytes, serial: int) -> bytes:
    """Give every page of a stream the serial number, and its checksum anew."""
    out = bytearray(stream)
    low = 0
    while low < len(out):
        n_segments = out[low + _HEADER - 1]
        high = low + _HEADER + n_segments + sum(out[low + _HEADER : low + _HEADER + n_segments])
        page = out[low:high]
        page[_SERIAL] = serial.to_bytes(4, "little")
        page[_CHECKSUM] = bytes(4)
        page[_CHECKSUM] = _checksum(bytes(page)).to_bytes(4, "little")
        out[low:high] = page
        low = high
    return bytes(out)


def _checksum(page: bytes) -> int:
    """The CRC of Ogg: zlib's polynomial with the bits the other way round, begun at 0 and not inverted."""
    mirrored = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
