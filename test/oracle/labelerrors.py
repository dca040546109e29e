"""Held-out probabilities of linear heads and the labels that they contradict, of scikit-learn and cleanlab: test/fixtures/labelerrors.json.

Environment: scikit-learn==1.9.1, cleanlab==2.9.0. Command: python test/oracle/labelerrors.py
"""
import numpy as np
from cleanlab.count import compute_confident_joint, get_confident_thresholds
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_normalized_margin_for_each_label
from sklearn.linear_model import LogisticRegression

from patterns import array, number, pattern, pattern_integers, write_fixture

PHOTOS, DIMENSIONS, CLASSES, FOLDS, L2 = 120, 6, 4, 3, 1e-3

true = pattern_integers("labelerrors/true", [PHOTOS], CLASSES - 1)  # the last class has no photos
given = true.copy()
given[::9] = (given[::9] + 1) % (CLASSES - 1)
vectors = pattern("labelerrors/vectors", [PHOTOS, DIMENSIONS], offset=2.0)
vectors[np.arange(PHOTOS), true] += np.float32(1.2)
folds = pattern_integers("labelerrors/folds", [PHOTOS], FOLDS)


def held_out():
    """LogisticRegression minimizes C · Σ cross-entropy + ‖w‖² / 2: C = 1 / (l2 · rows) makes that the mean with l2 / 2."""
    x = vectors.astype(np.float64) - vectors.astype(np.float64).mean(0)
    x = np.append(x / np.sqrt((x ** 2).sum(1).mean()), np.ones([PHOTOS, 1]), 1)
    probabilities = np.zeros([PHOTOS, CLASSES - 1])
    for fold in range(FOLDS):
        own = folds == fold
        head = LogisticRegression(C=1 / (L2 * (~own).sum()), fit_intercept=False, tol=1e-10, max_iter=10000)
        probabilities[own] = head.fit(x[~own], given[~own]).predict_proba(x[own])
    return probabilities


if __name__ == "__main__":
    told = np.append(held_out(), np.zeros([PHOTOS, 1]), 1)
    # Rounded, so that what is read of the fixture is what cleanlab was given.
    rounded = np.round(told, 6)
    rounded /= rounded.sum(1, keepdims=True)
    ranked = lambda by: find_label_issues(given, rounded, filter_by="confident_learning", return_indices_ranked_by=by).tolist()
    thresholds = get_confident_thresholds(given, rounded)
    write_fixture("labelerrors", {
        "classes": CLASSES, "l2": L2, "foldCount": FOLDS,
        "vectors": array(vectors), "labels": array(given), "folds": array(folds), "heldOut": array(told[:, :-1]),
        "probabilities": array(rounded), "thresholds": array(thresholds[:-1]),
        "joint": compute_confident_joint(given, rounded, calibrate=False).tolist(),
        "bySelfConfidence": ranked("self_confidence"), "byNormalizedMargin": ranked("normalized_margin"),
        "margins": array(get_normalized_margin_for_each_label(given, rounded)),
    })
