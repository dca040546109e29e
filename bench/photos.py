"""Photos' SHA-256 and ImageHash's phash, by as many processes as there are processors.

Reads a line, goes through the photos of FOLDER and answers with the seconds it took.
    python bench/photos.py FOLDER
"""

import hashlib
import multiprocessing
import pathlib
import sys
import time

import imagehash
from PIL import Image


def look(path):
    return hashlib.sha256(path.read_bytes()).digest(), str(imagehash.phash(Image.open(path)))


if __name__ == "__main__":
    files = sorted(pathlib.Path(sys.argv[1]).rglob("*.jpg"))
    with multiprocessing.Pool() as pool:
        pool.map(look, files[:100])
        print("ready", flush=True)
        for line in sys.stdin:
            started = time.perf_counter()
            pool.map(look, files, chunksize=64)
            print(time.perf_counter() - started, flush=True)
