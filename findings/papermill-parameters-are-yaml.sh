#!/usr/bin/env bash
# papermill turns each `-p name value` into a Python value before any translator of a language or the notebook's own declaration is asked: "007"
# becomes 7 and "1.10" becomes 1.1, also where the parameters cell declares a string, and "1e-3" stays the text of four letters under `-y`, since YAML 1.1
# wants "1.0e-3". `-r` gives the text as it is.
# Seen in papermill 2.7.0. Needs Python 3.10 or newer; about 40 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check papermill==2.7.0
cd "$folder"
cat > in.ipynb <<'JSON'
{"cells": [{"cell_type": "code", "id": "a", "metadata": {"tags": ["parameters"]}, "source": "run: str = \"\"\nversion: str = \"\"\nrate: float = 0.1", "outputs": [], "execution_count": null}],
 "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}, "nbformat": 4, "nbformat_minor": 5}
JSON
"$folder/venv/bin/papermill" --prepare-only --log-level ERROR in.ipynb out.ipynb -p run 007 -p version 1.10 -y "rate: 1e-3"
"$folder/venv/bin/papermill" --prepare-only --log-level ERROR in.ipynb raw.ipynb -r run 007 -r version 1.10 -p rate 1e-3
"$folder/venv/bin/python" - <<'PYTHON'
import json
from importlib.metadata import version

seen = {name: json.load(open(f"{name}.ipynb"))["metadata"]["papermill"]["parameters"] for name in ("out", "raw")}
print("papermill", version("papermill"), seen)
assert seen["out"] == {"run": 7, "version": 1.1, "rate": "1e-3"}, seen
assert seen["raw"] == {"run": "007", "version": "1.10", "rate": 0.001}, seen
PYTHON
