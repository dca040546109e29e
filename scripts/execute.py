"""Runs a notebook to the end and writes it, with its outputs, as .ipynb and .html.

Usage: python scripts/execute.py NOTEBOOK FOLDER

Prints a line a cell with the time since the start and, from the second run on, the time that is still to go.
A cell that fails ends the run: what was reached is written all the same, the error goes to standard error, exit 1.
"""

import json
import re
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbconvert import HTMLExporter
from traitlets.config import Config

ANSI = re.compile(r"\x1b\[[0-9;]*m")


class Progress:
    """Tells which cell runs, how long the run has taken and, from an earlier run's seconds, how long it will take."""

    def __init__(self, notebook, timings):
        self.notebook, self.timings = notebook, timings
        self.total = sum(cell.cell_type == "code" for cell in notebook.cells)
        self.alive = sys.stdout.isatty()
        self.seconds, self.began, self.title = [], time.monotonic(), ""
        try:
            self.earlier = json.loads(timings.read_text())
        except (OSError, ValueError):
            self.earlier = []

    def start(self, cell, cell_index):
        self.cell_began = time.monotonic()
        before = self.notebook.cells[cell_index - 1] if cell_index else cell
        lines = (before if before.cell_type == "markdown" else cell).source.strip().splitlines()
        self.title = lines[0].lstrip("#/ ")[:60] if lines else ""
        if self.alive:
            print(f"\r\x1b[K{self.line()} ...", end="", flush=True)

    def finish(self, **_):
        self.seconds.append(time.monotonic() - self.cell_began)
        print(f"\r\x1b[K{self.line(1)}" if self.alive else self.line(1), flush=True)

    def line(self, just_done=0):
        count = len(self.seconds) + 1 - just_done
        elapsed = time.monotonic() - self.began
        to_go = sum(self.earlier[len(self.seconds) :]) if len(self.earlier) == self.total else None
        eta = "" if to_go is None else f", about {to_go:.0f} s to go"
        return f"[{count:2}/{self.total}] {elapsed:6.1f} s{eta}  {self.title}"

    def save(self):
        self.timings.write_text(json.dumps([round(value, 3) for value in self.seconds]))


def execute(notebook, folder, progress):
    """The sockets are files: Jupyter holds none of the ports that it finds, so that one may be another's before the kernel has it."""
    with tempfile.TemporaryDirectory(prefix="slimlab-") as sockets:
        manager = {"transport": "ipc", "connection_file": f"{sockets}/kernel.json"}
        NotebookClient(
            notebook,
            timeout=None,
            resources={"metadata": {"path": str(folder)}},
            on_cell_start=progress.start,
            on_cell_executed=progress.finish,
            config=Config(KernelManager=manager),
        ).execute()


def traceback(notebook):
    """What the failed cell shows of its error."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return "\n".join(line for output in outputs if output.output_type == "error" for line in output.traceback)


def write_html(notebook, path):
    """The page loads nothing from elsewhere: outputs carry their own scripts, and widgets, whose scripts would come from a
    server, show what they do where none are drawn."""
    urls = ["require_js_url", "jquery_url", "mathjax_url", "mermaid_js_url", "mermaid_layout_elk_js_url"]
    exporter = HTMLExporter(**{name: "" for name in urls})
    metadata = {name: value for name, value in notebook.metadata.items() if name != "widgets"}
    still = nbformat.NotebookNode({**notebook, "metadata": nbformat.NotebookNode(metadata)})
    page, _ = exporter.from_notebook_node(still, {"metadata": {"name": path.stem}})
    path.write_text(page, encoding="utf-8")


def main(source, folder):
    notebook = nbformat.read(source, as_version=4)
    target = folder / source.name
    folder.mkdir(parents=True, exist_ok=True)
    progress = Progress(notebook, folder / f"{source.stem}.timings.json")
    failure = None
    try:
        execute(notebook, source.parent, progress)
        progress.save()
    except CellExecutionError as error:
        failure = f"Cannot run cell {len(progress.seconds)} of {source}: {error.ename}: {error.evalue}\n{traceback(notebook)}"
    except DeadKernelError as error:
        failure = f"Cannot run cell {len(progress.seconds) + 1} of {source}: the kernel died ({error})"
    nbformat.write(notebook, target)
    write_html(notebook, target.with_suffix(".html"))
    if failure is not None:
        print(failure if sys.stderr.isatty() else ANSI.sub("", failure), file=sys.stderr)
        return 1
    elapsed = time.monotonic() - progress.began
    print(f"Wrote {target} and {target.with_suffix('.html')} ({elapsed:.1f} s)")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
    except KeyboardInterrupt:
        sys.exit(130)
