"""An open music-recommendation platform: raw files of a music service in, explained mixes per listener out, daily."""

import os

# Before any library starts OpenMP threads. By default a thread that waits for the others spins; on two cores with
# two runs LightGBM then trained the ranker in 270 s that takes 11 s when waiting threads sleep.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
