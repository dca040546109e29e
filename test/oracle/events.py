"""Event files as TensorFlow 1's FileWriter and TensorFlow 2's tf.summary write them, and what is in them.

Environment: see slim.py (tensorflow brings tensorboard). Command: python test/oracle/events.py
"""

import glob
import json
import os
import shutil

import numpy as np
import tensorflow as tf
from tensorboard.backend.event_processing import plugin_event_accumulator

v1 = tf.compat.v1
FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../fixtures")
FOLDER = os.path.join(FIXTURES, "events")
VALUES = np.concatenate([np.linspace(-1, 1, 101), np.geomspace(1e-6, 10, 50)]).astype(np.float32)
PIXELS = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3)


def summary(**value):
    return v1.Summary(value=[v1.Summary.Value(**value)])


def write_v1(folder):
    with tf.Graph().as_default(), v1.Session() as session:
        histogram = session.run(v1.summary.histogram("weights", VALUES))
        image = session.run(v1.summary.image("pictures", PIXELS, max_outputs=2))
        text = session.run(v1.summary.text("note", tf.constant("*hello*")))
    with tf.Graph().as_default():
        write_v1_files(folder, (histogram, image, text))


def write_v1_files(folder, once):
    writer = v1.summary.FileWriter(folder)
    writer.add_session_log(v1.SessionLog(status=v1.SessionLog.START), 0)
    for step in range(6):
        writer.add_summary(summary(tag="loss", simple_value=1 / (step + 1)), step)
    for made in once:
        writer.add_summary(v1.Summary.FromString(made), 2)
    writer.close()
    rename(folder, "events.out.tfevents.0000000001.first")
    resumed = v1.summary.FileWriter(folder)
    resumed.add_session_log(v1.SessionLog(status=v1.SessionLog.START), 3)
    for step in range(3, 8):
        resumed.add_summary(summary(tag="loss", simple_value=10 + step), step)
    resumed.close()
    rename(folder, "events.out.tfevents.0000000002.second")


def write_v2(folder):
    writer = tf.summary.create_file_writer(folder)
    with writer.as_default():
        for step in range(4):
            tf.summary.scalar("loss", 2.5 * step, step=step)
        tf.summary.histogram("weights", VALUES, step=1)
        tf.summary.image("pictures", PIXELS, step=2)
        tf.summary.text("note", "*hello*", step=3)
        tf.summary.write("counts", tf.constant([[1, 2], [3, 4]], tf.int64), step=3)
    writer.close()
    rename(folder, "events.out.tfevents.0000000003.v2")


def rename(folder, name):
    """The file last written gets a name without a host."""
    os.rename(sorted(glob.glob(os.path.join(folder, "*")))[-1], os.path.join(folder, name))


def accumulated(folder):
    """What TensorBoard keeps, purged of what a resumed run has made void."""
    events = plugin_event_accumulator.EventAccumulator(folder, tensor_size_guidance={"scalars": 0})
    events.Reload()
    return {
        tag: [
            {"step": event.step, "wallTime": event.wall_time, "value": plain(event.tensor_proto)}
            for event in events.Tensors(tag)
        ]
        for tag in sorted(events.Tags()["tensors"])
    }


def plain(proto):
    array = tf.make_ndarray(proto)
    if array.dtype == object:
        return [item.hex() for item in array.ravel()]
    return array.tolist()


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name, write in (("v1", write_v1), ("v2", write_v2)):
        write(os.path.join(FOLDER, name))
    fixture = {name: accumulated(os.path.join(FOLDER, name)) for name in ("v1", "v2")}
    with open(os.path.join(FIXTURES, "events.json"), "w") as file:
        json.dump(fixture, file, indent=1)
        file.write("\n")


main()
