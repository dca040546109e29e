#!/usr/bin/env bash
# Keras 3.15.1: the maximum after the first convolution of keras.applications.ResNet50V2 counts zeros around the image: ZeroPadding2D, then a
# MaxPooling2D "valid". Before it stands no ReLU (version 2 normalizes later), so where all values of a border's window are below 0 the
# result is 0, not their maximum. TensorFlow's "same" pool, torch's MaxPool2d(padding=1) and timm's resnetv2_50 pad with nothing: on the same
# weights their logits are others. In ResNet50 the same two layers follow a ReLU, and change nothing.
# Expected: -1 everywhere of an image of -1. Seen: 0 in the first row and the first column.
# Needs Python 3.11 or newer; about 300 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu ||
  "$folder/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 numpy==2.4.6
cd "$folder"
KERAS_BACKEND=torch "$folder/venv/bin/python" - <<'PY'
import keras
import numpy as np

net = keras.applications.ResNet50V2(weights=None, include_top=False, input_shape=(64, 64, 3))
names = [layer.name for layer in net.layers[:6]]
before, pad, pool = [net.get_layer(name) for name in ("conv1_conv", "pool1_pad", "pool1_pool")]
image = -np.ones((1, 6, 6, 64), np.float32)
theirs = keras.ops.convert_to_numpy(pool(pad(image)))[0, :, :, 0].tolist()
same = keras.ops.convert_to_numpy(keras.layers.MaxPooling2D(3, 2, "same")(image))[0, :, :, 0].tolist()
print("keras", keras.__version__, names, "pool of -1:", theirs, "same:", same)
assert names == ["input_layer", "conv1_pad", "conv1_conv", "pool1_pad", "pool1_pool", "conv2_block1_preact_bn"]
assert before.activation is keras.activations.linear
assert theirs == [[0.0, 0.0, 0.0], [0.0, -1.0, -1.0], [0.0, -1.0, -1.0]]
assert same == [[-1.0] * 3] * 3
PY
