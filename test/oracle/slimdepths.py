"""TF-Slim's deeper ResNets and other widths of its MobileNets on pattern weights: test/fixtures/nets/<architecture>.slim.json.

In the form of torchnets.py's. Environment: see mobilenets.py. Command: python test/oracle/slimdepths.py [ARCHITECTURE ...]
"""
import functools
import sys

import mobilenets
from numerics import is_coarse
from patterns import array, brief, norm_of, number, pattern, pattern_images, write_fixture
from slim import build_classifier, load_patterns, name_of, new_session, tf, with_head

CLASSES = 5


def mobilenet(name, images, is_training):
    features, endpoints = mobilenets.build(name, images, is_training)
    return with_head(features, CLASSES), {key: value for key, value in endpoints.items() if not key.endswith("/output")}


def resnet(name, images, is_training):
    logits, endpoints = build_classifier(name, images, CLASSES, is_training=is_training)
    return logits, {key: value for key, value in endpoints.items() if is_coarse(key)}


# architecture -> what builds it, and what images are times
CASES = {
    **{f"resnet_{version}_{depth}": (resnet, 1) for depth in (101, 152, 200) for version in ("v1", "v2")},
    **{name: (mobilenet, 1 / 128) for name in mobilenets.NETS if name not in mobilenets.COMPUTED},
}


def run(build, shape, scale, is_training):
    """Logits, endpoints and in training the norms of gradients, by sorted names; and how many numbers are trained."""
    with tf.Graph().as_default(), new_session() as session:
        images = tf.placeholder(tf.float32, shape)
        logits, endpoints = build(images, is_training)
        trained = sorted(tf.trainable_variables(), key=name_of)
        gradients = tf.gradients(tf.reduce_sum(logits * pattern("gradients", logits.shape.as_list())), trained)
        load_patterns(session)
        fetches = {"logits": logits, "endpoints": endpoints, **({"gradients": gradients} if is_training else {})}
        values = session.run(fetches, {images: pattern_images("images", shape) * number(scale)})
        result = {
            "logits": array(values["logits"]),
            "endpoints": {key: brief(value) for key, value in values["endpoints"].items()},
            **({"gradients": [norm_of(value) for value in values["gradients"]]} if is_training else {}),
        }
        return result, sum(variable.shape.num_elements() for variable in trained)


def describe(architecture):
    build, scale = CASES[architecture]
    shape = [2, 97, 97, 3]
    modes = {"inference": False, "training": True}
    results = {mode: run(functools.partial(build, architecture), shape, scale, is_training) for mode, is_training in modes.items()}
    return {
        "architecture": architecture,
        "source": "slim",
        "images": {"name": "images", "shape": shape, "scale": scale},
        "numClasses": CLASSES,
        "parameters": results["training"][1],
        **{mode: result for mode, (result, _) in results.items()},
    }


if __name__ == "__main__":
    for wanted in sys.argv[1:] or CASES:
        write_fixture(f"nets/{wanted}.slim", describe(wanted))
