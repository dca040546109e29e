"""The input pipeline of bench/input.ts as Python's tf.data writes it: TF-Slim's vgg_preprocessing.preprocess_for_eval without means.

Reads a number of epochs a line, goes through them and answers with the seconds a batch took.
    python bench/input.py BATCH SIDE RATIO RECORDS...
"""

import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf  # noqa: E402

BATCH, SIDE, RATIO, FILES = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
RESIZE_SIDE = round(SIDE * 256 / 224)
FEATURES = {
    "image/encoded": tf.io.FixedLenFeature([], tf.string, ""),
    "image/format": tf.io.FixedLenFeature([], tf.string, "jpeg"),
    "image/class/label": tf.io.FixedLenFeature([1], tf.int64, [0]),
}


def decode(serialized):
    parsed = tf.io.parse_single_example(serialized, FEATURES)
    image = tf.io.decode_jpeg(parsed["image/encoded"], channels=3, ratio=RATIO)
    sides = tf.cast(tf.shape(image)[:2], tf.float32)
    size = tf.cast(tf.round(sides * (RESIZE_SIDE / tf.reduce_min(sides))), tf.int32)
    image = tf.compat.v1.image.resize_bilinear(image[None], size)[0]
    top, left = (size[0] - SIDE) // 2, (size[1] - SIDE) // 2
    image = image[top : top + SIDE, left : left + SIDE]
    image.set_shape([SIDE, SIDE, 3])
    return {"image": image}, tf.cast(tf.reshape(parsed["image/class/label"], []), tf.int32)


def dataset(epochs):
    return (
        tf.data.Dataset.from_tensor_slices(FILES)
        .interleave(lambda f: tf.data.TFRecordDataset(f, buffer_size=8_000_000), cycle_length=2, block_length=32, num_parallel_calls=2)
        .repeat(epochs)
        .map(decode, num_parallel_calls=tf.data.AUTOTUNE)
        .batch(BATCH)
        .prefetch(2)
    )


print("ready", flush=True)
for line in sys.stdin:
    batches = dataset(int(line))
    started = time.perf_counter()
    count = sum(label.shape[0] for _, label in batches)
    print((time.perf_counter() - started) * BATCH / count, flush=True)
