#!/usr/bin/env bash
# TensorFlow and Pillow decode one JPEG to other pixels, though libjpeg-turbo does it in both: tf.io.decode_jpeg's dct_method "" is the fast integer
# transform ("INTEGER_FAST"), Pillow's the accurate one. Levels are apart by 1 in the mean, of ImageNet's photos by up to 19 here and there;
# with dct_method="INTEGER_ACCURATE" both agree to the bit. tf.io.decode_image, which Keras' image_dataset_from_directory() takes, has no such
# argument: it is always the fast one.
# Weights that were trained behind Pillow (torchvision, timm) so see other photos behind tf.data.
# Seen in tensorflow-cpu 2.21.0, pillow 12.0.0. Needs Python 3.10 to 3.13; about 310 MB are downloaded to a temporary folder.
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
shades = Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8)).resize((480, 360), Image.BICUBIC)
grain = rng.integers(-25, 26, (360, 480, 3))
photo = Image.fromarray(np.clip(np.asarray(shades).astype(int) + grain, 0, 255).astype(np.uint8))
for quality in (75, 95):
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=quality)
    contents = file.getvalue()
    pillow = np.asarray(Image.open(io.BytesIO(contents)).convert("RGB")).astype(int)
    ways = {
        "decode_jpeg": tf.io.decode_jpeg(contents, channels=3),
        "decode_image": tf.io.decode_image(contents, channels=3),
        "INTEGER_FAST": tf.io.decode_jpeg(contents, channels=3, dct_method="INTEGER_FAST"),
        "INTEGER_ACCURATE": tf.io.decode_jpeg(contents, channels=3, dct_method="INTEGER_ACCURATE"),
    }
    apart = {name: np.abs(pixels.numpy().astype(int) - pillow) for name, pixels in ways.items()}
    print("TensorFlow", tf.__version__, "quality", quality, {name: (round(float(d.mean()), 2), int(d.max())) for name, d in apart.items()})
    assert apart["INTEGER_ACCURATE"].max() == 0, apart
    assert all(apart[name].mean() > 0.3 and apart[name].max() >= 3 for name in ("decode_jpeg", "decode_image", "INTEGER_FAST"))
    assert (ways["decode_jpeg"].numpy() == ways["INTEGER_FAST"].numpy()).all()
    assert (ways["decode_image"].numpy() == ways["INTEGER_FAST"].numpy()).all()
PYTHON
