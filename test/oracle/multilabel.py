"""Metrics of several labels an example, of scikit-learn: test/fixtures/multilabel.json.

Environment: scikit-learn==1.9.1. Command: python test/oracle/multilabel.py
"""
import numpy as np
from sklearn import metrics

from patterns import array, number, pattern, pattern_integers, write_fixture

CLASSES = 4
BATCHES = {"a": 30, "b": 30, "c": 7}
THRESHOLDS = {"half": 0.5, "low": 0.2, "each": [0.3, 0.5, 0.7, 0.9]}
AVERAGES = ("macro", "weighted", "micro", "none")


def batch(name, size):
    """Probabilities that agree somewhat with the labels, many of them equal; some examples have no class, some all."""
    labels = (pattern_integers(f"multilabel/{name}/labels", [size, CLASSES], 3) == 0).astype(np.float32)
    labels[:, 1] = pattern_integers(f"multilabel/{name}/common", [size], 4) > 0
    labels[2], labels[5] = 0, 1
    scores = pattern(f"multilabel/{name}/scores", [size, CLASSES], scale=0.5, offset=0.5)
    scores = np.clip(scores * np.float32(0.7) + labels * np.float32(0.25), 0, 1).astype(np.float32)
    scores[::3] = np.round(scores[::3] * 10).astype(np.float32) / np.float32(10)
    scores[4, :2] = [0, 1]
    weights = pattern(f"multilabel/{name}/weights", [size], scale=1, offset=1)
    weights[::5] = 0
    return {"labels": labels, "probabilities": scores, "weights": weights}


def result(value):
    return array(value) if np.ndim(value) else number(value)


def measured(data, weighted):
    labels, scores = data["labels"].astype(int), data["probabilities"]
    weights = {"sample_weight": data["weights"]} if weighted else {}
    values = {}
    for average in AVERAGES:
        how = {"average": None if average == "none" else average, **weights}
        values[f"averagePrecision/{average}"] = metrics.average_precision_score(labels, scores, **how)
        values[f"auc/{average}"] = metrics.roc_auc_score(labels, scores, **how)
        for name, threshold in THRESHOLDS.items():
            predicted = (scores > np.float32(threshold)).astype(int)
            values[f"precision/{average}/{name}"] = metrics.precision_score(labels, predicted, zero_division=0, **how)
            values[f"recall/{average}/{name}"] = metrics.recall_score(labels, predicted, zero_division=0, **how)
            values[f"f1/{average}/{name}"] = metrics.f1_score(labels, predicted, zero_division=0, **how)
    for name, threshold in THRESHOLDS.items():
        predicted = (scores > np.float32(threshold)).astype(int)
        values[f"subset/{name}"] = metrics.accuracy_score(labels, predicted, **weights)
        values[f"hamming/{name}"] = metrics.hamming_loss(labels, predicted, **weights)
    return {name: result(value) for name, value in values.items()}


if __name__ == "__main__":
    batches = {name: batch(name, size) for name, size in BATCHES.items()}
    whole = {key: np.concatenate([one[key] for one in batches.values()]) for key in ("labels", "probabilities", "weights")}
    write_fixture("multilabel", {
        "thresholds": THRESHOLDS,
        "batches": {name: {key: array(value) for key, value in one.items()} for name, one in batches.items()},
        "plain": measured(whole, False),
        "weighted": measured(whole, True),
    })
