"""Networks of keras.applications on pattern weights: test/fixtures/nets/<architecture>.keras.json.

Environment: tensorflow==2.21.0 keras==3.15.1. Command: python test/oracle/kerasnets.py [ARCHITECTURE …]
"""
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras  # noqa: E402
import numpy as np  # noqa: E402

import tensorflow as tf  # noqa: E402

from kerasnames import CASES  # noqa: E402
from patterns import array, brief, norm_of, number, pattern, pattern_images, pattern_variable, write_fixture  # noqa: E402

CLASSES = 5


def named_variables(model, variable_of):
    """Each variable with the name of what it is with us; those that are nothing there stay as they are: biases of 0, pixels' moments."""
    for layer in model._flatten_layers(include_self=False, recursive=True):
        if not isinstance(layer, keras.Model):  # of which the layers come too
            for variable in layer.weights:
                name = variable_of(layer.name, variable.name)
                if name is not None:
                    yield name, variable


def load_patterns(model, case):
    """Gives each variable its pattern, which may have another shape with us; gives how many numbers are trained."""
    trained = 0
    for name, variable in named_variables(model, case["variable_of"]):
        shape = list(variable.shape)
        side = case.get("grids", {}).get(name)
        if name.endswith("depthwise_weights"):
            shape = [*shape[:2], int(np.prod(shape[2:])), 1]
        elif side is not None:
            shape = [side, side, shape[0] // side**2, shape[1]]
        elif name == "Predict/logits/weights":
            shape = shape[-2:]
        elif len(shape) == 2:
            shape = [1, 1, *shape]
        variable.assign(pattern_variable(name, shape).reshape(variable.shape))
        trained += int(np.prod(shape)) if variable.trainable else 0
    return trained


def endpoints_of(model, case):
    """Outputs by endpoint: of layers, and of the activations after some; in the order of computation, the latter of a name counts."""
    found, after = {}, case.get("after", lambda _: None)
    waiting = None
    for layer in model.operations:
        if waiting is not None:
            found[waiting] = layer.output
        elif case["endpoint_of"](layer.name) is not None:
            found[case["endpoint_of"](layer.name)] = layer.output
        waiting = after(layer.name)
    return found


def run(model, case, images, is_training):
    found = endpoints_of(model, case)
    part = keras.Model(model.inputs, [model.output, *found.values()])
    named = {name: variable for name, variable in named_variables(model, case["variable_of"]) if variable.trainable}
    with tf.GradientTape() as tape:
        logits, *endpoints = part(images, training=is_training)
        loss = tf.reduce_sum(logits * pattern("gradients", logits.shape))

    def four(value):
        return value if value.ndim == 4 else value.reshape(value.shape[0], 1, 1, -1)

    result = {
        "logits": array(logits.numpy()),
        "endpoints": {key: brief(four(value.numpy())) for key, value in zip(found, endpoints)},
    }
    if is_training:
        names = sorted(named)
        gradients = tape.gradient(loss, [named[name].value for name in names])
        result["gradients"] = [norm_of(gradient.numpy()) for gradient in gradients]
    return result


def describe(architecture, case):
    keras.utils.clear_session()  # layers are counted from 0
    shape = [case.get("batch", 2), case["side"], case["side"], 3]
    create = getattr(keras.applications, case["model"])
    model = create(weights=None, classes=CLASSES, classifier_activation=None, input_shape=shape[1:], **case.get("options", {}))
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    parameters = load_patterns(model, case)
    images = pattern_images("images", shape) * number(case.get("scale", 1))
    inputs = images * number(case.get("times", 1))  # of a network that divides pixels itself
    modes = {"inference": False, "training": True}
    return {
        "architecture": architecture,
        "source": "keras",
        "images": {"name": "images", "shape": shape, "scale": case.get("scale", 1)},
        "numClasses": CLASSES,
        "parameters": parameters,
        **{mode: run(model, case, inputs, is_training) for mode, is_training in modes.items()},
    }


if __name__ == "__main__":
    for architecture, case in CASES.items():
        if len(sys.argv) == 1 or architecture in sys.argv[1:]:
            write_fixture(f"nets/{architecture}.keras", describe(architecture, case))
