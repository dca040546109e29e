#!/usr/bin/env bash
# nbconvert's HTML draws an output of image/png, image/jpeg and image/svg+xml, and writes the text in place of one of image/gif, image/webp
# or image/bmp, which JupyterLab draws.
# Seen in nbconvert 7.17.2. Needs Python 3.10 or newer; about 20 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check nbconvert==7.17.2
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import nbconvert
import nbformat
from nbformat import v4


def drawn(mime):
    contents = "<svg xmlns='http://www.w3.org/2000/svg'/>" if mime == "image/svg+xml" else "AAAA"
    output = v4.new_output("display_data", {mime: contents, "text/plain": "THE TEXT"})
    notebook = v4.new_notebook(cells=[v4.new_code_cell("", outputs=[output])])
    body, _ = nbconvert.HTMLExporter(embed_images=True).from_notebook_node(notebook)
    return "THE TEXT" not in body


seen = {kind: drawn(f"image/{kind}") for kind in ("png", "jpeg", "svg+xml", "gif", "webp", "bmp")}
print("nbconvert", nbconvert.__version__, seen)
assert [kind for kind, is_drawn in seen.items() if is_drawn] == ["png", "jpeg", "svg+xml"], seen
PYTHON
