#!/usr/bin/env bash
# A transparent pixel of a GIF is black in TensorFlow's decode_image, and has its colour of the palette in Pillow's convert("RGB").
# Seen in tensorflow-cpu 2.21.0, Pillow 13.0.0. Needs Python 3.10 to 3.13; about 300 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0 pillow==13.0.0
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 "$folder/venv/bin/python" - <<'PYTHON'
import io

import PIL
import tensorflow as tf
from PIL import Image

RED, WHITE = (255, 0, 0), (255, 255, 255)
image = Image.new("P", (2, 1))
image.putpalette([*RED, *WHITE])
image.putdata([0, 1])


def gif(**options):
    file = io.BytesIO()
    image.save(file, "GIF", **options)
    return file.getvalue()


def by_pillow(contents):
    rgb = Image.open(io.BytesIO(contents)).convert("RGB")
    return [list(rgb.getpixel((x, 0))) for x in range(2)]


def by_tensorflow(contents):
    return tf.io.decode_image(contents, channels=3, expand_animations=False)[0].numpy().tolist()


opaque, transparent = gif(), gif(transparency=1)
seen = {name: (by_pillow(contents), by_tensorflow(contents)) for name, contents in (("opaque", opaque), ("transparent", transparent))}
print("TensorFlow", tf.__version__, "Pillow", PIL.__version__)
for name, (pillow, tensorflow) in seen.items():
    print(f"a red pixel and a white one that is {name}: Pillow", pillow, "TensorFlow", tensorflow)
assert seen["opaque"][0] == seen["opaque"][1] == [[*RED], [*WHITE]], seen
assert seen["transparent"] == ([[*RED], [*WHITE]], [[*RED], [0, 0, 0]]), seen
PYTHON
