"""Networks of keras.applications on pattern weights: test/fixtures/nets/<architecture>.keras.json.

Environment: tensorflow==2.21.0 keras==3.15.1. Command: python test/oracle/kerasnets.py [ARCHITECTURE …]
"""
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras  # noqa: E402
import numpy as np  # noqa: E402

from kerasnames import CASES  # noqa: E402
from patterns import array, number, pattern_images, pattern_variable, summarize, write_fixture  # noqa: E402

CLASSES = 5


def load_patterns(model, variable_of):
    """Gives each variable the pattern of the one it is with us, which may have another shape."""
    for layer in model._flatten_layers(include_self=False, recursive=True):
        if isinstance(layer, keras.Model):  # of which the layers come too
            continue
        for variable in layer.weights:
            name = variable_of(layer.name, variable.name)
            if name is None:  # of a layer that normalizes pixels
                continue
            shape = list(variable.shape)
            if name.endswith("depthwise_weights"):
                shape = [*shape[:2], int(np.prod(shape[2:])), 1]
            elif len(shape) == 2 and not name.startswith("Predict/"):
                shape = [1, 1, *shape]
            variable.assign(pattern_variable(name, shape).reshape(variable.shape))
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def run(model, endpoint_of, images, is_training):
    found = {endpoint_of(layer.name): layer.output for layer in model.layers if endpoint_of(layer.name) is not None}
    part = keras.Model(model.inputs, [model.output, *found.values()])
    logits, *endpoints = part(images, training=is_training)

    def four(value):
        return value if value.ndim == 4 else value.reshape(value.shape[0], 1, 1, -1)

    return {
        "logits": array(logits.numpy()),
        "endpoints": {key: summarize(four(value.numpy())) for key, value in zip(found, endpoints)},
    }


def describe(architecture, case):
    keras.utils.clear_session()  # layers are counted from 0
    shape = [case.get("batch", 2), case["side"], case["side"], 3]
    create = getattr(keras.applications, case["model"])
    model = create(weights=None, classes=CLASSES, classifier_activation=None, input_shape=shape[1:], **case.get("options", {}))
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    parameters = load_patterns(model, case["variable_of"])
    images = pattern_images("images", shape) * number(case.get("scale", 1))
    inputs = images * number(case.get("times", 1))  # of a network that divides pixels itself
    modes = {"inference": False, "training": True}
    return {
        "architecture": architecture,
        "source": "keras",
        "images": {"name": "images", "shape": shape, "scale": case.get("scale", 1)},
        "numClasses": CLASSES,
        "parameters": parameters,
        **{mode: run(model, case["endpoint_of"], inputs, is_training) for mode, is_training in modes.items()},
    }


if __name__ == "__main__":
    for architecture, case in CASES.items():
        if len(sys.argv) == 1 or architecture in sys.argv[1:]:
            write_fixture(f"nets/{architecture}.keras", describe(architecture, case))
