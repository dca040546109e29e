"""What Python's tf.data and image ops make of real records and photos: test/fixtures/records.json.

The files are not in the repository: the fixture holds hashes, labels and sampled pixels only. They lie in
../shared/data beside the checkout, or in $SLIMLAB_SHARED_DATA.

Environment: tensorflow-cpu 2.21. Command: python test/oracle/records.py
"""
import hashlib
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf  # noqa: E402

from patterns import VGG_MEANS, summarize, write_fixture  # noqa: E402

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("SLIMLAB_SHARED_DATA", REPOSITORY.parent / "shared/data"))
FLOWERS = [f"records/flowers_validation_0000{shard}-of-00005.tfrecord" for shard in (0, 1)]
IMAGENET32 = [f"records/imagenet32/{split}-00000-of-00001" for split in ("train", "validation")]
PHOTOS = sorted(str(p.relative_to(DATA)) for p in (DATA / "clothing/test").glob("*/*.jpg"))[::17]
KEYS = ("image/encoded", "image/format", "image/class/label")
HASHED, DECODED, RESIZED = 20, 10, 4
RESIZE_SIDE, CROP_SIDE = 256, 224


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def parse(record):
    """(encoded, format, label) of a serialized example."""
    features = {"image/encoded": tf.io.FixedLenFeature((), tf.string, ""),
                "image/format": tf.io.FixedLenFeature((), tf.string, "jpeg"),
                "image/class/label": tf.io.FixedLenFeature([1], tf.int64, tf.zeros([1], tf.int64))}
    example = tf.io.parse_single_example(record, features)
    return (*(example[key] for key in KEYS[:2]), int(example[KEYS[2]][0]))


def pixels_of(encoded):
    """uint8 [height, width, 3], as slim.tfexample_decoder.Image decodes it: decode_image, DCT method by default."""
    return tf.io.decode_image(encoded, channels=3, expand_animations=False)


def preprocess(pixels):
    """TF-Slim's vgg_preprocessing.preprocess_for_eval: smaller side to 256, central crop 224, less the VGG means.

    Sizes as there: float32 arithmetic, rounded to even (rint). The crop begins at (size - 224) / 2, truncated.
    """
    height, width = pixels.shape[:2]
    scale = tf.cast(RESIZE_SIDE, tf.float32) / tf.cast(min(height, width), tf.float32)
    size = [int(tf.cast(tf.math.rint(tf.cast(n, tf.float32) * scale), tf.int32)) for n in (height, width)]
    resized = tf.compat.v1.image.resize_bilinear(tf.expand_dims(pixels, 0), size, align_corners=False)[0]
    top, left = ((n - CROP_SIDE) // 2 for n in size)
    cropped = resized[top:top + CROP_SIDE, left:left + CROP_SIDE]
    return size, resized, cropped - tf.constant(VGG_MEANS)


def describe_image(encoded, with_resize):
    """Decoded size and hash, and what resizing makes of it."""
    pixels = pixels_of(encoded)
    entry = {"shape": pixels.shape.as_list(), "pixelsSha256": sha256(pixels.numpy().tobytes())}
    if with_resize:
        size, resized, preprocessed = preprocess(pixels)
        plain = tf.compat.v1.image.resize_bilinear(pixels[None], [CROP_SIDE, CROP_SIDE], align_corners=False)[0]
        half = tf.compat.v1.image.resize_bilinear(pixels[None], [CROP_SIDE, CROP_SIDE], half_pixel_centers=True)[0]
        entry.update({
            "resizedSize": size,
            "resized": summarize(resized),
            "preprocessed": summarize(preprocessed),
            "resized224": summarize(plain),
            "resized224HalfPixelCenters": summarize(half),
        })
    return entry


def describe_file(path):
    """Number of records, their first hashes and labels, and the first images."""
    records = list(tf.data.TFRecordDataset(str(DATA / path)).as_numpy_iterator())
    parsed = [parse(record) for record in records]
    images = [describe_image(encoded, i < RESIZED) for i, (encoded, _, _) in enumerate(parsed[:DECODED])]
    return {
        "records": len(records),
        "allSha256": sha256("".join(sha256(record) for record in records).encode()),
        "recordSha256": [sha256(record) for record in records[:HASHED]],
        "formats": sorted({format_.numpy().decode() for _, format_, _ in parsed}),
        "labels": [label for _, _, label in parsed],
        "images": images,
    }


def runs_of(dataset):
    """[file, first record, count] of every run of neighbouring records, and the hash of all records' hashes."""
    runs, digests = [], []
    for file, record, bytes_ in dataset.as_numpy_iterator():
        digests.append(sha256(bytes_))
        if runs and runs[-1][0] == file and sum(runs[-1][1:]) == record:
            runs[-1][2] += 1
        else:
            runs.append([int(file), int(record), 1])
    return runs, sha256("".join(digests).encode())


def interleaved(paths, cycle_length, block_length, epochs=1):
    """The order of an unshuffled interleave: parallel_interleave, which TF-Slim's way of reading uses, and
    Dataset.interleave, which differs from it once a file ends while others wait."""
    def read(file, path):
        records = tf.data.TFRecordDataset(path, buffer_size=8_000_000)
        return records.enumerate().map(lambda record, bytes_: (file, record, bytes_))

    files = tf.data.Dataset.from_tensor_slices([str(DATA / path) for path in paths]).enumerate().repeat(epochs)
    legacy = files.apply(tf.data.experimental.parallel_interleave(
        read, cycle_length=cycle_length, block_length=block_length, sloppy=False))
    modern = files.interleave(read, cycle_length=cycle_length, block_length=block_length,
                              num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    runs, digest = runs_of(legacy)
    modern_runs, modern_digest = runs_of(modern)
    return {
        "files": paths,
        "numReaders": cycle_length,
        "readBlockLength": block_length,
        "numEpochs": epochs,
        "parallelInterleave": {"sha256": digest, "runs": runs},
        "interleave": {"sha256": modern_digest, "runs": modern_runs},
    }


if __name__ == "__main__":
    write_fixture("records", {
        "files": {path: describe_file(path) for path in FLOWERS + IMAGENET32},
        "photos": {path: describe_image((DATA / path).read_bytes(), i < RESIZED) for i, path in enumerate(PHOTOS)},
        "orders": [
            interleaved(FLOWERS, 1, 32),
            interleaved(FLOWERS, 2, 32),
            interleaved(FLOWERS, 2, 1),
            interleaved(FLOWERS, 2, 32, epochs=2),
            interleaved(FLOWERS + IMAGENET32, 3, 32),
        ],
    })
