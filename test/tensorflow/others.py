"""Writes checkpoints and SavedModels as Python TensorFlow does, into the folder that is the argument; prints values as JSON."""

import json
import os
import shutil
import sys

import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.protobuf import saved_model_pb2

v1 = tf.compat.v1
folder = sys.argv[1]


def in_folder(name):
    return os.path.join(folder, name)


def write_partitioned(name, version):
    """Variables in slices of rows and of columns, beside a whole one."""
    with tf.Graph().as_default(), v1.Session() as session:
        options = {"use_resource": False, "initializer": v1.random_normal_initializer(seed=1)}
        by_rows = v1.fixed_size_partitioner(2)
        by_columns = v1.fixed_size_partitioner(3, axis=1)
        rows = v1.get_variable("net/rows", [5, 3], partitioner=by_rows, **options)
        columns = v1.get_variable("net/columns", [4, 6], partitioner=by_columns, **options)
        whole = v1.get_variable("net/whole", [2], **options)
        session.run(v1.global_variables_initializer())
        v1.train.Saver(write_version=version).save(session, in_folder(name))
        named = {"net/rows": rows, "net/columns": columns, "net/whole": whole}
        return {key: session.run(tf.convert_to_tensor(value)).ravel().tolist() for key, value in named.items()}


def write_types(name):
    """Three values of each type that has some, and of types that JavaScript has no numbers for."""
    numbers = {
        "bfloat16": [1, -2.5, 0.125],
        "complex128": [1, 2, 3],
        "float16": [1, -2.5, 65504],
        "float64": [0.1, -1e30, float("inf")],
        "int16": [1, -32768, 32767],
        "int64": [1, -(2**31), 2**31 - 1],
        "int8": [1, -128, 127],
        "uint16": [1, 2, 65535],
        "uint32": [1, 2, 2**31 - 1],
        "uint64": [1, 2, 2**31 - 1],
        "uint8": [1, 2, 255],
    }
    tensors = {key: tf.constant(value, tf.as_dtype(key)) for key, value in numbers.items()}
    tensors["qint8"] = tf.bitcast(tf.constant([1, 2, 3], tf.int8), tf.qint8)
    tensors["wide/int64"] = tf.constant([1, 2**53 + 1], tf.int64)
    tensors["wide/uint32"] = tf.constant([1, 2**31], tf.uint32)
    tensors["wide/uint64"] = tf.constant([1, 2**64 - 2**31], tf.uint64)
    tensors["wide/float64"] = tf.constant([1, 1e300], tf.float64)
    names = list(tensors)
    tf.raw_ops.SaveV2(
        prefix=in_folder(name), tensor_names=names, shape_and_slices=[""] * len(names), tensors=list(tensors.values())
    )


def write_saved_model(name):
    """The same SavedModel in binary and in text form, with outputs of many types."""
    module = tf.Module()
    module.factors = tf.Variable([1.0, 2.0])

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float64, name="x")])
    def multiply(x):
        y = tf.cast(x, tf.float32) * module.factors
        types = ["bfloat16", "float16", "float64", "int8", "int64", "uint8", "uint32"]
        return {"y": y, **{name: tf.cast(y, name) for name in types}}

    module.multiply = multiply
    binary = in_folder(f"{name}_binary")
    tf.saved_model.save(module, binary, signatures={'multiply "ä"': multiply, "serving_default": multiply})
    text = in_folder(f"{name}_text")
    shutil.copytree(binary, text)
    message = saved_model_pb2.SavedModel()
    with open(os.path.join(binary, "saved_model.pb"), "rb") as file:
        message.ParseFromString(file.read())
    with open(os.path.join(text, "saved_model.pbtxt"), "w", encoding="utf-8") as file:
        file.write(text_format.MessageToString(message))
    os.remove(os.path.join(text, "saved_model.pb"))


write_types("types.ckpt")
write_saved_model("model")
partitioned = {f"partitioned_v{n}.ckpt": write_partitioned(f"partitioned_v{n}.ckpt", n) for n in (1, 2)}
print(json.dumps(partitioned))
