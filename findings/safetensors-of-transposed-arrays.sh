#!/usr/bin/env bash
# safetensors.numpy.save_file() of an array that is a view (a transposed one, every other column) writes the memory under it in place of its values:
# the file is valid, its shape right, the numbers elsewhere. Kernels of Keras and TensorFlow become torch's by just such a transpose, so weights that
# are brought over by it are wrong without a word; where a kernel is square nothing else could tell. numpy.ascontiguousarray() before is the remedy.
# safetensors.torch refuses such tensors by an error; safetensors 0.7.0 writes the values. Expected: the values, or that error. Seen in safetensors 0.8.0.
# Needs Python 3.11 or newer; about 20 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
cd "$folder"
cat >written.py <<'PYTHON'
import sys

import numpy as np
import safetensors
from safetensors.numpy import load_file, save_file

kernel = np.arange(6, dtype=np.float32).reshape(2, 3)
views = {"transposed": kernel.T, "every other column": kernel[:, ::2]}
same = {}
for name, view in views.items():
    save_file({"kernel": view}, "kernel.safetensors")
    read = load_file("kernel.safetensors")["kernel"]
    same[name] = bool((read == view).all())
    print("safetensors", safetensors.__version__, name, view.tolist(), "is read back as", read.tolist())
save_file({"kernel": np.ascontiguousarray(kernel.T)}, "kernel.safetensors")
assert (load_file("kernel.safetensors")["kernel"] == kernel.T).all()
assert set(same.values()) == {sys.argv[1] == "right"}, same
PYTHON
for version in "0.7.0 right" "0.8.0 wrong"; do
  read -r number expected <<<"$version"
  "$folder/venv/bin/pip" install --quiet --disable-pip-version-check "safetensors==$number" numpy==2.4.6
  "$folder/venv/bin/python" written.py "$expected"
done
