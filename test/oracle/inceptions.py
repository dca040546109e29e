"""Variables, endpoints and numbers of TF-Slim's Inceptions: test/fixtures/nets/<architecture>.slim.json.

Inception v3 is tf_slim's own. v4 and Inception-ResNet v2 are no part of the package: SLIM_NETS is the folder research/slim/nets of
github.com/tensorflow/models. Their imports of tensorflow.contrib are turned to tf_slim; nothing else is changed.

Environment: see slim.py. Command: SLIM_NETS=.../research/slim/nets python test/oracle/inceptions.py [ARCHITECTURE …]
"""
import hashlib
import os
import pathlib
import re
import sys
import types

import numpy as np

from patterns import array, number, pattern, pattern_integers, pattern_variable, summarize, write_fixture
from slim import name_of, new_session, slim, tf
from tf_slim.nets import inception_v3

CLASSES, AUX_WEIGHT, SIDE, BATCH = 5, 0.4, 155, 4
NOT_OURS = ("Logits", "Predictions", "PreLogits", "PreLogitsFlatten")


def published(name):
    """A module of SLIM_NETS, importing tf_slim in place of tensorflow.contrib."""
    text = (pathlib.Path(os.environ["SLIM_NETS"]) / f"{name}.py").read_text("utf-8-sig")
    text = re.sub(r"^import tensorflow as tf$", "import tensorflow.compat.v1 as tf", text, flags=re.M)
    text = re.sub(r"^from tensorflow.contrib import slim as contrib_slim$", "import tf_slim as contrib_slim", text, flags=re.M)
    text = re.sub(r"^slim = tf.contrib.slim$", "import tf_slim as slim", text, flags=re.M)
    module = types.ModuleType(f"nets.{name}")
    sys.modules.setdefault("nets", types.ModuleType("nets"))
    exec(compile(text, f"{name}.py", "exec"), module.__dict__)
    sys.modules[f"nets.{name}"] = module
    setattr(sys.modules["nets"], name, module)
    return module


published("inception_utils")
v4, resnet_v2 = published("inception_v4"), published("inception_resnet_v2")
# name -> (network, its arg scope, the scope of its logits)
NETS = {
    "inception_v3": (inception_v3.inception_v3, inception_v3.inception_v3_arg_scope, "InceptionV3/Logits/Conv2d_1c_1x1"),
    "inception_v4": (v4.inception_v4, v4.inception_v4_arg_scope, "InceptionV4/Logits/Logits"),
    "inception_resnet_v2": (resnet_v2.inception_resnet_v2, resnet_v2.inception_resnet_v2_arg_scope, "InceptionResnetV2/Logits/Logits"),
}


def build(name, images, classes, is_training, **options):
    """(logits, endpoints) of a network with its auxiliary classifier and without dropout."""
    network, arg_scope, _ = NETS[name]
    with slim.arg_scope(arg_scope()):
        logits, endpoints = network(images, classes, is_training=is_training, dropout_keep_prob=1.0, **options)
    pooled = endpoints.get("PreLogits", endpoints.get("PreLogitsFlatten"))
    kept = {key: value for key, value in endpoints.items() if key not in NOT_OURS and key != "global_pool"}
    return logits, {**kept, "global_pool": pooled if pooled.shape.ndims == 4 else pooled[:, None, None, :]}


def is_head(name, variable):
    return name_of(variable).startswith(NETS[name][2] + "/")


def decayed():
    """name of a regularized variable -> its part of the loss"""
    found = {}
    for loss in tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES):
        scope, kind = re.match(r"(.*)/(kernel|bias)/Regularizer/", loss.op.name).groups()
        scope = re.sub(r"^(\w+)/\1/", r"\1/", scope)  # a scope entered twice
        found[f"{scope}/{'weights' if kind == 'kernel' else 'biases'}"] = loss
    return found


