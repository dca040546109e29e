"""Activations, losses and moving statistics of pattern-weighted ResNets: test/fixtures/resnet_v1_50*.json and
resnet_v2_50.json.

Environment: see slim.py. Command: python test/oracle/numerics.py
"""
import numpy as np

from patterns import array, number, pattern_images, pattern_integers, summarize, write_fixture
from slim import build_classifier, load_patterns, name_of, new_session, regularized_variables, slim, tf

CLASSES = 5
UPDATES = 3
# Moving statistics of these scopes after UPDATES training batches.
MOVING = ("conv1", "block1/unit_1/bottleneck_{v}/shortcut", "block1/unit_1/bottleneck_{v}/conv2",
          "block2/unit_4/bottleneck_{v}/conv3", "block3/unit_6/bottleneck_{v}/conv1",
          "block4/unit_3/bottleneck_{v}/conv3", "block4/unit_3/bottleneck_{v}/preact", "postnorm")


def losses(logits, labels):
    """Cross-entropy, weight decay, their sum, and accuracy of logits."""
    cross_entropy = tf.losses.sparse_softmax_cross_entropy(labels=labels, logits=logits)
    hits = tf.equal(tf.argmax(logits, 1, output_type=tf.int32), labels)
    return {
        "crossEntropy": cross_entropy,
        "regularization": tf.add_n(tf.losses.get_regularization_losses()),
        "total": tf.losses.get_total_loss(),
        "accuracy": tf.reduce_mean(tf.cast(hits, tf.float32)),
    }


def run_mode(name, side, is_training, keep):
    """Everything of one network in one mode, with the endpoints that `keep` accepts."""
    shape = [2, side, side, 3]
    with tf.Graph().as_default(), new_session() as session:
        images = tf.placeholder(tf.float32, shape)
        labels = tf.placeholder(tf.int32, [2])
        logits, endpoints = build_classifier(name, images, CLASSES, is_training=is_training)
        fetches = {"logits": logits, "endpoints": endpoints, "losses": losses(logits, labels)}
        load_patterns(session)
        feed = {images: pattern_images("images", shape), labels: pattern_integers("labels", [2], CLASSES)}
        values = session.run(fetches, feed)
        result = {
            "logits": array(values["logits"]),
            "losses": {key: number(value) for key, value in values["losses"].items()},
            "endpoints": {key: summarize(value) for key, value in values["endpoints"].items() if keep(key)},
        }
        if is_training:
            result["movingAfterUpdates"] = run_updates(session, name, images, shape)
        return result, regularized_variables()


def run_updates(session, name, images, shape):
    """Moving statistics after the update ops have seen the batches "update/0", "update/1", ..."""
    before = moving_statistics(session)
    updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    for round_ in range(UPDATES):
        session.run(updates, {images: pattern_images(f"update/{round_}", shape)})
    version = name.split("_")[1]
    scopes = tuple(f"{name}/{scope.format(v=version)}/" for scope in MOVING)
    moving = moving_statistics(session)
    total = np.sqrt(sum(float((value.astype(np.float64) ** 2).sum()) for value in moving.values()))
    return {
        "updates": UPDATES,
        "variableCount": len(moving),
        "normOfAll": number(total),
        "variables": {key: summarize(value) for key, value in moving.items() if key.startswith(scopes)},
        "changes": {key: summarize(moving[key] - before[key]) for key in moving if key.startswith(scopes)},
    }


def moving_statistics(session):
    """float32 values of every moving mean and variance, by name."""
    return {name_of(v): session.run(v) for v in slim.get_model_variables() if "/moving_" in name_of(v)}


def describe(name, side, keep=lambda key: True):
    """The fixture of one network at one input size."""
    inference, regularized = run_mode(name, side, False, keep)
    training, _ = run_mode(name, side, True, keep)
    return {
        "network": name,
        "images": {"name": "images", "shape": [2, side, side, 3]},
        "labels": pattern_integers("labels", [2], CLASSES).tolist(),
        "numClasses": CLASSES,
        "weightDecay": 1e-4,
        "regularized": regularized,
        "inference": inference,
        "training": training,
    }


def is_coarse(key):
    """Endpoints of whole units and blocks only."""
    return key.rsplit("/", 1)[-1].startswith(("bottleneck", "block")) or key.count("/") == 1


if __name__ == "__main__":
    write_fixture("resnet_v1_50", describe("resnet_v1_50", 97))
    write_fixture("resnet_v1_50_side224", describe("resnet_v1_50", 224, is_coarse))
    write_fixture("resnet_v2_50", describe("resnet_v2_50", 97, is_coarse))
