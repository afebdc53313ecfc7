"""A link of the chain that hand-offs are measured on. Usage: handoff.py BEGAN SIZE

Tells when it began, and how far this node's clock is ahead of the store's server, which stamps the
directories that it makes.
"""

import json
import os
import sys
import time

_TIMES = 10


def skew(directory: str) -> int:
    """How far our clock is ahead, in nanoseconds, at the most.

    The server's stamp lies somewhere between two looks at our clock, and is the time of its last
    tick: too early by up to 10 ms. So the least of several is the nearest.
    """
    found = []
    for number in range(_TIMES):
        path = f"{directory}/tick-{number}"
        before = time.time_ns()
        os.mkdir(path)
        after = time.time_ns()
        found.append((before + after) // 2 - os.stat(path).st_mtime_ns)
        os.rmdir(path)
    return min(found)


if __name__ == "__main__":
    began, size = int(sys.argv[1]), int(sys.argv[2])
    weights = os.environ["HEIRLOOM_SAVE_PATH"]
    with open(f"{weights}/weights", "wb") as file:
        file.write(os.urandom(size))
    figures = {"value": 1, "began": began, "skew": skew(os.path.dirname(os.path.dirname(weights)))}
    with open(os.environ["HEIRLOOM_RESULT"], "w") as result:
        json.dump(figures, result)
