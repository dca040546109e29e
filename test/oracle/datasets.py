"""Orders of tf.data and pixels of decoded records: test/fixtures/datasets.json.

Environment: the project's own (TensorFlow 2). Command: python test/oracle/datasets.py
The records are those of SLIMLAB_SHARED_DATA, or of shared/data beside the checkout.
"""
import glob
import hashlib
import os
import tempfile
from pathlib import Path

import tensorflow as tf
from patterns import write_fixture

SHARED = Path(os.environ.get("SLIMLAB_SHARED_DATA", Path(__file__).parents[3] / "shared/data"))
LENGTHS = [7, 3, 5]  # records of small files, named "<file>:<record>"
# num_readers, block length, epochs: such that Python's order does not vary from run to run.
READERS = [(1, 32, 2), (2, 2, 2), (2, 1, 1), (2, 5, 3), (3, 1, 1)]


def numbers(dataset):
    return [int(x) for x in dataset]


def read_dataset(files, num_readers, block_length, epochs):
    """The walk-through's read_dataset(), unshuffled."""
    return tf.data.Dataset.from_tensor_slices(files).repeat(epochs).apply(
        tf.data.experimental.parallel_interleave(
            lambda name: tf.data.TFRecordDataset(name, buffer_size=8 * 1000 * 1000),
            cycle_length=num_readers, block_length=block_length, sloppy=False))


def sha(data):
    return hashlib.sha256(data).hexdigest()[:16]


def strings(dataset):
    orders = {tuple(record.numpy().decode() for record in dataset) for _ in range(30)}
    assert len(orders) == 1, f"{len(orders)} orders"
    return list(orders.pop())


def small_files(folder):
    paths = [f"{folder}/{i}.tfrecord" for i in range(len(LENGTHS))]
    for i, path in enumerate(paths):
        with tf.io.TFRecordWriter(path) as writer:
            for record in range(LENGTHS[i]):
                writer.write(f"{i}:{record}".encode())
    return paths


def decode(record):
    parsed = tf.io.parse_single_example(record, {
        "image/encoded": tf.io.FixedLenFeature((), tf.string),
        "image/class/label": tf.io.FixedLenFeature([1], tf.int64)})
    image = tf.io.decode_image(parsed["image/encoded"], 3, expand_animations=False)
    # TF-Slim's decoder takes decode_jpeg for what is a JPEG.
    tf.debugging.assert_equal(image, tf.io.decode_jpeg(parsed["image/encoded"], 3))
    return image, parsed["image/class/label"][0]


def decoded(files, count):
    pairs = [decode(record) for record in tf.data.TFRecordDataset(files).take(count)]
    return {"pixels": [sha(image.numpy().tobytes()) for image, _ in pairs],
            "shapes": [image.shape.as_list() for image, _ in pairs],
            "labels": [int(label) for _, label in pairs]}


def shared():
    flowers = sorted(glob.glob(str(SHARED / "records/flowers*")))
    order = [sha(record.numpy()) for record in read_dataset(flowers, 2, 32, 1)]
    photos = sorted(glob.glob(str(SHARED / "clothing/validation/*/*")))
    pixels = {str(Path(photo).relative_to(SHARED)): sha(tf.io.decode_image(
        tf.io.read_file(photo), 3, expand_animations=False).numpy().tobytes()) for photo in photos}
    return {"flowers": {**decoded(flowers, 24), "order": order},
            "imagenet32": decoded([str(SHARED / "records/imagenet32/validation-00000-of-00001")], 24),
            "clothing": pixels}


if __name__ == "__main__":
    ten = tf.data.Dataset.range(10)
    reshuffled = ten.shuffle(5, seed=42)
    fixed = ten.shuffle(5, seed=42, reshuffle_each_iteration=False)
    grown = tf.data.Dataset.range(1, 6).interleave(
        lambda n: tf.data.Dataset.range(n).map(lambda i: 10 * n + i), cycle_length=2, block_length=2)
    with tempfile.TemporaryDirectory() as folder:
        paths = small_files(folder)
        reads = [{"numReaders": n, "readBlockLength": b, "numEpochs": e,
                  "order": strings(read_dataset(paths, n, b, e))} for n, b, e in READERS]
    write_fixture("datasets", {
        "lengths": LENGTHS,
        "shuffle": [numbers(reshuffled) for _ in range(3)],
        "shuffleRepeat": numbers(ten.shuffle(5, seed=42).repeat(2)),
        "shuffleFixed": [numbers(fixed) for _ in range(2)],
        "interleave": numbers(grown),
        "reads": reads,
        **shared(),
    })
