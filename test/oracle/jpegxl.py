"""JPEG XL files for test/fixtures/photos: Python with pillow 13.0.0, pillow-jxl-plugin and numpy. See README.md."""
import os

import numpy
import pillow_jxl  # noqa: F401  registers JPEG XL with Pillow
from PIL import Image

FOLDER = os.path.join(os.path.dirname(__file__), "../fixtures/photos")


def main():
    y, x = numpy.mgrid[0:5, 0:7]
    colours = numpy.stack([x * 36, y * 51, (x * 7 + y * 11) % 256], -1).astype(numpy.uint8)
    image = Image.fromarray(colours)
    os.makedirs(FOLDER, exist_ok=True)
    image.save(os.path.join(FOLDER, "rgb.jxl"), lossless=True)
    image.convert("L").save(os.path.join(FOLDER, "grey.jxl"), lossless=True)
    transparent = image.copy()
    transparent.putalpha(Image.fromarray(((x + y) % 3 * 127).astype(numpy.uint8)))
    transparent.save(os.path.join(FOLDER, "rgba.jxl"), lossless=True)


if __name__ == "__main__":
    main()
