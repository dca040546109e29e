"""What is asked of a classifier's predictions, of scikit-learn and SciPy: test/fixtures/interpret.json.

Environment: scikit-learn==1.9.1, scipy. Command: python test/oracle/interpret.py
"""
import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn import metrics
from sklearn.calibration import calibration_curve

from patterns import array, number, pattern, pattern_integers, write_fixture

PHOTOS, CLASSES, BINS = 90, 4, 10

labels = pattern_integers("interpret/labels", [PHOTOS], CLASSES - 1)  # the last class has no photos, but is predicted
logits = pattern("interpret/logits", [PHOTOS, CLASSES], scale=4)
logits[np.arange(PHOTOS), labels] += np.float32(1.5)
wide = logits.astype(np.float64)
predicted = logits.argmax(1)


def calibration(temperature):
    probabilities = softmax(wide / temperature, 1)
    sure, right = probabilities.max(1), predicted == labels
    accuracy, confidence = calibration_curve(right, sure, n_bins=BINS)
    counts = np.histogram(np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], sure), np.arange(BINS + 1))[0]
    ece = (counts[counts > 0] / PHOTOS * abs(accuracy - confidence)).sum()
    return {"counts": counts.tolist(), "accuracy": array(accuracy), "confidence": array(confidence), "ece": number(ece),
            "crossEntropy": number(metrics.log_loss(labels, probabilities, labels=range(CLASSES)))}


if __name__ == "__main__":
    report = metrics.classification_report(labels, predicted, labels=range(CLASSES), output_dict=True, zero_division=0)
    losses = -log_softmax(wide, 1)[np.arange(PHOTOS), labels]
    best = minimize_scalar(lambda log: -log_softmax(wide / np.exp(log), 1)[np.arange(PHOTOS), labels].mean(), bracket=(-1, 1), tol=1e-12)
    temperature = float(np.exp(best.x))
    keys = {"precision": "precision", "recall": "recall", "f1": "f1-score", "support": "support"}
    scores = lambda one: {name: number(one[key]) for name, key in keys.items()}
    write_fixture("interpret", {
        "labels": array(labels), "logits": array(logits), "bins": BINS,
        "confusion": metrics.confusion_matrix(labels, predicted, labels=range(CLASSES)).tolist(),
        "classes": [scores(report[str(i)]) for i in range(CLASSES)],
        "accuracy": number(metrics.accuracy_score(labels, predicted)),
        "macro": scores(report["macro avg"]), "weighted": scores(report["weighted avg"]),
        "losses": array(losses), "temperature": number(temperature),
        "plain": calibration(1), "scaled": calibration(temperature),
    })
