"""Configurations of Keras models with a network inside, of which there is no more than one layer: test/fixtures/kerasaround.json.

Environment: as kerasfiles.py. Command: python test/oracle/kerasaround.py
"""
import keras
import tf_keras

from patterns import write_fixture

# How the network is called in Keras' applications.
NAME = "mobilenet_0.25_224"


def divided(layers, x):
    """What keras.applications.mobilenet.preprocess_input() does to a model's input."""
    return x / 127.5 - 1


def rescaled(layers, x):
    return layers.Rescaling(1 / 127.5, offset=-1)(x)


def in_sequence(layers, x):
    library = keras if layers is keras.layers else tf_keras
    return library.Sequential([layers.RandomFlip(), layers.Rescaling(1 / 127.5, offset=-1)])(x)


def from_0_to_1(layers, x):
    return layers.Rescaling(1 / 255)(x)


def cast(layers, x):
    return layers.Lambda(lambda y: y * 2)(x)


def wrapped(library, before=None, pool="GlobalAveragePooling2D", normalizes=False):
    layers = library.layers
    start = library.Input((8, 8, 3))
    x = layers.Rescaling(1.0)(start) if normalizes else start
    inner = library.Model(start, layers.Conv2D(2, 1, name="conv1")(x), name=NAME)
    images = library.Input((8, 8, 3))
    x = images if before is None else before(layers, images)
    x = getattr(layers, pool)()(inner(x))
    return library.Model(images, layers.Dense(5)(layers.Dropout(0.2)(x)))


def cases(library):
    return {
        "plain": wrapped(library),
        "divided": wrapped(library, divided),
        "rescaled": wrapped(library, rescaled),
        "in sequence": wrapped(library, in_sequence),
        "from 0 to 1": wrapped(library, from_0_to_1),
        "twice": wrapped(library, rescaled, normalizes=True),
        "lambda": wrapped(library, cast),
        "greatest": wrapped(library, pool="GlobalMaxPooling2D"),
    }


if __name__ == "__main__":
    write_fixture("kerasaround", {
        name: {case: model.to_json() for case, model in cases(library).items()}
        for name, library in {"keras3": keras, "keras2": tf_keras}.items()
    })
