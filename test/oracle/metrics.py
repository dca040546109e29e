"""Streaming metrics of TensorFlow and Keras: test/fixtures/metrics.json.

Environment: tensorflow-cpu==2.21. Command: python test/oracle/metrics.py
"""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np  # noqa: E402
import tensorflow as tf2  # noqa: E402

from patterns import array, number, pattern, pattern_integers, write_fixture  # noqa: E402

tf = tf2.compat.v1
tf.logging.set_verbosity(tf.logging.ERROR)

CLASSES = 6
BATCHES = {"a": 40, "b": 40, "c": 13}
THRESHOLDS = [0.1, 0.25, 0.5, 0.9]
SUMMATIONS = ("trapezoidal", "careful_interpolation", "minoring", "majoring")


def batch(name, size):
    """Logits and labels that agree somewhat; ties among the logits of every seventh example."""
    labels = pattern_integers(f"metrics/{name}/labels", [size], CLASSES)
    labels[labels == 4] = 5  # a class without examples
    logits = pattern(f"metrics/{name}/logits", [size, CLASSES], scale=2)
    logits[np.arange(size), labels] += np.float32(1)
    logits[::7] = np.round(logits[::7])
    weights = pattern(f"metrics/{name}/weights", [size], scale=1, offset=1)
    weights[::5] = 0
    # A quarter of probabilities on thresholds, 0 and 1 exactly.
    scores = pattern(f"metrics/{name}/scores", [size], scale=0.5, offset=0.5)
    scores = np.clip(scores + np.where(labels > 0, np.float32(0.2), np.float32(-0.2)), 0, 1).astype(np.float32)
    scores[::4] = np.asarray(THRESHOLDS + [0, 1], np.float32)[np.arange(len(scores[::4])) % 6]
    losses = pattern(f"metrics/{name}/losses", [size], scale=2, offset=2)
    return {"labels": labels, "logits": logits, "probabilities": tf2.nn.softmax(logits).numpy(),
            "classes": logits.argmax(1).astype(np.int32), "weights": weights, "scores": scores, "losses": losses}


ALL = {name: batch(name, size) for name, size in BATCHES.items()}


def streaming(batches, weighted):
    """tf.compat.v1.metrics over the batches."""
    with tf.Graph().as_default(), tf.Session() as session:
        place = {key: tf.placeholder(value.dtype, [None, *value.shape[1:]]) for key, value in ALL["a"].items()}
        keys = ("labels", "classes", "scores", "logits", "probabilities", "losses")
        labels, classes, scores, logits, probabilities, losses = (place[key] for key in keys)
        weights = place["weights"] if weighted else None
        metrics = tf.metrics
        made = {
            "accuracy": metrics.accuracy(labels, classes, weights),
            "mean": metrics.mean(losses, weights),
            "scalarMean": metrics.mean(tf.reduce_mean(losses)),
            "precision": metrics.precision(labels, classes, weights),
            "recall": metrics.recall(labels, classes, weights),
            "precisionOf3": metrics.precision(tf.equal(labels, 3), tf.equal(classes, 3), weights),
            "recallOf3": metrics.recall(tf.equal(labels, 3), tf.equal(classes, 3), weights),
            "meanPerClassAccuracy": metrics.mean_per_class_accuracy(labels, classes, CLASSES, weights),
            "top1": metrics.mean(tf.cast(tf2.math.in_top_k(labels, logits, 1), tf.float32), weights),
            "top3": metrics.mean(tf.cast(tf2.math.in_top_k(labels, logits, 3), tf.float32), weights),
        }
        for curve in ("ROC", "PR"):
            for method in SUMMATIONS:
                made[f"auc/{curve}/{method}"] = metrics.auc(labels, scores, weights, curve=curve,
                                                            summation_method=method)
            made[f"auc/{curve}/thresholds"] = metrics.auc(labels, scores, weights, curve=curve, thresholds=THRESHOLDS)
        made["auc/of3"] = metrics.auc(tf.equal(labels, 3), probabilities[:, 3], weights)
        made["auc/10"] = metrics.auc(labels, scores, weights, num_thresholds=10)
        session.run(tf.local_variables_initializer())
        for each in batches:
            session.run([update for _, update in made.values()], {place[key]: each[key] for key in place})
        return {name: number(session.run(value)) for name, (value, _) in made.items()}


def keras(batches, weighted):
    """tf.keras.metrics over the batches, and the confusion matrix."""
    metrics = tf2.keras.metrics
    one_hot = lambda ids: np.eye(CLASSES, dtype=np.float32)[ids]  # noqa: E731
    made = {
        "accuracy": (metrics.Accuracy(), lambda each: (each["labels"], each["classes"])),
        "sparseAccuracy": (metrics.SparseCategoricalAccuracy(), lambda each: (each["labels"], each["logits"])),
        "top3": (metrics.SparseTopKCategoricalAccuracy(k=3), lambda each: (each["labels"], each["logits"])),
        "precisionOf3Above": (metrics.Precision(thresholds=0.3, class_id=3),
                              lambda each: (one_hot(each["labels"]), each["probabilities"])),
        "recallOf3Above": (metrics.Recall(thresholds=0.3, class_id=3),
                           lambda each: (one_hot(each["labels"]), each["probabilities"])),
        "auc/of3": (metrics.AUC(), lambda each: (each["labels"] == 3, each["probabilities"][:, 3])),
        "aucPR/of3": (metrics.AUC(curve="PR"), lambda each: (each["labels"] == 3, each["probabilities"][:, 3])),
    }
    mean = metrics.Mean()
    confusion = np.zeros([CLASSES, CLASSES])
    for each in batches:
        weights = each["weights"] if weighted else None
        mean.update_state(each["losses"], weights)
        for metric, inputs in made.values():
            metric.update_state(*inputs(each), sample_weight=weights)
        confusion += tf2.math.confusion_matrix(each["labels"], each["classes"], CLASSES,
                                               None if weights is None else weights.astype(np.float64),
                                               dtype=tf2.float64).numpy()
    results = {name: number(float(metric.result())) for name, (metric, _) in made.items()}
    return {**results, "mean": number(float(mean.result())), "confusion": confusion.round(6).tolist()}


def top_k_edges():
    """in_top_k of ties and of numbers that are not finite."""
    logits = [["1", "2", "2", "2"], ["2", "1", "1", "0"], ["NaN", "3", "1", "0"], ["Infinity", "3", "1", "0"],
              ["3", "-Infinity", "1", "0"], ["0", "0", "0", "0"]]
    labels = [1, 2, 1, 0, 0, 3]
    values = np.asarray([[float(value) for value in row] for row in logits], np.float32)
    return {"logits": logits, "labels": labels,
            "isIn": {k: tf2.math.in_top_k(labels, values, k).numpy().astype(int).tolist() for k in (1, 2, 3)}}


if __name__ == "__main__":
    batches = list(ALL.values())
    negatives = {**ALL["a"], "labels": np.zeros_like(ALL["a"]["labels"])}
    write_fixture("metrics", {
        "numClasses": CLASSES,
        "thresholds": THRESHOLDS,
        "batches": {name: {key: array(values) for key, values in each.items()} for name, each in ALL.items()},
        "streaming": {"plain": streaming(batches, False), "weighted": streaming(batches, True),
                      "empty": streaming([], False), "negatives": streaming([negatives], False)},
        "keras": {"plain": keras(batches, False), "weighted": keras(batches, True)},
        "topKEdges": top_k_edges(),
    })
