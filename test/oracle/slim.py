"""Python TF-Slim as it was: graph-mode TensorFlow 2.15 (the last that tf_slim 1.1 imports under).

    python3.11 -m venv oracle && oracle/bin/pip install tensorflow-cpu==2.15.1 tf_slim==1.1.0 tf_keras==2.15.1

`from slim import slim, tf, NETS` from the scripts beside it.
"""
import importlib
import os
import sys
import types

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# tf_slim asks tf_keras for the TF 1 batch norm layer, under a path that no released tf_keras has.
_layers = importlib.import_module("keras.src.legacy_tf_layers.normalization")
_package = types.ModuleType("tf_keras.legacy_tf_layers")
_package.normalization = _layers
sys.modules.setdefault("tf_keras.legacy_tf_layers", _package)
sys.modules.setdefault("tf_keras.legacy_tf_layers.normalization", _layers)

import tensorflow.compat.v1 as tf  # noqa: E402

tf.disable_eager_execution()
tf.logging.set_verbosity(tf.logging.ERROR)

import tf_slim as slim  # noqa: E402
from tf_slim.nets import resnet_v1, resnet_v2  # noqa: E402

from patterns import pattern_variable  # noqa: E402

NETS = {
    f"resnet_{version}_{depth}": getattr(module, f"resnet_{version}_{depth}")
    for version, module in (("v1", resnet_v1), ("v2", resnet_v2))
    for depth in (50, 101, 152, 200)
}
ARG_SCOPES = {"v1": resnet_v1.resnet_arg_scope, "v2": resnet_v2.resnet_arg_scope}


def build(name, images, **options):
    """(net, endpoints) of a network by name, inside its own arg scope."""
    with slim.arg_scope(ARG_SCOPES[name.split("_")[1]]()):
        return NETS[name](images, **options)


def with_head(net, num_classes):
    """Logits [batch, num_classes] by the fine-tuning head; called inside the network's arg scope, as users do."""
    return slim.fully_connected(tf.squeeze(net, axis=[1, 2]), num_classes, activation_fn=None, scope="Predict/logits")


def build_classifier(name, images, num_classes, normalizer_fn=None, **options):
    """(logits, endpoints) of a network with the fine-tuning head."""
    with slim.arg_scope(ARG_SCOPES[name.split("_")[1]]()):
        overrides = {"normalizer_fn": normalizer_fn} if normalizer_fn else {}
        with slim.arg_scope([slim.conv2d], **overrides):
            net, endpoints = NETS[name](images, num_classes=None, **options)
        return with_head(net, num_classes), endpoints


def name_of(variable):
    """A variable's name without ":0"."""
    return variable.op.name


def regularized_variables():
    """Names of the variables that weight decay is added for, from the names of the loss's ops."""
    losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    return [loss.op.name.replace("/kernel/Regularizer/l2_regularizer", "/weights") for loss in losses]


def new_session():
    """A session with ORACLE_THREADS threads (default: all), to measure how far rounding alone moves a result."""
    threads = int(os.environ.get("ORACLE_THREADS", "0"))
    return tf.Session(config=tf.ConfigProto(intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads))


def load_patterns(session):
    """Initialize everything, then give every model variable its pattern value."""
    session.run(tf.global_variables_initializer())
    for variable in slim.get_model_variables():
        variable.load(pattern_variable(name_of(variable), variable.shape.as_list()), session)
