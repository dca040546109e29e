"""Perceptual hashes of photos of several kinds, of ImageHash and Pillow: test/fixtures/phash.json.

Environment: ImageHash==4.3.2 pillow==13.0.0 numpy scipy. Command: python test/oracle/phash.py
"""
import base64
import hashlib
import io

import imagehash
import numpy as np
from PIL import Image, ImageOps

from patterns import write_fixture

random = np.random.default_rng(17)


def photo(width, height, detail=9):
    """Soft shapes in colour, and some noise, as photographs have."""
    coarse = Image.fromarray(random.integers(0, 256, (detail, detail, 3), dtype=np.uint8))
    soft = np.asarray(coarse.resize((width, height), Image.BICUBIC)).astype(np.int16)
    return Image.fromarray(np.clip(soft + random.integers(-12, 13, soft.shape), 0, 255).astype(np.uint8))


def written(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def turned(image, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return written(image, "JPEG", quality=90, exif=exif)


def of(contents):
    image = Image.open(io.BytesIO(contents))
    upright = ImageOps.exif_transpose(image)
    small = upright.convert("L").resize((32, 32), Image.LANCZOS)
    return {"file": base64.b64encode(contents).decode(), "width": upright.width, "height": upright.height,
            "orientation": image.getexif().get(0x0112, 1), "small": hashlib.sha256(small.tobytes()).hexdigest(),
            "hash": str(imagehash.phash(upright)), "stored": str(imagehash.phash(image))}


if __name__ == "__main__":
    transparent = photo(60, 44)
    transparent.putalpha(Image.fromarray(random.integers(0, 256, (44, 60), dtype=np.uint8)))
    ramp = np.tile(np.arange(64, dtype=np.uint8), (48, 1))
    files = {
        "plain.jpg": written(photo(96, 72), "JPEG", quality=85),
        "progressive.jpg": written(photo(70, 101), "JPEG", quality=60, progressive=True),
        "full.jpg": written(photo(64, 64), "JPEG", quality=95, subsampling=0),
        "grey.jpg": written(photo(80, 50).convert("L"), "JPEG", quality=90),
        **{f"turned{i}.jpg": turned(photo(64, 40), i) for i in range(2, 9)},
        "plain.png": written(photo(57, 83), "PNG"),
        "grey.png": written(photo(40, 40).convert("L"), "PNG"),
        "transparent.png": written(transparent, "PNG"),
        "tiny.png": written(photo(13, 20), "PNG"),
        "square.png": written(photo(32, 32), "PNG"),
        "wide.png": written(photo(300, 9), "PNG"),
        "tall.png": written(photo(7, 200), "PNG"),
        "dot.png": written(Image.new("RGB", (1, 1), (9, 120, 44)), "PNG"),
        "flat.png": written(Image.new("RGB", (50, 40), (77, 90, 13)), "PNG"),
        "black.png": written(Image.new("RGB", (50, 40)), "PNG"),
        "ramp.png": written(Image.fromarray(ramp), "PNG"),
        "down.png": written(Image.fromarray(ramp.T[::-1].copy()), "PNG"),
        "soft.gif": written(photo(48, 36).quantize(32), "GIF"),
        "plain.bmp": written(photo(24, 30), "BMP"),
        "lossless.webp": written(photo(45, 33), "WEBP", lossless=True),
    }
    write_fixture("phash", {name: of(contents) for name, contents in files.items()})
