"""Runs as Keras' callbacks, PyTorch's SummaryWriter and tf.summary write them: test/fixtures/runs, and what TensorBoard reads of them.

Environment: any Python with keras==3.15.1 torch==2.13.0 tensorflow==2.21.0 tensorboard==2.21.0. Command: python test/oracle/runs.py
"""
import glob
import os
import shutil

import keras
import numpy as np
import tensorflow as tf
from patterns import FIXTURES, number, write_fixture
from tensorboard.backend.event_processing import plugin_event_accumulator
from tensorboard.plugins.hparams import api as hp
from torch.utils.tensorboard import SummaryWriter

FOLDER = os.path.join(FIXTURES, "runs")


def with_keras(folder, rate):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(rate), "mse", metrics=["mae"])
    x = np.linspace(0, 1, 32, dtype=np.float32).reshape(16, 2)
    callbacks = [keras.callbacks.TensorBoard(folder, write_graph=False), keras.callbacks.CSVLogger(os.path.join(folder, "log.csv")),
                 hp.KerasCallback(folder, {"rate": rate, "optimizer": "sgd"})]
    model.fit(x, x.sum(1), epochs=4, batch_size=8, validation_split=0.25, callbacks=callbacks, verbose=0)


def with_torch(folder, rate):
    writer = SummaryWriter(folder)
    for step in range(6):
        writer.add_scalar("Loss/train", 1 / (step + 1), step)
        writer.add_scalar("Loss/val", 1.5 / (step + 1) + 0.1 * step, step)
        writer.add_scalars("accuracy", {"train": 0.1 * step, "val": 0.05 * step}, step)
    writer.add_hparams({"rate": rate, "optimizer": "adam"}, {"hparam/accuracy": 0.5})
    writer.close()


def with_tensorflow(folder):
    """Stopped and resumed two steps before."""
    for first, last, part in ((0, 6, "a"), (4, 9, "b")):
        writer = tf.summary.create_file_writer(folder, filename_suffix="." + part)
        with writer.as_default():
            for step in range(first, last):
                tf.summary.scalar("loss", (1 if part == "a" else 0.5) / (step + 1), step=step)
        writer.close()


def read(folder):
    found = {}
    for root, _, files in os.walk(folder):
        if not any("tfevents" in name for name in files): continue
        accumulator = plugin_event_accumulator.EventAccumulator(root, size_guidance={"tensors": 0}, purge_orphaned_data=True)
        accumulator.Reload()
        tags = {tag: [[event.step, number(tf.make_ndarray(event.tensor_proto))] for event in accumulator.Tensors(tag)]
                for tag in accumulator.Tags()["tensors"] if accumulator.SummaryMetadata(tag).plugin_data.plugin_name == "scalars"}
        if tags: found[os.path.relpath(root, FOLDER).replace(os.sep, "/")] = tags
    return found


def rename(folder):
    """Names without host, process and time, in the same order."""
    for root, _, files in os.walk(folder):
        for i, name in enumerate(sorted(name for name in files if "tfevents" in name)):
            os.rename(os.path.join(root, name), os.path.join(root, f"events.out.tfevents.{i:010d}.host"))
    for i, root in enumerate(sorted(glob.glob(os.path.join(folder, "*", "1[0-9]*.[0-9]*")))):
        os.rename(root, os.path.join(os.path.dirname(root), "1700000000.%d" % i))


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    with_keras(os.path.join(FOLDER, "keras"), 0.1)
    with_torch(os.path.join(FOLDER, "torch"), 0.001)
    with_tensorflow(os.path.join(FOLDER, "tensorflow"))
    rename(FOLDER)
    write_fixture("runs", read(FOLDER))
