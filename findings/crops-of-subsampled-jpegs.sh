#!/usr/bin/env bash
# tf.io.decode_and_crop_jpeg is not decode_jpeg and a slice: where colours are sampled at half the width (4:2:0, 4:2:2) the crop's first or last
# column differs, since what smooths the colours ends at the crop. Cropped with one pixel more on each side and then sliced it equals decoding to the
# bit. Colours that are not subsampled (4:4:4) are equal anyhow.
# Seen in tensorflow-cpu 2.21.0. Needs Python 3.10 to 3.13; about 310 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0 pillow==12.0.0
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 "$folder/venv/bin/python" - <<'PYTHON'
import io

import numpy as np
import tensorflow as tf
from PIL import Image

rng = np.random.default_rng(1)
pixels = Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8)).resize((160, 120), Image.BICUBIC)
Y, X, HEIGHT, WIDTH = 21, 31, 57, 63  # odd: within what a colour's sample covers
differing = {}
for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
    file = io.BytesIO()
    pixels.save(file, "JPEG", quality=90, subsampling=subsampling)
    photo = file.getvalue()
    whole = tf.io.decode_jpeg(photo, dct_method="INTEGER_ACCURATE").numpy()[Y : Y + HEIGHT, X : X + WIDTH]
    crop = tf.io.decode_and_crop_jpeg(photo, [Y, X, HEIGHT, WIDTH], dct_method="INTEGER_ACCURATE").numpy()
    wider = tf.io.decode_and_crop_jpeg(
        photo, [Y - 1, X - 1, HEIGHT + 2, WIDTH + 2], dct_method="INTEGER_ACCURATE"
    ).numpy()[1:-1, 1:-1]
    columns = sorted({int(column) for column in np.argwhere(crop != whole)[:, 1]})
    differing[subsampling] = (columns, bool((wider == whole).all()))
    print("TensorFlow", tf.__version__, subsampling, "columns of", WIDTH, "that differ:", columns, "with a pixel more equal:", differing[subsampling][1])
assert differing["4:4:4"] == ([], True), differing
for subsampling in ("4:2:2", "4:2:0"):
    columns, equal = differing[subsampling]
    assert columns and set(columns) <= {0, WIDTH - 1} and equal, differing
PYTHON
