"""Runs whose steps were written more than once, and what TensorBoard's default page shows of them.

Environment: pip install tensorboard==2.20.0 tensorboard-data-server==0.7.2. Command: python test/oracle/repeated.py
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from urllib.parse import urlencode
from urllib.request import urlopen

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary, SummaryMetadata
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util import tensor_util

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../fixtures")
FOLDER = os.path.join(FIXTURES, "repeated")
PNG = bytes.fromhex("89504e470d0a1a0a")
LOSS = [("loss", range(10), 0)]
MORE = [*LOSS, ("accuracy", range(0, 10, 3), 0), ("rate", range(10), 0)]
wall_time = 1.7e9


def write(run, number, *events):
    """An event file, as torch.utils.tensorboard's and TensorFlow's writers write it."""
    global wall_time
    os.makedirs(os.path.join(FOLDER, run), exist_ok=True)
    with open(os.path.join(FOLDER, run, f"events.out.tfevents.{number:010d}.host"), "wb") as file:
        records = RecordWriter(file)
        for event in (Event(file_version="brain.Event:2"), *events):
            wall_time += 1
            event.wall_time = wall_time
            records.write(event.SerializeToString())


def start(step):
    return Event(step=step, session_log=SessionLog(status=SessionLog.START))


def purge(step):
    """What PyTorch's SummaryWriter begins with when it is given a purge_step."""
    return [Event(step=step, file_version="brain.Event:2"), start(step)]


def event(step, *values):
    return Event(step=step, summary=Summary(value=[Summary.Value(**value) for value in values]))


def scalars(series):
    return [event(step, dict(tag=tag, simple_value=plus + step)) for tag, steps, plus in series for step in steps]


def tensors(tag, steps, plus, plugin="scalars", data_class="DATA_CLASS_SCALAR", value=lambda x: np.float32(x)):
    """As TensorFlow 2 writes them; so do Keras and PyTorch's new_style."""
    metadata = SummaryMetadata(plugin_data=dict(plugin_name=plugin), data_class=data_class)
    return [event(i, dict(tag=tag, metadata=metadata, tensor=tensor_util.make_tensor_proto(value(plus + i)))) for i in steps]


def of_each_kind(steps, plus):
    for i in steps:
        histogram = HistogramProto(min=0, max=i, num=plus + 1, bucket_limit=[i + 1], bucket=[plus + 1])
        yield event(i, dict(tag="weights", histo=histogram), dict(tag="loss", simple_value=plus + i))
        yield event(i, dict(tag="picture", image=Summary.Image(width=plus + 1, height=1, encoded_image_string=PNG)))
        yield from tensors("note", [i], plus, "text", "DATA_CLASS_TENSOR", lambda x: str(x).encode())


def write_all():
    resumed, again = [("loss", range(5, 9), 100)], [("loss", range(7, 9), 200)]
    write("resumed", 1, *scalars(LOSS))
    write("resumed", 2, *purge(5), *scalars(resumed))
    write("resumed_twice", 1, *scalars(LOSS))
    write("resumed_twice", 2, *purge(5), *scalars(resumed))
    write("resumed_twice", 3, *purge(7), *scalars(again))
    write("some_tags", 1, *scalars(MORE))
    write("some_tags", 2, *purge(5), *scalars([("loss", range(5, 8), 100), ("accuracy", [7], 100)]))
    write("some_tags", 3, *purge(6), *scalars([("loss", [7], 200)]))
    write("estimator", 1, start(0), *scalars(MORE))
    write("estimator", 2, start(6), *scalars([("loss", range(6, 9), 100), ("accuracy", [6], 100)]))
    write("keras", 1, *tensors("epoch_loss", range(10), 0))
    write("keras", 2, *tensors("epoch_loss", range(8), 100))
    write("new_style", 1, *scalars(LOSS))
    write("new_style", 2, *purge(5), *tensors("loss", range(5, 9), 100))
    write("late_start", 1, *scalars(LOSS))
    write("late_start", 2, *scalars([("loss", range(6, 8), 100)]), start(7), *scalars(again))
    write("one_file", 1, *scalars(LOSS), *scalars([("loss", range(4, 7), 100)]))
    write("one_step", 1, *scalars([("loss", [3, 3], plus) for plus in (0, 100)]))
    write("one_event", 1, event(2, *(dict(tag="loss", simple_value=value) for value in (1, 2))))
    write("backwards", 1, *scalars([("loss", [5, 4, 3, 8, 1, 2], 0)]))
    write("order_of_names", 2, *scalars([("loss", range(6), 0)]))
    write("order_of_names", 1, *scalars([("loss", range(3, 9), 100)]))
    write("each_kind", 1, *of_each_kind(range(4), 0))
    write("each_kind", 2, *purge(2), *of_each_kind([2], 100))


def shown(flags=()):
    """By run, plugin and tag: what the page gets, [step, value]; of other plugins than scalars the steps."""
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", FOLDER, "--port", "0", "--bind_all", *flags]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        port = next(found[1] for found in (re.search(r"http://\S+:(\d+)/", line) for line in server.stderr) if found)
        return asked(lambda path, **query: json.load(urlopen(f"http://localhost:{port}/data/plugin/{path}?{urlencode(query)}")))
    finally:
        server.terminate()
        server.wait()


def asked(get):
    while sorted(get("scalars/tags")) != sorted(os.listdir(FOLDER)):
        time.sleep(0.5)
    time.sleep(2)
    found = {}
    for plugin, page in (("scalars", "scalars"), ("histograms", "histograms"), ("images", "images"), ("text", "text")):
        for run, tags in get(f"{plugin}/tags").items():
            for tag in tags:
                points = get(f"{plugin}/{page}", run=run, tag=tag, sample=0)
                found.setdefault(run, {}).setdefault(plugin, {})[tag] = [plain(plugin, point) for point in points]
    return found


def plain(plugin, point):
    if plugin == "scalars":
        return point[1:]
    return point[1] if plugin == "histograms" else point["step"]


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    write_all()
    with open(os.path.join(FIXTURES, "repeated.json"), "w") as file:
        json.dump(shown(), file, indent=1, sort_keys=True)
        file.write("\n")


if __name__ == "__main__":
    main()
