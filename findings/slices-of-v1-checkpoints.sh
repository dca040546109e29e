#!/usr/bin/env bash
# The checkpoint reader of Python does not read a partitioned variable of a V1 checkpoint ("Sliced checkpoints are not supported"); the
# operation RestoreV2 reads it whole from the same file, and of a V2 checkpoint the reader does too.
# Seen in tensorflow-cpu 2.21.0. Needs Python 3.10 to 3.13; about 300 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 "$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
expected = np.arange(12, dtype=np.float32).reshape(4, 3)


def part(shape, dtype, partition_info):
    begin = partition_info.var_offset[0]
    return tf.constant(expected[begin : begin + shape[0]], dtype)


def save(version):
    with tf.Graph().as_default(), v1.Session() as session:
        partitioner = v1.fixed_size_partitioner(2)
        v1.get_variable("w", shape=[4, 3], initializer=part, partitioner=partitioner, use_resource=False)
        session.run(v1.global_variables_initializer())
        return v1.train.Saver(write_version=version).save(session, f"./v{version}.ckpt", write_meta_graph=False)


def by_reader(path):
    try:
        return tf.train.load_checkpoint(path).get_tensor("w").tolist()
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
        return str(error)


def by_operation(path):
    (w,) = tf.raw_ops.RestoreV2(prefix=path, tensor_names=["w"], shape_and_slices=[""], dtypes=[tf.float32])
    return w.numpy().tolist()


seen = {version: (by_reader(path), by_operation(path)) for version, path in ((v, save(v)) for v in (1, 2))}
print("TensorFlow", tf.__version__)
for version, (reader, operation) in seen.items():
    print(f"V{version}: load_checkpoint gives {reader}; RestoreV2 gives {operation}")
whole = expected.tolist()
assert "Sliced checkpoints are not supported" in seen[1][0], seen
assert seen[1][1] == whole and seen[2] == (whole, whole), seen
PYTHON
