"""What each frame of a recording is like: level, spectral shape, change. The series that descriptors summarise.

Everything is read from the shared ``Spectra``; one pass over the magnitudes, the rest over 64 mel bands.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from recsys_assets.audio.transform import Array, Spectra

N_MFCC = 20
# Octaves from 200 Hz up, below them one band (Jiang et al., ICME 2002): seven bands.
CONTRAST_EDGES_HZ = (0.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0, np.inf)
# Share of a band's bins that are its peaks, and as many its valleys.
CONTRAST_QUANTILE = 0.02
# Contrast is a slow property: every fourth frame says it as well, in a quarter of the time.
CONTRAST_STRIDE = 4
# Mel bands are taken together eight by eight for what changes in them.
BANDS = 8
FLOOR_DB = -80.0
# A Hann-windowed frame of power 1 has three times that in its one-sided squared magnitudes (see ``Spectra.magnitude``).
_POWER_OF_MAGNITUDES = 3.0


@dataclass(frozen=True)
class Frames:
    """Series over the frames of ``spectra``, each computed when first asked for."""

    spectra: Spectra

    @cached_property
    def power(self) -> Array:
        """Mean square of each frame, (n_frames,); full-scale sine .5."""
        magnitude = self.spectra.magnitude
        return np.einsum("bf,bf->f", magnitude, magnitude) / np.float32(_POWER_OF_MAGNITUDES)

    @cached_property
    def level_db(self) -> Array:
        """RMS of each frame in decibels of full scale, at least -100."""
        # The floor comes last: on some processors the logarithm of 1e-10 is -100.00001 and not -100.
        return np.maximum(10 * np.log10(np.maximum(self.power, 1e-10)), -100)

    @cached_property
    def is_sounding(self) -> np.ndarray:
        """Whether a frame is no silence: above -60 dB of full scale."""
        return self.level_db > -60

    @cached_property
    def mel_db(self) -> Array:
        """Mel bands in decibels below the loudest, at least -80; all -80 for silence. (n_mels, n_frames)."""
        mel = self.spectra.mel
        top = mel.max(initial=0.0)
        if top <= 0:
            return np.full_like(mel, FLOOR_DB)
        return 10 * np.log10(np.maximum(mel / top, np.float32(10 ** (FLOOR_DB / 10))))

    @cached_property
    def mfcc(self) -> Array:
        """First cepstral coefficients of the mel bands, (N_MFCC, n_frames): type-II cosine transform, orthonormal."""
        from scipy.fft import dct

        return dct(self.mel_db, axis=0, norm="ortho")[:N_MFCC]

    @cached_property
    def shape(self) -> Array:
        """Centroid and bandwidth in Hz, (2, n_frames): moments of the magnitudes; 0 for silence."""
        magnitude, hertz = self.spectra.magnitude, self.spectra.frequencies_hz
        total, first, second = np.stack([np.ones_like(hertz), hertz, np.square(hertz)]) @ magnitude
        total = np.where(total > 1e-6, total, np.inf)
        centroid = first / total
        return np.stack([centroid, np.sqrt(np.maximum(second / total - np.square(centroid), 0))])

    @cached_property
    def rolloff_band(self) -> Array:
        """The mel band below which 85 % of the power lies, as a share of all bands, (n_frames,)."""
        bandwidth = _mel_widths(self.spectra)
        summed = np.cumsum(self.spectra.mel * bandwidth[:, None], axis=0)
        return np.argmax(summed >= 0.85 * summed[-1], axis=0) / len(bandwidth)

    @cached_property
    def flatness(self) -> Array:
        """How noise-like: geometric over arithmetic mean of the mel bands, 0 (tone) to 1 (noise), (n_frames,)."""
        mel = np.maximum(self.spectra.mel, 1e-10)
        return np.exp(np.log(mel).mean(axis=0)) / mel.mean(axis=0)

    @cached_property
    def contrast_db(self) -> Array:
        """Peaks over valleys in each octave, dB, (7, n_frames / 4)."""
        hertz = self.spectra.frequencies_hz
        magnitude = self.spectra.magnitude[:, ::CONTRAST_STRIDE]
        rows = []
        for low, high in pairwise(CONTRAST_EDGES_HZ):
            band = magnitude[(hertz >= low) & (hertz < high)]
            count = max(round(CONTRAST_QUANTILE * len(band)), 1)
            ordered = np.partition(band, (count - 1, len(band) - count), axis=0)
            peak, valley = ordered[-count:].mean(axis=0), ordered[:count].mean(axis=0)
            rows.append(20 * np.log10(np.maximum(peak, 1e-6) / np.maximum(valley, 1e-6)))
        return np.stack(rows)

    @cached_property
    def rise(self) -> Array:
        """How much each band of mel bands grew since the frame before, dB, (BANDS, n_frames): onsets."""
        grown = np.maximum(np.diff(self.mel_db, axis=1, prepend=self.mel_db[:, :1]), 0)
        return grown.reshape(BANDS, -1, grown.shape[1]).mean(axis=1)

    @cached_property
    def onset(self) -> Array:
        """Onset strength: mean rise over all bands, dB, (n_frames,)."""
        return self.rise.mean(axis=0)

    @cached_property
    def percussive_share(self) -> float:
        """Share of sound that is short and wide rather than long and narrow, 0 to 1.

        Median filtering in time and in frequency (FitzGerald, DAFx 2010) at 46 ms and 64 bands: a twentieth of the time that the
        full spectrogram takes.
        """
        from scipy.ndimage import median_filter

        mel = np.sqrt(self.spectra.mel)
        pairs = mel[:, : mel.shape[1] // 2 * 2].reshape(len(mel), -1, 2).mean(axis=2) if mel.shape[1] > 1 else mel
        lasting, wide = median_filter(pairs, (1, 9)), median_filter(pairs, (9, 1))
        power = np.square(pairs)
        lasting, wide = np.square(lasting), np.square(wide)
        share = wide / np.maximum(wide + lasting, 1e-12)
        return float((share * power).sum() / max(power.sum(), 1e-12))


def _mel_widths(spectra: Spectra) -> Array:
    """Width of each mel band, relative: the filters have unit area, so wide ones are low."""
    from recsys_assets.audio.transform import mel_bank

    bank = mel_bank(spectra.sample_rate_hz, spectra.params.n_fft, spectra.params.n_mels)
    return 1 / np.maximum(bank.max(axis=1), 1e-12)
