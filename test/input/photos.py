"""Writes photos of many kinds, and Pillow's pixels of them: photos.py FOLDER. Prints {name: [height, width]}; the pixels of NAME,
as convert("RGB") and exif_transpose() give them, are in FOLDER/../../pixels/NAME. Files that Pillow can't write are made here."""
import json
import os
import struct
import sys
import zlib

import numpy
from PIL import Image, ImageOps

HEIGHT, WIDTH = 13, 21
folder = sys.argv[1]
pixels = os.path.join(folder, "../../pixels")
os.makedirs(folder)
os.makedirs(pixels)
y, x = numpy.mgrid[0:HEIGHT, 0:WIDTH]
rgb = numpy.stack([x * 12, y * 19, (x * 7 + y * 11) % 256], -1).astype(numpy.uint8)
alpha = ((x + y) % 3 * 127).astype(numpy.uint8)
image = Image.fromarray(rgb)
grey = image.convert("L")
transparent = image.copy()
transparent.putalpha(Image.fromarray(alpha))
palette = image.quantize(16)
indices = numpy.array(palette)
colours = numpy.array((palette.getpalette() + [0] * 48)[:48], numpy.uint8).reshape(16, 3)
large = image.resize((64, 48), Image.BICUBIC)


def place(name):
    return os.path.join(folder, name)


def rows(lines):
    return b"".join(line + b"\0" * (-len(line) % 4) for line in lines)


def bmp(name, bits, data, colours=b"", height=HEIGHT, compression=0, header=40, masks=b""):
    info = struct.pack("<IiiHHIIiiII", header, WIDTH, height, 1, bits, compression, len(data), 0, 0, len(colours) // 4, 0)
    info += masks if header == 40 else masks + b"\0" * (header - 40 - len(masks))
    start = 14 + len(info) + len(colours)
    with open(place(name), "wb") as file:
        file.write(b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + info + colours + data)


def bmps():
    bgr = rgb[..., ::-1]
    bgrx = numpy.dstack([bgr, alpha])
    upward = lambda array: rows(line.tobytes() for line in array[::-1])
    masks = lambda *values: struct.pack("<%dI" % len(values), *values)
    image.save(place("24.bmp"))
    grey.save(place("8grey.bmp"))
    image.convert("1").save(place("1.bmp"))
    bmp("24topdown.bmp", 24, rows(line.tobytes() for line in bgr), height=-HEIGHT)
    bmp("24v5.bmp", 24, upward(bgr), header=124)
    bmp("32.bmp", 32, upward(bgrx))
    bmp("32masks.bmp", 32, upward(bgrx), compression=3, masks=masks(0xFF0000, 0xFF00, 0xFF))
    bmp("32v4.bmp", 32, upward(bgrx), compression=3, header=108, masks=masks(0xFF0000, 0xFF00, 0xFF, 0xFF000000))
    swapped = numpy.dstack([rgb, alpha])
    bmp("32swapped.bmp", 32, upward(swapped), compression=3, header=108, masks=masks(0xFF, 0xFF00, 0xFF0000, 0xFF000000))
    short = (rgb >> 3).astype("<u2")
    bmp("16.bmp", 16, upward(short[..., 0] << 10 | short[..., 1] << 5 | short[..., 2]))
    table = b"".join(bytes([b, g, r, 0]) for r, g, b in colours)
    bmp("8palette.bmp", 8, upward(indices), table)
    negative = b"".join(bytes([255 - i] * 3 + [0]) for i in range(256))
    bmp("8negative.bmp", 8, upward(numpy.array(grey)), negative)
    halves = lambda line: bytes(a << 4 | b for a, b in zip(line[::2], list(line[1::2]) + [0]))
    bmp("4palette.bmp", 4, rows(halves(line) for line in indices[::-1]), table)
    runs = b"\0\0".join(b"".join(bytes([1, i]) for i in line) for line in indices[::-1]) + b"\0\1"
    bmp("8rle.bmp", 8, runs, table, compression=1)
    core = struct.pack("<IHHHH", 12, WIDTH, HEIGHT, 1, 24)
    data = upward(bgr)
    with open(place("os2.bmp"), "wb") as file:
        file.write(b"BM" + struct.pack("<IHHI", 26 + len(data), 0, 0, 26) + core + data)


def png(name, depth, kind, data, interlaced=0):
    chunk = lambda what, body: struct.pack(">I", len(body)) + what + body + struct.pack(">I", zlib.crc32(what + body))
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, kind, 0, 0, interlaced)
    with open(place(name), "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b""))


def pngs():
    unfiltered = lambda array: b"".join(b"\0" + line.tobytes() for line in array)
    image.save(place("rgb.png"))
    grey.save(place("grey.png"))
    image.convert("1").save(place("1.png"))
    palette.save(place("palette.png"))
    palette.save(place("palettetransparent.png"), transparency=3)
    transparent.save(place("rgba.png"))
    transparent.convert("LA").save(place("greyalpha.png"))
    png("rgb16.png", 16, 2, unfiltered((rgb.astype(numpy.uint16) * 257 ^ 0x35).astype(">u2")))
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    png("interlaced.png", 8, 2, b"".join(unfiltered(rgb[top::down, left::right]) for left, top, right, down in passes), 1)


def others():
    for name, one, options in [
        ("420.jpg", large, {"subsampling": 2}),
        ("444.jpg", large, {"subsampling": 0}),
        ("progressive.jpg", large, {"progressive": True}),
        ("grey.jpg", large.convert("L"), {}),
        ("cmyk.jpg", large.convert("CMYK"), {}),
    ]:
        one.save(place(name), quality=95, **options)
    palette.save(place("palette.gif"))
    palette.save(place("animated.gif"), save_all=True, append_images=[palette.rotate(180)])
    image.save(place("lossy.webp"), quality=90)
    image.save(place("lossless.webp"), lossless=True)
    transparent.save(place("transparent.webp"), lossless=True)
    transparent.save(place("lossytransparent.webp"), quality=90)
    image.save(place("animated.webp"), save_all=True, append_images=[image.rotate(180)], lossless=True)
    image.save(place("photo.tif"))
    image.save(place("photo.avif"))
    image.save(place("photo.jp2"))


def lying():
    """All eight orientations, in each byte order and kind of file."""
    for orientation in range(1, 9):
        for order in ["<", ">"]:
            head = b"II*\0" if order == "<" else b"MM\0*"
            exif = head + struct.pack(order + "IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
            name = "lying%d%s" % (orientation, "little" if order == "<" else "big")
            large.save(place(name + ".jpg"), exif=b"Exif\0\0" + exif, quality=95, subsampling=0)
            image.save(place(name + ".png"), exif=exif)
            image.save(place(name + ".webp"), exif=exif, lossless=True)


bmps()
pngs()
others()
lying()
sizes = {}
for name in sorted(os.listdir(folder)):
    array = numpy.array(ImageOps.exif_transpose(Image.open(place(name))).convert("RGB"))
    sizes[name] = array.shape[:2]
    with open(os.path.join(pixels, name), "wb") as file:
        file.write(array.tobytes())
print(json.dumps(sizes))
