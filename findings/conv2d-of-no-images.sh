#!/usr/bin/env bash
# A convolution of an empty batch has its input's height, width where oneDNN computes it, so a served ResNet refuses a batch of 0.
# Seen in tensorflow-cpu 2.21.0. Needs Python 3.10 to 3.13; about 300 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 "$folder/venv/bin/python" - <<'PYTHON'
import os
import subprocess
import sys

code = """
import tensorflow as tf
images, kernel = tf.zeros([0, 48, 48, 3]), tf.ones([7, 7, 3, 16])
print(tf.nn.conv2d(images, kernel, strides=2, padding="SAME").shape)
"""


def shape_with(onednn):
    env = {**os.environ, "TF_ENABLE_ONEDNN_OPTS": onednn}
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout.strip()


seen = {onednn: shape_with(onednn) for onednn in ("1", "0")}
print("tf.nn.conv2d of [0, 48, 48, 3], 16 kernels, strides 2: with oneDNN", seen["1"], "without", seen["0"])
assert seen["0"] == "(0, 24, 24, 16)", seen
assert seen["1"].startswith("(0, 48, 48"), seen
PYTHON
