"""The input pipeline of bench/input.ts as Python's tf.data writes it.

Reads a number of batches a line, draws as many and answers with the seconds they took.
    python bench/input.py BATCH SIDE RECORDS...
"""

import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf  # noqa: E402

BATCH, SIDE, FILES = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
FEATURES = {
    "image/encoded": tf.io.FixedLenFeature([], tf.string, ""),
    "image/format": tf.io.FixedLenFeature([], tf.string, "jpeg"),
    "image/class/label": tf.io.FixedLenFeature([1], tf.int64, [0]),
}


def decode(serialized):
    parsed = tf.io.parse_single_example(serialized, FEATURES)
    image = tf.io.decode_image(parsed["image/encoded"], channels=3, expand_animations=False)
    image.set_shape([None, None, 3])
    image = tf.compat.v1.image.resize_bilinear(image[None], [SIDE, SIDE])[0]
    return {"image": image}, tf.cast(tf.reshape(parsed["image/class/label"], []), tf.int32)


dataset = (
    tf.data.Dataset.from_tensor_slices(FILES)
    .repeat()
    .interleave(lambda f: tf.data.TFRecordDataset(f, buffer_size=8_000_000), cycle_length=2, block_length=32, num_parallel_calls=2)
    .map(decode, num_parallel_calls=tf.data.AUTOTUNE)
    .batch(BATCH, drop_remainder=True)
    .prefetch(2)
)
batches = iter(dataset)
next(batches)
print("ready", flush=True)
for line in sys.stdin:
    started = time.perf_counter()
    for _ in range(int(line)):
        next(batches)
    print(time.perf_counter() - started, flush=True)
