"""The fine-tuning of bench/finetune.ts as Keras's guide has it: a frozen base, a new head, fit().

Keras's own ResNet50 strides elsewhere than these weights were trained with: its layers are put together as torchvision strides them.
Says "ready" when the validated accuracy is the goal's, then answers "photos" (how many it has learned from), "validation" and "test" with numbers.
    python bench/finetune_keras.py PHOTOS WEIGHTS SEED GOAL fit|features
https://keras.io/guides/transfer_learning
"""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf  # noqa: E402
import keras  # noqa: E402
from keras import layers  # noqa: E402

SIDE, BATCH, MOST_EPOCHS = 224, 16, 50
RATE = 0.01  # with Adam: one epoch is enough


def resnet50():
    """Without its last layer, on 0…255: torchvision's network and preprocessing."""
    images = keras.Input((SIDE, SIDE, 3))
    x = layers.Rescaling(1 / 255)(images)
    x = layers.Normalization(mean=[0.485, 0.456, 0.406], variance=[0.229**2, 0.224**2, 0.225**2])(x)
    x = layers.ZeroPadding2D(3)(x)
    x = layers.Conv2D(64, 7, strides=2, use_bias=False, name="conv1")(x)
    x = layers.ReLU()(normalized(x, "bn1"))
    x = layers.MaxPooling2D(3, strides=2)(layers.ZeroPadding2D(1)(x))
    for block, units in enumerate([3, 4, 6, 3]):
        for unit in range(units):
            x = bottleneck(x, 64 * 2**block, f"layer{block + 1}_{unit}", strides=2 if block > 0 and unit == 0 else 1, is_first=unit == 0)
    return keras.Model(images, layers.GlobalAveragePooling2D()(x))


def bottleneck(x, depth, name, strides, is_first):
    shortcut = x
    if is_first:
        shortcut = layers.Conv2D(4 * depth, 1, strides=strides, use_bias=False, name=f"{name}_downsample_0")(x)
        shortcut = normalized(shortcut, f"{name}_downsample_1")
    y = layers.Conv2D(depth, 1, use_bias=False, name=f"{name}_conv1")(x)
    y = layers.ZeroPadding2D(1)(layers.ReLU()(normalized(y, f"{name}_bn1")))
    y = layers.Conv2D(depth, 3, strides=strides, use_bias=False, name=f"{name}_conv2")(y)
    y = layers.ReLU()(normalized(y, f"{name}_bn2"))
    y = layers.Conv2D(4 * depth, 1, use_bias=False, name=f"{name}_conv3")(y)
    return layers.ReLU()(layers.Add()([shortcut, normalized(y, f"{name}_bn3")]))


def normalized(x, name):
    return layers.BatchNormalization(epsilon=1e-5, name=name)(x)


def cached(base, dataset):
    """What the base gives of each photo, once."""
    parts = [(base.predict_on_batch(images), labels) for images, labels in dataset]
    features, labels = (tf.concat(part, 0) for part in zip(*parts))
    return tf.data.Dataset.from_tensor_slices((features, labels)).shuffle(len(labels)).batch(BATCH)


class Reached(keras.callbacks.Callback):
    """Ends the training at the goal."""

    def __init__(self, goal):
        super().__init__()
        self.goal, self.epochs, self.accuracy = goal, 0, 0

    def on_epoch_end(self, epoch, logs=None):
        self.epochs, self.accuracy = epoch + 1, logs["val_accuracy"]
        self.model.stop_training = self.accuracy >= self.goal


def main():
    photos, weights, seed, goal, way = sys.argv[1:]
    keras.utils.set_random_seed(int(seed))

    def split(name, shuffle=False):
        return keras.utils.image_dataset_from_directory(
            os.path.join(photos, name), image_size=(SIDE, SIDE), batch_size=BATCH, shuffle=shuffle, crop_to_aspect_ratio=True, verbose=0
        )

    base = resnet50()
    base.load_weights(weights)
    base.trainable = False
    augmentation = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)])
    given = layers.Input((SIDE, SIDE, 3) if way == "fit" else base.output_shape[1:])
    x = base(augmentation(given), training=False) if way == "fit" else given
    model = keras.Model(given, layers.Dense(1)(layers.Dropout(0.2)(x)))
    model.compile(keras.optimizers.Adam(RATE), keras.losses.BinaryCrossentropy(from_logits=True), metrics=["accuracy"], jit_compile=False)
    train, validation = split("train", shuffle=True), split("validation")
    count = len(train.file_paths)
    if way == "features":
        train, validation = cached(base, train.map(lambda images, labels: (augmentation(images), labels))), cached(base, validation)
    reached = Reached(float(goal))
    model.fit(train.prefetch(2), validation_data=validation.prefetch(2), epochs=MOST_EPOCHS, callbacks=[reached], shuffle=False, verbose=0)
    if reached.accuracy < float(goal):
        sys.exit(f"Cannot reach {goal}: got {reached.accuracy} after {reached.epochs} epochs")
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "test":
            test = split("test") if way == "fit" else cached(base, split("test"))
            print(model.evaluate(test, verbose=0)[1], flush=True)
        else:
            print(reached.epochs * count if line.strip() == "photos" else reached.accuracy, flush=True)


if __name__ == "__main__":
    main()
