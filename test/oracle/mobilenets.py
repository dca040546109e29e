"""Activations of pattern-weighted MobileNets of TF-Slim: test/fixtures/mobilenets.json.

Environment: see slim.py; besides, models/research/slim of github.com/tensorflow/models on the path, which is no package (numpy
lacks np.int, which mobilenet_v3.py asks for: int does). Command: PYTHONPATH=models/research/slim python test/oracle/mobilenets.py
"""
import functools
import hashlib

from patterns import array, pattern_images, summarize, write_fixture
from slim import load_patterns, name_of, new_session, regularized_variables, slim, tf, with_head

from nets import mobilenet_v1
from nets.mobilenet import mobilenet_v2, mobilenet_v3

CLASSES = 5
SHAPE = [2, 97, 97, 3]
SAMPLES = 8
BARE_SCOPE = functools.partial(mobilenet_v2.training_scope, dropout_keep_prob=1.0)


def v1(width):
    """What builds MobileNet of a width, and its arg scope."""
    net = functools.partial(mobilenet_v1.mobilenet_v1, depth_multiplier=width, global_pool=True, dropout_keep_prob=1.0)
    return net, mobilenet_v1.mobilenet_v1_arg_scope


NETS = {
    "mobilenet_v1": v1(1.0),
    "mobilenet_v1_075": v1(0.75),
    "mobilenet_v1_050": v1(0.5),
    "mobilenet_v1_025": v1(0.25),
    "mobilenet_v2": (mobilenet_v2.mobilenet, BARE_SCOPE),
    "mobilenet_v2_140": (mobilenet_v2.mobilenet_v2_140, BARE_SCOPE),
    "mobilenet_v2_035": (mobilenet_v2.mobilenet_v2_035, BARE_SCOPE),
    "mobilenet_v3_large": (mobilenet_v3.large, BARE_SCOPE),
    "mobilenet_v3_small": (mobilenet_v3.small, BARE_SCOPE),
}
# Of the others their tables alone.
COMPUTED = ("mobilenet_v1_025", "mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small")


def build(name, images, is_training):
    """(features, endpoints) of a network by name."""
    net, arg_scope = NETS[name]
    with slim.arg_scope(arg_scope(is_training=is_training)):
        return net(images, num_classes=None, is_training=is_training)


def digest(lines):
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def table(name):
    """The variables of a network, at its published size, and its endpoints."""
    with tf.Graph().as_default():
        _, endpoints = build(name, tf.placeholder(tf.float32, [2, 224, 224, 3]), True)
        variables = [f"{name_of(v)} {v.shape.as_list()}" for v in tf.global_variables()]
        return {
            "count": len(variables),
            "parameters": sum(v.shape.num_elements() for v in tf.trainable_variables()),
            "regularized": len(regularized_variables()),
            "variablesSha256": digest(variables),
            "endpointsSha256": digest(sorted(f"{key} {t.shape.as_list()}" for key, t in endpoints.items())),
        }


def brief(values):
    """A summary with fewer samples: there are many endpoints."""
    summary = summarize(values)
    return {**summary, "samples": summary["samples"][:SAMPLES]}


def run_mode(name, is_training):
    """Logits and all endpoints of one mode."""
    with tf.Graph().as_default(), new_session() as session:
        images = tf.placeholder(tf.float32, SHAPE)
        net, endpoints = build(name, images, is_training)
        logits = with_head(net, CLASSES)
        load_patterns(session)
        pixels = pattern_images("images", SHAPE) / 128
        given = session.run({"logits": logits, "endpoints": endpoints}, {images: pixels})
        return {
            "logits": array(given["logits"]),
            "endpoints": {key: brief(value) for key, value in given["endpoints"].items() if not key.endswith("/output")},
        }


def describe(name):
    if name not in COMPUTED:
        return table(name)
    return {**table(name), "inference": run_mode(name, False), "training": run_mode(name, True)}


if __name__ == "__main__":
    networks = {name: describe(name) for name in NETS}
    write_fixture("mobilenets", {"images": SHAPE, "numClasses": CLASSES, "networks": networks})
