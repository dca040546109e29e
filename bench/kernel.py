"""Kernels side by side, as a front end sees them; each round starts them all, one after the other.

    python bench/kernel.py ROUNDS NAME=LANGUAGE ...

NAME is that of an installed kernelspec. A line to standard error for each kernel and round; at the end one of JSON:
{NAME: {"ready": [seconds, ...], "first": [...], "start": [...], "sum": [...], "trivial": [...], "complete": [...], "interrupt": [...], "memory": [MB before, MB after]}}.
"sum" is of a kernel of its own, whose first cell imports the library and adds up a tensor.
What a kernel can't do is left out.
"""

import json
import sys
import time
from contextlib import contextmanager
from queue import Empty
from statistics import median

import psutil
from jupyter_client.manager import KernelManager

TRIVIAL, COMPLETIONS, CELLS = 200, 20, 1000
CODE = {
    "typescript": {"busy": "console.log('on'); for (;;);", "complete": "Math.co", "match": "cos", "sum": "import * as slim from 'slimlab';\nslim.tf.tensor([1, 2, 3]).sum().arraySync()"},
    "python": {"busy": "print('on', flush=True)\nwhile True: pass", "setup": "import math", "complete": "math.co", "match": "cos", "sum": "import tensorflow as tf\ntf.reduce_sum(tf.constant([1., 2., 3.])).numpy()"},
}
# Stock tslab has no library of its own that brings TensorFlow.
WITH_LIBRARY = ["slimlab", "python3"]
clock = time.perf_counter


class Bench:
    def __init__(self, name, language):
        self.name, self.code = name, CODE[language]
        self.times = {"ready": [], "first": [], "start": [], "sum": [], "trivial": [], "complete": [], "interrupt": [], "memory": []}

    def round(self, last):
        if self.name in WITH_LIBRARY:
            with self.kernel() as began:
                self.until_ready()
                self.run(self.code["sum"])
                self.times["sum"].append(clock() - began)
        with self.kernel() as began:
            self.until_ready()
            self.times["ready"].append(clock() - began)
            self.times["first"] += self.run("1 + 1")
            self.times["start"].append(clock() - began)
            self.run(self.code.get("setup", "1"))
            for _ in range(TRIVIAL):
                self.times["trivial"] += self.run("1 + 1")
            if last:
                self.grow()
            self.complete()
            self.interrupt()

    @contextmanager
    def kernel(self):
        """A kernel that is started, and ended at the end; gives when its start began."""
        self.manager = KernelManager(kernel_name=self.name)
        began = clock()
        self.manager.start_kernel()
        self.client = self.manager.client()
        self.client.start_channels()
        try:
            yield began
        finally:
            self.client.stop_channels()
            self.manager.shutdown_kernel(now=True)
            self.manager.cleanup_resources()

    def until_ready(self):
        """Asks until it is answered and both sockets are connected: what came before a subscription is lost."""
        while True:
            id = self.client.kernel_info()
            try:
                self.reply_to(id, 0.5)
                self.idle_after(id, 0.1)
                return
            except Empty:
                continue

    def run(self, code, seconds=30):
        """Seconds from the request to the reply and the last of what is published; none if that gets lost."""
        began = clock()
        id = self.client.execute(code, store_history=True, allow_stdin=False)
        status = self.reply_to(id, seconds)["content"]["status"]
        assert status == "ok", f"{self.name} answers {status} to {code!r}"
        try:
            self.idle_after(id, 3)
        except Empty:
            return []  # stock tslab loses messages when it has several to send at once
        return [clock() - began]

    def reply_to(self, id, seconds):
        while True:
            message = self.client.get_shell_msg(timeout=seconds)
            if message["parent_header"].get("msg_id") == id:
                return message

    def idle_after(self, id, seconds):
        while True:
            message = self.client.get_iopub_msg(timeout=seconds)
            if message["parent_header"].get("msg_id") == id and message["content"].get("execution_state") == "idle":
                return

    def complete(self):
        code = self.code["complete"]
        for turn in range(COMPLETIONS + 1):
            began = clock()
            id = self.client.complete(code, len(code))
            try:
                reply = self.client.get_shell_msg(timeout=5)
            except Empty:
                return
            if turn == 0 and not any(self.code["match"] in match for match in reply["content"].get("matches", [])):
                return
            assert reply["parent_header"]["msg_id"] == id
            if turn > 0:  # the first one warms the language service
                self.times["complete"].append(clock() - began)

    def interrupt(self):
        id = self.client.execute(self.code["busy"], allow_stdin=False)
        deadline = clock() + 3
        try:
            while "on" not in self.client.get_iopub_msg(timeout=deadline - clock())["content"].get("text", ""):
                pass
            time.sleep(0.2)
            began = clock()
            self.manager.interrupt_kernel()
            self.reply_to(id, 3)
            self.times["interrupt"].append(clock() - began)
        except (Empty, ValueError):
            pass  # it goes on

    def grow(self):
        process = psutil.Process(self.manager.provisioner.process.pid)
        before = process.memory_info().rss
        for i in range(CELLS):
            self.run(f"{i} + 1")
        self.times["memory"] = [before / 2**20, process.memory_info().rss / 2**20]


def main(rounds, *contenders):
    benches = [Bench(*contender.split("=")) for contender in contenders]
    for number in range(1, int(rounds) + 1):
        for bench in benches:
            bench.round(last=number == int(rounds))
            told = ", ".join(f"{key} {1000 * median(values):.1f} ms" for key, values in bench.times.items() if values and key != "memory")
            print(f"round {number}/{rounds}  {bench.name}  {told}", file=sys.stderr, flush=True)
    print(json.dumps({bench.name: bench.times for bench in benches}))


if __name__ == "__main__":
    main(*sys.argv[1:])
