"""Runs cells in IPython: a JSON list of texts from the standard input; gives a JSON list of what each showed.

As {"result": text of the value or null, "printed": stdout, "errors": stderr}.
"""

import json
import os
import sys
import tempfile

os.environ["IPYTHONDIR"] = tempfile.mkdtemp(prefix="slimlab-ipython-")

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

shell = InteractiveShell.instance(colors="nocolor")
shell.history_manager.enabled = False
shell.displayhook.write_output_prompt = shell.displayhook.finish_displayhook = lambda: None
shell.displayhook.write_format_data = lambda *_: None
shown = []
for cell in json.load(sys.stdin):
    with capture_output(display=False) as captured:
        outcome = shell.run_cell(cell, store_history=True)
    shown.append(
        {
            "result": None if outcome.result is None else repr(outcome.result),
            "printed": captured.stdout,
            "errors": captured.stderr,
        }
    )
json.dump(shown, sys.stdout)
