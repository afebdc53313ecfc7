"""Fits a line to points by gradient descent. A child starts from its parent's line."""

import json
import random

from heirloom import trial

rate, batch = trial.params["rate"], trial.params["batch"]
points = [(x / 10, 3 * x / 10 - 2) for x in range(-20, 21)]

slope, offset = 0.0, 0.0
if trial.restore_path:  # the parent's committed weights; None for a trial without a parent
    slope, offset = json.loads((trial.restore_path / "line.json").read_text())

for step in range(20):
    for x, y in random.sample(points, batch):
        error = slope * x + offset - y
        slope -= rate * error * x
        offset -= rate * error
    loss = sum((slope * x + offset - y) ** 2 for x, y in points) / len(points)
    trial.report(loss, step=step)

(trial.save_path / "line.json").write_text(json.dumps([slope, offset]))
trial.finish(loss)