def digest(lines):
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def table(name, **options):
    """Variables in order, and endpoints, of 1000 classes at 299 pixels; without the logits layer."""
    with tf.Graph().as_default():
        _, endpoints = build(name, tf.placeholder(tf.float32, [2, 299, 299, 3]), 1000, True, **options)
        variables = [v for v in slim.get_model_variables() if not is_head(name, v)]
        trainable = [v for v in tf.trainable_variables() if not is_head(name, v)]
        regularized = [key for key in decayed() if not key.startswith(NETS[name][2] + "/")]
        return {
            "endpoints": {key: value.shape.as_list() for key, value in endpoints.items()},
            "scopes": [name_of(v).removesuffix("/weights") for v in variables if name_of(v).endswith("/weights")],
            "count": len(variables),
            "parameters": sum(v.shape.num_elements() for v in trainable),
            "variablesSha256": digest(f"{name_of(v)} {v.shape.as_list()}" for v in variables),
            "regularizedCount": len(regularized),
            "regularizedSha256": digest(sorted(regularized)),
        }


def value_of(name, variable):
    """The pattern of a variable: the logits layer is called as in a Model, and is a matrix."""
    shape = variable.shape.as_list()
    if not is_head(name, variable):
        return pattern_variable(name_of(variable), shape)
    return pattern_variable(f"Predict/logits/{name_of(variable).rsplit('/', 1)[1]}", shape[-2:]).reshape(shape)


def run_mode(name, is_training):
    """Everything of one network in one mode."""
    shape = [BATCH, SIDE, SIDE, 3]
    with tf.Graph().as_default(), new_session() as session:
        images, labels = tf.placeholder(tf.float32, shape), tf.placeholder(tf.int32, [BATCH])
        logits, endpoints = build(name, images, CLASSES, is_training)
        losses = {
            "crossEntropy": tf.losses.sparse_softmax_cross_entropy(labels, logits),
            "auxiliary": tf.losses.sparse_softmax_cross_entropy(labels, endpoints["AuxLogits"], weights=AUX_WEIGHT),
            "regularization": tf.add_n([loss for key, loss in decayed().items() if not key.startswith(NETS[name][2] + "/")]),
        }
        losses["loss"] = tf.add_n(list(losses.values()))
        session.run(tf.global_variables_initializer())
        for variable in slim.get_model_variables():
            variable.load(value_of(name, variable), session)
        feed = {images: pattern("images", shape), labels: pattern_integers("labels", [BATCH], CLASSES)}
        values = session.run({"logits": logits, "endpoints": endpoints, "losses": losses}, feed)
        result = {
            "logits": array(values["logits"]),
            "auxLogits": array(values["endpoints"].pop("AuxLogits")),
            "losses": {key: number(value) for key, value in values["losses"].items()},
            "endpoints": {key: summarize(value) for key, value in values["endpoints"].items()},
        }
        if is_training:
            result["updates"] = updates(session, feed)
        return result


def updates(session, feed):
    """How far one batch moves the moving statistics."""
    moving = [v for v in slim.get_model_variables() if "/moving_" in name_of(v)]
    before = session.run(moving)
    session.run(tf.get_collection(tf.GraphKeys.UPDATE_OPS), feed)
    changes = [new - old for new, old in zip(session.run(moving), before)]
    return {
        "count": len(moving),
        "norm": number(np.sqrt(sum(float((change.astype(np.float64) ** 2).sum()) for change in changes))),
    }


def describe(name):
    return {
        "images": {"name": "images", "shape": [BATCH, SIDE, SIDE, 3]},
        "labels": pattern_integers("labels", [BATCH], CLASSES).tolist(),
        "numClasses": CLASSES,
        "table": table(name),
        **({"thin": table(name, depth_multiplier=0.25)} if name == "inception_v3" else {}),
        "inference": run_mode(name, False),
        "training": run_mode(name, True),
    }


if __name__ == "__main__":
    for name in sys.argv[1:] or NETS:
        write_fixture(f"nets/{name}.slim", describe(name))
