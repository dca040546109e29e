"""ROC curves and the areas under them, of scikit-learn: test/fixtures/roc.json.

Environment: scikit-learn==1.9.1, scipy. Command: python test/oracle/roc.py
"""
import numpy as np
from scipy.special import softmax
from sklearn import metrics

from interpret import CLASSES, PHOTOS, labels, wide
from patterns import array, number, pattern, pattern_integers, write_fixture


def curve(positive, scores):
    falses, trues, thresholds = metrics.roc_curve(positive, scores)  # drop_intermediate=True
    return {"falsePositiveRates": array(falses), "truePositiveRates": array(trues), "thresholds": array(thresholds[1:]),  # the first is infinite
            "auc": number(metrics.roc_auc_score(positive, scores))}


if __name__ == "__main__":
    probabilities = softmax(wide, 1)
    known = [i for i in range(CLASSES) if 0 < (labels == i).sum() < PHOTOS]
    areas = np.array([metrics.roc_auc_score(labels == i, probabilities[:, i]) for i in known])
    support = np.array([(labels == i).sum() for i in known])
    tied = np.round(pattern("roc/tied", [60]), 1)  # many equal scores
    positive = pattern_integers("roc/positive", [60], 3) == 0
    write_fixture("roc", {
        "classes": [curve(labels == i, probabilities[:, i]) for i in known],
        "macro": number(areas.mean()), "weighted": number((areas * support).sum() / support.sum()),
        "tied": {"scores": array(tied.astype(np.float64)), "positive": array(positive.astype(np.int32)), **curve(positive, tied.astype(np.float64))},
    })
