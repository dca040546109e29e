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


def name_of(variable):
    """A variable's name without ":0"."""
    return variable.op.name
