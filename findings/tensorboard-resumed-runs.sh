#!/usr/bin/env bash
# TensorBoard shows other points of a resumed run by default than with --load_fast=false. The default goes by each tag's steps: a step that
# comes again makes void what the tag has from there on. The other goes by the starts that writers tell of, but for the first: a run that
# PyTorch's SummaryWriter resumed with purge_step has its steps twice there, for PyTorch tells of no start but that one.
# Seen in tensorboard 2.20.0, tensorboard-data-server 0.7.2. Needs Python 3.9 or newer; some 20 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorboard==2.20.0 tensorboard-data-server==0.7.2 'setuptools<81'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import json
import os
import re
import subprocess
import sys
import time
from urllib.request import urlopen

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

START = SessionLog(status=SessionLog.START)


def write(run, number, start, scalars):
    """As the writers of PyTorch (which tells of a start only when it resumes) and of TensorFlow's estimators (always) do."""
    os.makedirs(f"runs/{run}", exist_ok=True)
    events = [Event(file_version="brain.Event:2")]
    if start is not None:
        events.append(Event(step=start, session_log=START))
    for tag, steps, plus in scalars:
        events += [Event(step=i, summary=Summary(value=[Summary.Value(tag=tag, simple_value=plus + i)])) for i in steps]
    with open(f"runs/{run}/events.out.tfevents.{number:010d}.host", "wb") as file:
        for i, event in enumerate(events):
            event.wall_time = 1.7e9 + 1000 * number + i
            RecordWriter(file).write(event.SerializeToString())


def shown(*flags):
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", "runs", "--port", "0", *flags]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        port = next(found[1] for found in (re.search(r"http://\S+:(\d+)/", line) for line in server.stderr) if found)
        get = lambda path: json.load(urlopen(f"http://localhost:{port}/data/plugin/scalars/{path}"))
        deadline = time.monotonic() + 60
        while len(get("tags")) < 2 and time.monotonic() < deadline:
            time.sleep(0.5)
        time.sleep(2)
        asked = [("pytorch", "loss"), ("estimator", "loss"), ("estimator", "rate")]
        return {f"{run} {tag}": [int(value) for _, _, value in get(f"scalars?run={run}&tag={tag}")] for run, tag in asked}
    finally:
        server.terminate()
        server.wait()


write("pytorch", 1, None, [("loss", range(6), 0)])
write("pytorch", 2, 4, [("loss", range(4, 6), 100)])
write("estimator", 1, 0, [("loss", range(6), 0), ("rate", range(6), 0)])
write("estimator", 2, 3, [("loss", range(4, 6), 100)])
default, other = shown(), shown("--load_fast=false")
for name in default:
    print(f"{name}: by default {default[name]}, with --load_fast=false {other[name]}")
assert default == {"pytorch loss": [0, 1, 2, 3, 104, 105], "estimator loss": [0, 1, 2, 3, 104, 105], "estimator rate": [0, 1, 2, 3, 4, 5]}
assert other == {"pytorch loss": [0, 1, 2, 3, 4, 5, 104, 105], "estimator loss": [0, 1, 2, 104, 105], "estimator rate": [0, 1, 2]}
PYTHON
