"""How wide a recording is: what its two channels do not share, in four bands. Fed block by block while decoding.

Width is a choice of production: voices and basses stand in the middle, halls and doubled guitars at the sides.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

EDGES_HZ = (30.0, 250.0, 2000.0, 6000.0, 16_000.0)
# Mono: a thousandth of a per cent at the sides.
FLOOR = -5.0
_WINDOW = 8192
# Every fourth window says it as well: 15 ms for a minute at 44.1 kHz.
_STRIDE = 4 * _WINDOW


class StereoMeter:
    """Takes a recording block by block; ``width`` may be asked for at any time."""

    def __init__(self, rate_hz: int, n_channels: int) -> None:
        """Make a meter for samples at ``rate_hz``; of more than two channels the first two count."""
        hertz = np.fft.rfftfreq(_WINDOW, 1 / rate_hz)
        self._bands = np.searchsorted(hertz, EDGES_HZ)
        self._is_stereo = n_channels > 1
        self._middle = np.zeros(len(EDGES_HZ) - 1)
        self._side = np.zeros(len(EDGES_HZ) - 1)

    def feed(self, block: NDArray[np.float32]) -> None:
        """Take the next samples, shape (n, n_channels), finite; what is left over after whole windows is not looked at."""
        if not self._is_stereo or len(block) < _WINDOW:
            return
        from scipy.fft import rfft

        starts = np.arange(0, len(block) - _WINDOW + 1, _STRIDE)
        windows = np.stack([block[start : start + _WINDOW, :2] for start in starts])
        spectrum = rfft(windows * np.hanning(_WINDOW).astype(np.float32)[:, None], axis=1)
        self._middle += self._power(spectrum[..., 0] + spectrum[..., 1])
        self._side += self._power(spectrum[..., 0] - spectrum[..., 1])

    def _power(self, spectrum: NDArray[np.complexfloating]) -> NDArray[np.floating]:
        power = (np.square(spectrum.real) + np.square(spectrum.imag)).sum(axis=0)
        return np.array([power[low:high].sum() for low, high in pairwise(self._bands)])

    def width(self) -> tuple[float, ...]:
        """Return log10 of side over middle in each band, -5 (mono, or nothing in the band) to 5 (inverted)."""
        share = (self._side + 1e-9) / (self._middle + 1e-9)
        is_sounding = self._middle + self._side > 1e-6
        return tuple(np.where(is_sounding, np.clip(np.log10(share), FLOOR, -FLOOR), FLOOR).tolist())
