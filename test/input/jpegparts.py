"""JPEG files of many kinds, and what libjpeg, in TensorFlow, gives of each at a quarter and an eighth, as PNG files beside them.

    python test/input/jpegparts.py FOLDER

Prints the JPEG files' paths. Of each ten the last two are of kinds that libjpeg alone reads here: progressive, and RGB.
"""
import io
import os
import sys

import numpy as np
import tensorflow as tf
from PIL import Image, ImageFile

ImageFile.MAXBLOCK = 1 << 22
FOLDER = sys.argv[1]
os.makedirs(FOLDER)
rng = np.random.default_rng(1)


def encode(i, pixels):
    kind = i % 10
    options = {"quality": int(rng.integers(10, 100)), "optimize": i % 4 == 0}
    if kind == 7:
        image = Image.fromarray(pixels[..., 0])
    else:
        image = Image.fromarray(pixels)
        options["subsampling"] = kind % 3  # 4:4:4, 4:2:2, 4:2:0
    if kind in (3, 4, 5):
        options["restart_marker_blocks"] = int(rng.integers(1, 7))
    if kind == 8:
        options["progressive"] = True
    if kind == 9:
        options["keep_rgb"] = True
        options["subsampling"] = 0
    file = io.BytesIO()
    image.save(file, "jpeg", **options)
    return file.getvalue()


for i in range(60):
    height, width = rng.integers(1, 200, 2)
    noise = rng.integers(0, 256 if i % 3 == 0 else 12, (height, width, 3))
    slope = np.add.outer(np.arange(height) * 2, np.arange(width))[..., None] + np.array([0, 50, 90])
    contents = encode(i, (noise if i % 3 == 0 else slope + noise).clip(0, 255).astype(np.uint8))
    file = os.path.join(FOLDER, f"{i}.jpg")
    with open(file, "wb") as out:
        out.write(contents)
    for ratio in (4, 8):
        pixels = tf.io.decode_jpeg(contents, channels=3, ratio=ratio)
        with open(f"{file}.{ratio}.png", "wb") as out:
            out.write(tf.io.encode_png(pixels).numpy())
    print(file)
