"""One trial: a TensorFlow network on two spirals, saved and restored by tf.train.Checkpoint."""

from __future__ import annotations

import itertools
import math
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is imported

import tensorflow as tf

from heirloom import trial

STEPS = 80


def spirals(count: int, seed: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Points of shape (count, 2), and the spiral of each: 0 or 1."""
    generator = tf.random.Generator.from_seed(seed)
    label = generator.uniform((count,), maxval=2, dtype=tf.int32)
    radius = tf.sqrt(generator.uniform((count,)))
    angle = radius * 3 * math.pi + tf.cast(label, tf.float32) * math.pi
    points = tf.stack((radius * tf.cos(angle), radius * tf.sin(angle)), axis=1)
    return points + 0.02 * generator.normal((count, 2)), label


class Network(tf.Module):
    """Dense layers with tanh between them."""

    def __init__(self, sizes: list[int]) -> None:
        super().__init__()
        self.layers = {
            # A checkpoint matches variables by name and refuses other shapes. With the sizes in
            # the name, a child inherits the layers whose sizes it has, and no others.
            f"dense{number}_{inputs}x{outputs}": {
                "weight": tf.Variable(tf.random.normal((inputs, outputs), stddev=inputs**-0.5)),
                "bias": tf.Variable(tf.zeros(outputs)),
            }
            for number, (inputs, outputs) in enumerate(itertools.pairwise(sizes))
        }

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        *hidden, last = self.layers.values()
        for layer in hidden:
            x = tf.tanh(x @ layer["weight"] + layer["bias"])
        return x @ last["weight"] + last["bias"]


def inherited(network: Network, path: str) -> float:
    """Load what fits of the checkpoint at `path`; return its share of the network's numbers."""
    saved = {name for name, _ in tf.train.list_variables(path)}
    tf.train.Checkpoint(**network.layers).read(path).expect_partial()
    sizes = {
        f"{name}/{part}": math.prod(variable.shape)
        for name, layer in network.layers.items()
        for part, variable in layer.items()
    }
    found = [size for key, size in sizes.items() if f"{key}/.ATTRIBUTES/VARIABLE_VALUE" in saved]
    return sum(found) / sum(sizes.values())


def main() -> None:
    """Train, save, and report the accuracy."""
    params = {"depth": 2, "width": 16, "learning_rate": 0.03} | trial.params
    network = Network([2, *[params["width"]] * params["depth"], 2])
    share = 0.0
    if trial.restore_path:  # the parent's committed weights; None for a trial without a parent
        share = inherited(network, str(trial.restore_path / "model"))

    points, label = spirals(512, seed=1)
    unseen, unseen_label = spirals(512, seed=2)
    optimizer = tf.keras.optimizers.Adam(params["learning_rate"])
    optimizer.build(network.trainable_variables)

    @tf.function
    def learn() -> None:
        with tf.GradientTape() as tape:
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(label, network(points))
            loss = tf.reduce_mean(loss)
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))

    accuracy = 0.0
    for step in range(STEPS):
        learn()
        if step % 10 == 9:
            right = tf.argmax(network(unseen), axis=1, output_type=tf.int32) == unseen_label
            accuracy = float(tf.reduce_mean(tf.cast(right, tf.float32)))
            trial.report(accuracy, step=step)
    tf.train.Checkpoint(**network.layers).write(str(trial.save_path / "model"))
    trial.finish(accuracy, share=round(share, 4))


if __name__ == "__main__":
    main()
