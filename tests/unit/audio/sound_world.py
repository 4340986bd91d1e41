"""A planted world of sound: places that show in textures, some of it only in how fast a texture moves."""

import numpy as np

from recsys_assets.audio.sound_model import SoundModelParams
from recsys_assets.audio.sound_network import SoundNetworkParams

SMALL = SoundModelParams(
    n_folds=2,
    k=10,
    network=SoundNetworkParams(
        patch_frames=48, widths=(16, 16, 24), dense=32, dropout=0.1, mixup=0, batch=16, epochs=24, patches_per_track=3
    ),
)


def sound_world(n_tracks: int = 240, n_artists: int = 80, d: int = 6, n_frames: int = 120, *, seed: int = 0):
    """Stored log-mels, descriptors (means and spreads of 16 bands), places (n_tracks, d), credited artists.

    The first two dimensions of a place decide the spectrum; the next two how fast and how deep it pulses, of which bands'
    means and spreads show the depth alone; the last two are not heard.
    """
    rng = np.random.default_rng(seed)
    artists = rng.integers(0, n_artists, n_tracks)
    places = rng.normal(0, 0.8, (n_artists, d))[artists] + rng.normal(0, 0.6, (n_tracks, d))
    times, bands = np.arange(n_frames) / 21.53, np.arange(64) / 64
    stored, descriptors = [], []
    for place in places:
        tilt, peak, rate, depth = np.tanh(place[:4])
        spectrum = 0.5 - 0.3 * bands * (1 + tilt) + 0.25 * np.exp(-(((bands - 0.45 - 0.25 * peak) / 0.08) ** 2))
        pulse = 0.12 * (1.5 + depth) * np.sin(2 * np.pi * (2.2 + 1.6 * rate) * times + rng.uniform(0, 6))
        heard = spectrum[:, None] + pulse[None, :] + rng.normal(0, 0.04, (64, n_frames))
        log_mel = np.clip(heard * 255, 0, 255).astype(np.uint8)
        stored.append(log_mel.tobytes())
        by_band = log_mel.reshape(16, -1).astype(np.float32) / 255
        descriptors.append(np.concatenate([by_band.mean(axis=1), by_band.std(axis=1)]))
    credits_ = [[f"a{artist}"] for artist in artists]
    return stored, np.array(descriptors, dtype=np.float32), places.astype(np.float32), credits_
