"""tf.estimator.train_and_evaluate of 2.15 on a linear classifier: test/fixtures/estimator.json.

The order of what happens, the checkpoints, the events by tag and step, and the metrics, of four jobs on one machine: a whole
one, the same folder again with more steps, one whose evaluations are throttled, and one that is stopped early.

Environment: see slim.py. Command: python test/oracle/estimator.py
"""
import glob
import os
import re
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf  # noqa: E402

from patterns import number, pattern, pattern_integers, write_fixture  # noqa: E402

tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
v1 = tf.compat.v1

BATCH, CLASSES, SIDE, FEATURES = 4, 3, 8, 128
EXAMPLES = {"train": 12, "eval": 10}
SCOPE = "Predict/logits"
CONFIG = {"save_checkpoints_steps": 4, "save_summary_steps": 5, "log_step_count_steps": 5, "keep_checkpoint_max": 2}
LEARNING_RATE, MOMENTUM = 0.5, 0.9


def input_fn(use):
    images = pattern(f"estimator/{use}/images", [EXAMPLES[use], SIDE, SIDE, 3])
    labels = pattern_integers(f"estimator/{use}/labels", [EXAMPLES[use]], CLASSES)
    dataset = tf.data.Dataset.from_tensor_slices(({"image": images}, labels))
    return (dataset.repeat() if use == "train" else dataset).batch(BATCH)


def model_fn(features, labels, mode):
    pixels = tf.reshape(features["image"], [-1, SIDE * SIDE * 3])[:, :FEATURES]
    with v1.variable_scope(SCOPE):
        initial = pattern(f"{SCOPE}/weights", [FEATURES, CLASSES], 0.1)
        weights = v1.get_variable("weights", initializer=initial)
        biases = v1.get_variable("biases", initializer=tf.zeros([CLASSES]))
    logits = tf.matmul(pixels, weights) + biases
    classes = tf.argmax(logits, 1, output_type=tf.int32)
    if mode == tf.estimator.ModeKeys.PREDICT:
        return tf.estimator.EstimatorSpec(mode, predictions={"logits": logits, "classes": classes})
    loss = v1.losses.sparse_softmax_cross_entropy(labels, logits)
    optimizer = v1.train.MomentumOptimizer(LEARNING_RATE, MOMENTUM)
    accuracy = v1.metrics.accuracy(labels=labels, predictions=classes)
    return tf.estimator.EstimatorSpec(
        mode, loss=loss, train_op=optimizer.minimize(loss, v1.train.get_or_create_global_step()),
        eval_metric_ops={"accuracy": accuracy})


class Recorder(v1.train.SessionRunHook):
    """Writes down what a training's hooks and listeners are told."""

    def __init__(self, log, word):
        self.log, self.word = log, word

    def begin(self):
        self.step = v1.train.get_or_create_global_step()
        self.log.append(f"begin {self.word}")

    def after_create_session(self, session, coord):
        self.log.append(f"created {self.word} {session.run(self.step)}")

    def end(self, session):
        self.log.append(f"end {self.word} {session.run(self.step)}")


class Listener(v1.train.CheckpointSaverListener):
    def __init__(self, log):
        self.log = log

    def after_save(self, session, global_step_value):
        self.log.append(f"saved {global_step_value}")


def events(folder):
    """{tag: [[step, value or null]]}; values of speeds and paths differ from run to run."""
    found = {}
    for path in sorted(glob.glob(os.path.join(folder, "events*"))):
        for event in v1.train.summary_iterator(path):
            for value in event.summary.value:
                known = value.HasField("simple_value") and value.tag != "global_step/sec"
                point = [event.step, number(value.simple_value) if known else None]
                found.setdefault(value.tag, []).append(point)
    return found


def run(folder, max_steps, throttle_secs=0, stop_after=None):
    log = []
    estimator = tf.estimator.Estimator(model_fn, folder, tf.estimator.RunConfig(**CONFIG))
    hooks = [Recorder(log, "train")]
    if stop_after is not None:
        hooks.append(tf.estimator.experimental.stop_if_no_decrease_hook(
            estimator, "loss", stop_after, run_every_secs=None, run_every_steps=1))
    train_spec = tf.estimator.TrainSpec(lambda: input_fn("train"), max_steps, hooks, saving_listeners=[Listener(log)])
    eval_spec = tf.estimator.EvalSpec(lambda: input_fn("eval"), None, hooks=[Recorder(log, "eval")],
                                      throttle_secs=throttle_secs)
    metrics, _ = tf.estimator.train_and_evaluate(estimator, train_spec, eval_spec)
    checkpoints = sorted(int(re.search(r"-(\d+)\.index$", path).group(1))
                         for path in glob.glob(os.path.join(folder, "*.index")))
    names = sorted(estimator.get_variable_names())
    predictions = [one["logits"] for one in estimator.predict(lambda: input_fn("eval"))]
    return {
        "log": log,
        "metrics": None if metrics is None else {name: number(value) for name, value in metrics.items()},
        "checkpoints": checkpoints,
        "variables": names,
        "train": events(folder),
        "eval": events(os.path.join(folder, "eval")),
        "logits": [[number(value) for value in row] for row in predictions[:3]],
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as root:
        place = lambda name: os.path.join(root, name)  # noqa: E731
        write_fixture("estimator", {
            "whole": run(place("whole"), 9),
            "resumed": run(place("whole"), 14),
            "done": run(place("whole"), 14),
            "throttled": run(place("throttled"), 9, throttle_secs=600),
            "stopped": run(place("stopped"), 40, stop_after=4),
        })
