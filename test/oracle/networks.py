"""Endpoint and variable tables of TF-Slim's ResNets: test/fixtures/networks.json.

Environment: see slim.py. Command: python test/oracle/networks.py
"""
import hashlib

from patterns import write_fixture
from slim import NETS, build, name_of, regularized_variables, tf

FULL_TABLES = ("resnet_v1_50", "resnet_v2_50")

# Calls whose endpoints differ: name -> (input side, options).
CALLS = {
    "plain": (224, {"num_classes": None}),
    "classes": (224, {"num_classes": 1000}),
    "noPool": (224, {"num_classes": None, "global_pool": False}),
    "stride8": (224, {"num_classes": None, "global_pool": False, "output_stride": 8}),
    "stride16": (224, {"num_classes": None, "global_pool": False, "output_stride": 16}),
    "stride8Side225": (225, {"num_classes": None, "global_pool": False, "output_stride": 8}),
    "stride16Side225": (225, {"num_classes": None, "global_pool": False, "output_stride": 16}),
    "side97": (97, {"num_classes": None}),
    "side64": (64, {"num_classes": None}),
}


def with_global_pool(name, endpoints):
    """The endpoints as models/research/slim has them: with what the logits are given, which the package leaves out."""
    pooled = tf.get_default_graph().get_tensor_by_name(f"{name}/pool5:0")
    trunk = {key: tensor for key, tensor in endpoints.items() if key not in (f"{name}/logits", "predictions")}
    return {**trunk, "global_pool": pooled, **endpoints}


def describe(name, side, options):
    """One call: its result's shape, its endpoints and its variables."""
    with tf.Graph().as_default():
        images = tf.placeholder(tf.float32, [2, side, side, 3])
        net, endpoints = build(name, images, is_training=True, **options)
        if options.get("global_pool", True):
            endpoints = with_global_pool(name, endpoints)
        variables = {name_of(v): v.shape.as_list() for v in tf.global_variables()}
        trainable = {name_of(v): v.shape.num_elements() for v in tf.trainable_variables()}
        regularized = regularized_variables()
        return {
            "net": net.shape.as_list(),
            "endpoints": {key: tensor.shape.as_list() for key, tensor in endpoints.items()},
            "variables": variables,
            "trainable": trainable,
            "regularized": regularized,
        }


def table(name):
    """What the fixture holds of one network."""
    calls = CALLS if name in FULL_TABLES else {key: CALLS[key] for key in ("plain", "classes")}
    described = {key: describe(name, side, options) for key, (side, options) in calls.items()}
    entry = {"calls": {}}
    for key, call in described.items():
        side, options = calls[key]
        entry["calls"][key] = {
            "input": [2, side, side, 3],
            "options": options,
            "net": call["net"],
            "endpoints": call["endpoints"],
        }
        if key == "classes" and name not in FULL_TABLES:  # the same as "plain" but for the head
            plain = described["plain"]["endpoints"]
            entry["calls"][key]["endpoints"] = {k: v for k, v in call["endpoints"].items() if k not in plain}
    for key in ("plain", "classes"):
        call = described[key]
        entry[f"{key}Variables"] = {
            "count": len(call["variables"]),
            "trainableCount": len(call["trainable"]),
            "parameters": sum(call["trainable"].values()),
            "regularizedCount": len(call["regularized"]),
            "namesSha256": hashlib.sha256("\n".join(sorted(call["variables"])).encode()).hexdigest(),
        }
    if name in FULL_TABLES:
        entry["variables"] = described["classes"]["variables"]
        entry["regularized"] = described["classes"]["regularized"]
    return entry


if __name__ == "__main__":
    write_fixture("networks", {name: table(name) for name in NETS})
