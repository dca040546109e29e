#!/usr/bin/env bash
# A Node whose standard output is a pipe sets O_NONBLOCK on it, for all who share the pipe's open file description, its parent too, and
# puts that back when it exits; one that is killed does not: who prints next by C code, as Python does, gets EAGAIN once the pipe is full.
# Seen in Node 20.20 on Linux. Needs Linux, Node 20 or newer and Python 3; nothing is downloaded.
set -euo pipefail
python3 - <<'PYTHON'
import fcntl
import os
import signal
import subprocess

READY = "process.stdout.write('ready'); setInterval(() => {}, 1000)"


def blocks_after(end):
    reading, writing = os.pipe()
    child = subprocess.Popen(["node", "-e", READY], stdout=writing, stdin=subprocess.PIPE)
    assert os.read(reading, 5) == b"ready"
    child.send_signal(end)
    child.wait()
    return not fcntl.fcntl(writing, fcntl.F_GETFL) & os.O_NONBLOCK


print("Node", subprocess.check_output(["node", "--version"], text=True).strip())
seen = {name: blocks_after(end) for name, end in (("SIGTERM", signal.SIGTERM), ("SIGKILL", signal.SIGKILL))}
print("a pipe that blocked still blocks after its child was ended by:", seen)
assert seen == {"SIGTERM": True, "SIGKILL": False}, seen
PYTHON
