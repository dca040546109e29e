"""The training of bench/train.ts as a user of Keras writes it: ResNet-50, model.fit over tf.data, checkpoints, TensorBoard.

Reads a number of steps a line, takes as many and answers with the seconds they took; begins with some that are not counted.
    python bench/train_keras.py BATCH SIDE LEAD SAVE_STEPS SUMMARY_STEPS FOLDER RECORDS...
"""

import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf  # noqa: E402
import keras  # noqa: E402

BATCH, SIDE, LEAD, SAVE_STEPS, SUMMARY_STEPS = map(int, sys.argv[1:6])
FOLDER, FILES = sys.argv[6], sys.argv[7:]
CLASSES, MEANS = 2, [123.68, 116.78, 103.94]
FEATURES = {"image/encoded": tf.io.FixedLenFeature([], tf.string), "image/class/label": tf.io.FixedLenFeature([], tf.int64)}


def augmented(serialized):
    """A box of random area and proportions, of which alone the JPEG is decoded, resized and perhaps mirrored."""
    parsed = tf.io.parse_single_example(serialized, FEATURES)
    encoded = parsed["image/encoded"]
    begin, size, _ = tf.image.sample_distorted_bounding_box(
        tf.io.extract_jpeg_shape(encoded), [[[0.0, 0.0, 1.0, 1.0]]], min_object_covered=0.1, aspect_ratio_range=[3 / 4, 4 / 3], area_range=[0.05, 1]
    )
    top, left, _ = tf.unstack(begin)
    height, width, _ = tf.unstack(size)
    image = tf.io.decode_and_crop_jpeg(encoded, tf.stack([top, left, height, width]), channels=3)
    image = tf.image.random_flip_left_right(tf.image.resize(image, [SIDE, SIDE]))
    return image - tf.constant(MEANS), parsed["image/class/label"]


class Turns(keras.callbacks.Callback):
    """Tells the seconds of each turn, and waits for the next one."""

    def __init__(self):
        super().__init__()
        self.left, self.started, self.losses = LEAD, None, []

    def on_train_batch_begin(self, batch, logs=None):
        if self.left == 0:
            print("ready" if self.started is None else time.perf_counter() - self.started, flush=True)
            line = sys.stdin.readline()
            if not line:
                os._exit(0)
            self.left, self.started = int(line), time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(float(logs["loss"]))
        self.left -= 1


dataset = (
    tf.data.Dataset.from_tensor_slices(FILES)
    .shuffle(len(FILES))
    .repeat()
    .interleave(tf.data.TFRecordDataset, cycle_length=2, block_length=32, num_parallel_calls=2)
    .shuffle(2048)
    .map(augmented, num_parallel_calls=tf.data.AUTOTUNE)
    .batch(BATCH, drop_remainder=True)
    .prefetch(2)
)
model = keras.applications.ResNet50(weights=None, input_shape=(SIDE, SIDE, 3), classes=CLASSES, classifier_activation=None)
model.compile(
    optimizer=keras.optimizers.SGD(0.01, momentum=0.9, weight_decay=1e-4),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
    jit_compile=False,
)
callbacks = [
    keras.callbacks.ModelCheckpoint(os.path.join(FOLDER, "model.keras"), save_freq=SAVE_STEPS),
    keras.callbacks.TensorBoard(os.path.join(FOLDER, "events"), update_freq=SUMMARY_STEPS),
    Turns(),
]
model.fit(dataset, epochs=1, steps_per_epoch=10**9, shuffle=False, verbose=0, callbacks=callbacks)
