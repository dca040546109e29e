#!/usr/bin/env bash
# What save_file() of safetensors 0.8.0 writes only its owner may read (mode 0600), whatever the umask: on a shared machine, in a folder that a web server
# hands out, in an image whose service runs as another user, the weights can't be opened, though all other files that the same program wrote can. A
# file that was there and had been made readable, is not any more. 0.7.0 and numpy.save() follow the umask (0644 of 022).
# Expected: the umask's mode. Seen in safetensors 0.8.0. Needs Linux, Python 3.11 or newer; about 20 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
cd "$folder"
cat >modes.py <<'PYTHON'
import os
import sys

import numpy as np
import safetensors
from safetensors.numpy import save_file

os.umask(0o022)
values = np.ones(3, np.float32)


def mode(path):
    return oct(os.stat(path).st_mode & 0o777)


np.save("values.npy", values)
save_file({"values": values}, "values.safetensors")
new = mode("values.safetensors")
os.chmod("values.safetensors", 0o644)
save_file({"values": values}, "values.safetensors")
print("safetensors", safetensors.__version__, "writes", new, "over a file of 0o644", mode("values.safetensors"), "numpy", mode("values.npy"))
assert mode("values.npy") == "0o644"
assert [new, mode("values.safetensors")] == [sys.argv[1]] * 2
os.remove("values.safetensors")
PYTHON
for version in "0.7.0 0o644" "0.8.0 0o600"; do
  read -r number expected <<<"$version"
  "$folder/venv/bin/pip" install --quiet --disable-pip-version-check "safetensors==$number" numpy==2.4.6
  "$folder/venv/bin/python" modes.py "$expected"
done
