"""What others take for the same no-op trials: measured once, on 2 cores, and quoted here."""

from __future__ import annotations

PEERS = {  # no-op trials a second, four at a time
    "NNI 3.0, local mode": 0.8,
    "Ray Tune 2.60, a fresh process per trial": 0.7,
    "Ray Tune 2.60, reused actors": 4.2,
}
