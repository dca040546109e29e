"""Tiny checkpoints in both formats, whole, sharded and partitioned: test/fixtures/checkpoints and checkpoints.json.

Environment: see slim.py. Command: python test/oracle/checkpoints.py
"""
import shutil

import numpy as np

from patterns import FIXTURES, pattern, pattern_integers, number, write_fixture
from slim import tf

FOLDER = FIXTURES / "checkpoints"
FLOATS = {"tiny/conv1/weights": [3, 3, 2, 4], "tiny/conv1/BatchNorm/gamma": [4], "tiny/logits/biases": [],
          "tiny/empty": [0, 3]}
PARTITIONED = ("tiny/embedding", [6, 3], 2)


def values():
    """Every variable's value by name."""
    content = {name: pattern(name, shape) for name, shape in FLOATS.items()}
    content["tiny/counts"] = pattern_integers("tiny/counts", [5], 1000) - 500
    content["global_step"] = np.int64(12345678901)
    content["tiny/float64"] = pattern("tiny/float64", [2], 1.0).astype(np.float64) / 3
    content["tiny/pixels"] = pattern_integers("tiny/pixels", [2, 3], 256).astype(np.uint8)
    content["tiny/names"] = np.array([b"hat", "größe".encode(), b""], object)
    content["tiny/label"] = np.array(b"shoes", object)
    return content


def plain(value):
    """A value as JSON: numbers in full (int64 as text), strings as UTF-8."""
    flat = np.asarray(value, object if isinstance(value, bytes) else None).ravel()
    if flat.dtype == object:
        return [item.decode() for item in flat]
    if flat.dtype == np.int64:
        return [str(item) for item in flat]
    return [float(x) if flat.dtype == np.float64 else number(x) for x in flat]


def build(session, shards):
    """All variables, spread over `shards` devices, with their values."""
    expected = {}
    for i, (name, value) in enumerate(values().items()):
        with tf.device(f"/cpu:{i % shards}"):
            dtype = tf.string if np.asarray(value).dtype == object else tf.as_dtype(np.asarray(value).dtype)
            initial = tf.constant(value, dtype, np.shape(value))
            variable = tf.get_variable(name, initializer=initial, use_resource=False)
        expected[name] = (variable.dtype.base_dtype.name, list(np.shape(value)), plain(value))
    name, shape, parts = PARTITIONED
    value = pattern(name, shape)
    with tf.device(f"/cpu:{shards - 1}"):
        tf.get_variable(name, shape, initializer=lambda shape, dtype, partition_info: value[
            partition_info.var_offset[0]:partition_info.var_offset[0] + shape[0]],
            partitioner=tf.fixed_size_partitioner(parts), use_resource=False)
    expected[name] = ("float32", shape, plain(value))
    session.run(tf.global_variables_initializer())
    return expected


def write(folder, version, shards, step):
    """One checkpoint; what it holds."""
    with tf.Graph().as_default(), tf.Session(config=tf.ConfigProto(device_count={"CPU": shards})) as session:
        expected = build(session, shards)
        saver = tf.train.Saver(write_version=version, sharded=shards > 1, save_relative_paths=True)
        (FOLDER / folder).mkdir(parents=True)
        path = saver.save(session, str(FOLDER / folder / "model.ckpt"), step, write_meta_graph=False)
    reader = tf.train.load_checkpoint(path)
    listed = {name: list(shape) for name, shape in reader.get_variable_to_shape_map().items()}
    assert listed == {name: shape for name, (_, shape, _) in expected.items()}
    with tf.Graph().as_default(), tf.Session() as session:  # a reader cannot join the slices of a V1 checkpoint
        for name, (dtype, _, value) in expected.items():
            restored, = session.run(tf.raw_ops.RestoreV2(
                prefix=path, tensor_names=[name], shape_and_slices=[""], dtypes=[tf.as_dtype(dtype)]))
            assert plain(restored) == value, name
    return {"path": f"checkpoints/{folder}/{path.rsplit('/', 1)[-1]}", "format": "V1" if version == 1 else "V2",
            "shards": shards, "files": sorted(p.name for p in (FOLDER / folder).iterdir())}


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    made = [write("v1", 1, 1, 3), write("v1_sharded", 1, 2, 4), write("v2", 2, 1, 5), write("v2_sharded", 2, 2, 6)]
    with tf.Graph().as_default(), tf.Session(config=tf.ConfigProto(device_count={"CPU": 2})) as session_:
        variables = {name: {"dtype": dtype, "shape": shape, "values": value}
                     for name, (dtype, shape, value) in sorted(build(session_, 1).items())}
    write_fixture("checkpoints", {
        "checkpoints": made,
        "partitioned": [PARTITIONED[0]],
        "variables": variables,
    })
