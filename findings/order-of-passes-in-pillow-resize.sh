#!/usr/bin/env bash
# Pillow's Image.resize() filters in two passes, each of which rounds to bytes. Up to 12.2.0 the first pass went along the rows, whatever the
# shape; 13.0.0 begins along the columns where a grey picture is much taller than wide (to 32 x 32: where height - 32 is more than twice
# width - 32). So the same call gives other pixels, by one level, and ImageHash's phash() of one and the same tall photo other bits: hashes that
# were stored with one version do not equal those of the other. Wide photos are as they were.
# Seen in pillow 12.2.0 and 13.0.0, ImageHash 4.3.2. Needs Python 3.10 to 3.13; about 100 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > look.py <<'PYTHON'
import json
import sys

import imagehash
import numpy as np
import PIL
from PIL import Image

found = {}
for width, height in ((300, 900), (100, 400), (900, 300), (400, 100), (300, 300)):
    rng = np.random.default_rng(width)
    coarse = Image.fromarray(rng.integers(0, 256, (12, 12), np.uint8))
    photo = coarse.resize((width, height), Image.BICUBIC)
    grain = rng.integers(-20, 21, (height, width))
    photo = Image.fromarray(np.clip(np.asarray(photo).astype(int) + grain, 0, 255).astype(np.uint8))
    small = photo.resize((32, 32), Image.LANCZOS)
    rows_first = photo.resize((32, height), Image.LANCZOS).resize((32, 32), Image.LANCZOS)
    columns_first = photo.resize((width, 32), Image.LANCZOS).resize((32, 32), Image.LANCZOS)
    same = lambda other: bool((np.asarray(small) == np.asarray(other)).all())
    found[f"{width} x {height}"] = {"rows first": same(rows_first), "columns first": same(columns_first), "phash": str(imagehash.phash(photo))}
hashes = []
for seed in range(200):  # faint pictures, whose frequencies lie near their median
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(120, 136, (12, 12), np.uint8)).resize((300, 900), Image.BICUBIC)
    hashes.append(str(imagehash.phash(coarse)))
json.dump({"hashes": hashes, "Pillow": PIL.__version__, "found": found}, sys.stdout)
PYTHON
for version in 12.2.0 13.0.0; do
  python3 -m venv "venv-$version"
  "venv-$version/bin/pip" install --quiet --disable-pip-version-check "pillow==$version" ImageHash==4.3.2 numpy==2.2.6 scipy==1.15.3 PyWavelets==1.8.0
  "venv-$version/bin/python" look.py > "$version.json"
done
python3 - <<'PYTHON'
import json

before, after = (json.load(open(f"{version}.json")) for version in ("12.2.0", "13.0.0"))
for told in (before, after):
    for shape, seen in told["found"].items():
        print("Pillow", told["Pillow"], shape, seen)
for shape, seen in before["found"].items():
    assert seen["rows first"] and not seen["columns first"], (shape, seen)
    width, height = map(int, shape.split(" x "))
    now = after["found"][shape]
    is_tall = height - 32 > 2 * (width - 32)
    assert now["columns first" if is_tall else "rows first"], (shape, now)
    if not is_tall:
        assert now == seen, (shape, seen, now)
tall = [shape for shape in before["found"] if after["found"][shape]["columns first"]]
assert sorted(tall) == ["100 x 400", "300 x 900"], tall
differ = sum(one != other for one, other in zip(before["hashes"], after["hashes"]))
print("of 200 faint tall pictures the hash differs for", differ)
assert 0 < differ < 200, differ
PYTHON
