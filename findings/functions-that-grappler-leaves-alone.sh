#!/usr/bin/env bash
# A TensorFlow function that is called eagerly by its name is rewritten by Grappler only if the call carries the attribute `config_proto`, be it an empty
# ConfigProto. tf.function always sends one; bindings that call TFE_Execute of the C API get the graph as it was written, and nothing tells so: on the CPU,
# for one, the ReLU behind a convolution stays a pass of its own.
# Seen in tensorflow-cpu 2.21.0 (x86_64), by what oneDNN says it ran. Needs Python 3.11 to 3.13; about 300 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0
cd "$folder"
cat >call.py <<'PYTHON'
import sys

import tensorflow as tf
from tensorflow.core.protobuf import config_pb2
from tensorflow.python.eager import context, execute


@tf.function
def layer(images, kernel, bias):
    return tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(images, kernel, 1, "SAME"), bias))


inputs = [tf.random.stateless_normal(shape, [0, 1]) for shape in ([8, 16, 16, 32], [3, 3, 32, 32], [32])]
name = layer.get_concrete_function(*inputs)._inference_function.name
attributes = ("config_proto", config_pb2.ConfigProto().SerializeToString()) if sys.argv[1] == "with" else None
[result] = execute.execute(name, 1, inputs, attributes, context.context())
print("TensorFlow", tf.__version__, sys.argv[1], "config_proto: the sum is", float(tf.reduce_sum(result)))
PYTHON
for way in with without; do
  TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 ONEDNN_VERBOSE=profile_exec "$folder/venv/bin/python" call.py "$way" >"$way" 2>/dev/null
  grep TensorFlow "$way"
  grep exec,cpu,convolution "$way" | grep -o 'attr-[^,]*'
done
grep exec,cpu,convolution with | grep -q post-ops:eltwise_relu
! grep exec,cpu,convolution without | grep -q post-ops
