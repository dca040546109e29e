"""Twenty steps of fine-tuning by TF-Slim, on pattern data and weights: test/fixtures/training.json.

MomentumOptimizer, exponentially decayed learning rate and slim.learning.create_train_op with its update ops. In the
frozen runs the frozen scopes' variables are not trained, and their batch norms use their moving statistics and leave
them alone; TF-Slim's variables_to_train alone would go on updating them. The weight decay of frozen weights stays in
the loss, as in TF-Slim.

Environment: see slim.py. Command: python test/oracle/training.py
"""
import numpy as np

from patterns import array, number, pattern_images, pattern_integers, summarize, write_fixture
from slim import build_classifier, load_patterns, name_of, new_session, slim, tf

NETWORK = "resnet_v1_50"
SHAPE = [8, 64, 64, 3]
CLASSES = 5
STEPS = 20
BATCHES = 4
MOMENTUM = 0.9
DECAY = {"decay_steps": 5, "decay_rate": 0.8, "staircase": True}
# Name -> (scopes to freeze, first learning rate: low enough that rounding is not amplified).
RUNS = {
    "whole": ("", 0.0003),
    "frozen": ("resnet_v1_50/block1,resnet_v1_50/block2/unit_1", 0.0003),
    "frozenFromRoot": ("resnet_v1_50/conv1,resnet_v1_50/block1,resnet_v1_50/block2/unit_1", 0.0003),
    "headOnly": ("resnet_v1_50", 0.000005),
}
# Final values of these, of their batch norms' moving statistics too.
WATCHED = ("resnet_v1_50/conv1/", "resnet_v1_50/block1/unit_2/bottleneck_v1/conv2/",
           "resnet_v1_50/block2/unit_1/bottleneck_v1/shortcut/", "resnet_v1_50/block2/unit_2/bottleneck_v1/conv2/",
           "resnet_v1_50/block4/unit_3/bottleneck_v1/conv3/", "Predict/logits/")


def is_frozen(name, scopes):
    """Whether a variable or scope lies in one of the scopes."""
    return any(name == scope or name.startswith(scope + "/") for scope in scopes)


def normalizer_of(scopes):
    """slim.batch_norm that stands still inside the frozen scopes."""
    def normalizer(inputs, **options):
        if is_frozen(tf.get_variable_scope().name, scopes):
            options["is_training"] = False
        return slim.batch_norm(inputs, **options)
    return normalizer


def build_step(scopes, first_rate):
    """Placeholders, and what one run of a step gives."""
    images = tf.placeholder(tf.float32, SHAPE)
    labels = tf.placeholder(tf.int32, SHAPE[:1])
    logits, _ = build_classifier(NETWORK, images, CLASSES, normalizer_of(scopes), is_training=True)
    cross_entropy = tf.losses.sparse_softmax_cross_entropy(labels=labels, logits=logits)
    global_step = tf.train.get_or_create_global_step()
    learning_rate = tf.train.exponential_decay(first_rate, global_step, **DECAY)
    optimizer = tf.train.MomentumOptimizer(learning_rate, MOMENTUM)
    trained = [v for v in tf.trainable_variables() if not is_frozen(name_of(v), scopes)]
    train_op = slim.learning.create_train_op(tf.losses.get_total_loss(), optimizer, variables_to_train=trained)
    hits = tf.equal(tf.argmax(logits, 1, output_type=tf.int32), labels)
    with tf.control_dependencies([cross_entropy, hits]):
        fetches = {"total": train_op, "crossEntropy": cross_entropy, "logits": logits,
                   "accuracy": tf.reduce_mean(tf.cast(hits, tf.float32))}
    return images, labels, learning_rate, global_step, optimizer, trained, fetches


def run(freeze, first_rate):
    """Twenty steps with the comma-separated scopes frozen."""
    scopes = [scope for scope in freeze.split(",") if scope]
    with tf.Graph().as_default(), new_session() as session:
        images, labels, learning_rate, global_step, optimizer, trained, fetches = build_step(scopes, first_rate)
        load_patterns(session)
        steps = []
        for step in range(STEPS):
            batch = step % BATCHES
            feed = {images: pattern_images(f"train/{batch}", SHAPE),
                    labels: pattern_integers(f"labels/{batch}", SHAPE[:1], CLASSES)}
            rate = session.run(learning_rate)
            values = session.run(fetches, feed)
            steps.append({"learningRate": number(rate), "total": number(values["total"]),
                          "crossEntropy": number(values["crossEntropy"]), "accuracy": number(values["accuracy"])})
            logits = values["logits"]
        final = {name_of(v): session.run(v) for v in slim.get_model_variables() if name_of(v).startswith(WATCHED)}
        slots = {name_of(v): session.run(optimizer.get_slot(v, "momentum")) for v in trained
                 if name_of(v).startswith(WATCHED)}
        return {
            "scopesToFreeze": freeze,
            "learningRate": {"learning_rate": first_rate, **DECAY},
            "trainedCount": len(trained),
            "trainedParameters": int(sum(np.prod(v.shape.as_list()) for v in trained)),
            "globalStep": int(session.run(global_step)),
            "steps": steps,
            "lastLogits": array(logits),
            "variables": {key: summarize(value) for key, value in final.items()},
            "momenta": {key: summarize(value) for key, value in slots.items()},
        }


if __name__ == "__main__":
    write_fixture("training", {
        "network": NETWORK,
        "numClasses": CLASSES,
        "images": {"names": [f"train/{batch}" for batch in range(BATCHES)], "shape": SHAPE},
        "labels": [pattern_integers(f"labels/{batch}", SHAPE[:1], CLASSES).tolist() for batch in range(BATCHES)],
        "weightDecay": 1e-4,
        "momentum": MOMENTUM,
        "runs": {name: run(*settings) for name, settings in RUNS.items()},
    })
