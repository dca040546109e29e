"""A kernel and a front end that asks it, for the scenarios of testbed.py and rows.py.

    python testbed.py slimlab|python3

prints a line of JSON for each scenario: {"name": ..., "result": "passed" | "failed", "detail": ...}.
"""

import json
import sys
import time
import traceback
from queue import Empty

import zmq
from jupyter_client.manager import KernelManager

SECONDS = 20
# What a kernel on a machine of its own does within a second (bench/kernel.py says how long it takes).
SOON = 10
SCENARIOS = []
# Of the kernel's manager, besides its name.
OPTIONS = {}
# How a cell ends that is interrupted.
STOPPED = ("Interrupted", "KeyboardInterrupt")


def scenario(function):
    """Notes a test, in the order of the file."""
    SCENARIOS.append(function)
    return function


def start(name):
    """A kernel's manager, its client and the first message that it publishes.

    A kernel that ends at once is started again, twice at most: Jupyter holds none of the ports that it has found, so that
    another program may have one before the kernel.
    """
    for _ in range(3):
        manager = KernelManager(kernel_name=name, **OPTIONS)
        manager.start_kernel()
        client = manager.client()
        client.start_channels()
        deadline = time.monotonic() + SECONDS
        while manager.is_alive() and time.monotonic() < deadline:
            try:
                return manager, client, client.get_iopub_msg(timeout=0.5)
            except Empty:
                pass
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    raise RuntimeError(f"Cannot start kernel {name}: expected a message within {SECONDS} s, got none")


class Kernel:
    """A running kernel of one language."""

    def __init__(self, name):
        self.name, self.typescript = name, name == "slimlab"
        self.manager, self.client, self.welcome = start(name)
        self.info = self.ask("shell", "kernel_info_request")["content"]
        self.drain()

    def say(self, typescript, python):
        """The same code in the kernel's language."""
        return typescript if self.typescript else python

    def send(self, channel, kind, content=None, buffers=None, subshell=None):
        message = self.client.session.msg(kind, content or {})
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        socket = getattr(self.client, f"{channel}_channel").socket
        self.client.session.send(socket, message, buffers=buffers)
        return message["header"]["msg_id"]

    def reply_to(self, id, channel="shell", seconds=SECONDS):
        deadline = time.monotonic() + seconds
        while True:
            reply = getattr(self.client, f"get_{channel}_msg")(timeout=max(0.01, deadline - time.monotonic()))
            if reply["parent_header"].get("msg_id") == id:
                return reply

    def ask(self, channel, kind, content=None, seconds=SECONDS):
        return self.reply_to(self.send(channel, kind, content), channel, seconds)

    def next_published(self, seconds=SECONDS):
        return self.client.get_iopub_msg(timeout=seconds)

    def drain(self, seconds=0.2):
        """What is published until nothing comes any more."""
        found = []
        try:
            while True:
                found.append(self.next_published(seconds))
        except Empty:
            return found

    def published_until_idle(self, id, seconds=SECONDS):
        """All that is published, for other requests too, up to a request's idle."""
        found, deadline = [], time.monotonic() + seconds
        while True:
            message = self.next_published(max(0.01, deadline - time.monotonic()))
            found.append(message)
            mine = message["parent_header"].get("msg_id") == id
            if mine and message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return found

    def published_for(self, id, seconds=SECONDS):
        """All that is published for a request, up to its idle."""
        return [m for m in self.published_until_idle(id, seconds) if m["parent_header"].get("msg_id") == id]

    def until_printed(self, words, name="stdout"):
        """What is printed until it holds some words."""
        text, deadline = "", time.monotonic() + SECONDS
        while words not in text:
            text += self.printed([self.next_published(max(0.01, deadline - time.monotonic()))], name)
        return text

    def start(self, code, subshell=None, **options):
        """Sends a cell without waiting for it."""
        options = {"allow_stdin": False, **options}
        if subshell is None:
            return self.client.execute(code, **options)
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, **options}
        return self.send("shell", "execute_request", content, subshell=subshell)

    def run(self, code, seconds=SECONDS, **options):
        """The reply to a cell, and what was published for it."""
        id = self.start(code, **options)
        return self.reply_to(id, seconds=seconds)["content"], self.published_for(id, seconds)

    def printed(self, messages, name="stdout"):
        return "".join(m["content"]["text"] for m in messages if m["msg_type"] == "stream" and m["content"]["name"] == name)

    def heartbeat(self, ping, seconds=SECONDS):
        with self.client.context.socket(zmq.REQ) as socket:
            socket.linger = 0
            socket.connect(self.client._make_url("hb"))
            socket.send(ping)
            return socket.recv() if socket.poll(1000 * seconds) else None

    def close(self):
        self.client.stop_channels()
        if self.manager.is_alive():
            self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


def by_message(kernel):
    return lambda: equal(kernel.ask("control", "interrupt_request")["content"]["status"], "ok")


def of_type(messages, kind):
    return [message["content"] for message in messages if message["msg_type"] == kind]


def equal(got, expected):
    assert got == expected, f"expected {expected!r}, got {got!r}"


def tell(name, result, detail=None):
    print(json.dumps({"name": name, "result": result, "detail": detail}), flush=True)


def main():
    kernel = None
    only = sys.argv[2:]
    for test in SCENARIOS:
        if only and test.__name__ not in only:
            continue
        try:
            if kernel is None or not kernel.manager.is_alive():
                kernel = Kernel(sys.argv[1])
            kernel.drain(0.05)
            test(kernel)
            tell(test.__name__, "passed")
        except Exception:
            tell(test.__name__, "failed", traceback.format_exc(limit=-2))
    if kernel is not None:
        kernel.close()
