"""An open music-recommendation platform: raw files of a music service in, explained mixes per listener out, daily."""

import os

# Before any library starts OpenMP threads. By default a thread that waits for the others spins; on two cores with
# two runs a training of 11 s then took 270 s. Waiting threads sleep instead.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
