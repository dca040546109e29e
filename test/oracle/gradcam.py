"""Grad-CAM heat maps of a pattern-weighted resnet_v1_50: test/fixtures/gradcam.json.

Selvaraju et al. 2017 (arXiv 1610.02391): the gradient of a class's logit by an activation A, averaged over height and
width, weights the channels of A; their sum is rectified, and here divided by its greatest value per image.

Environment: see slim.py. Command: python test/oracle/gradcam.py
"""
import numpy as np

from patterns import array, pattern_images, summarize, write_fixture
from slim import build_classifier, load_patterns, new_session, tf

NETWORK = "resnet_v1_50"
SHAPE = [2, 97, 97, 3]
CLASSES = 5
ENDPOINTS = ("block4", "block3", "block2", "block1", "block3/unit_3/bottleneck_v1/conv2")


def cam_of(activations, gradients):
    """float32 [batch, height, width], 0 .. 1; all zero where no channel speaks for the class."""
    weights = gradients.mean(axis=(1, 2), keepdims=True)
    cam = np.maximum((weights * activations).sum(axis=-1), 0)
    return cam / np.maximum(cam.max(axis=(1, 2), keepdims=True), 1e-12), weights


if __name__ == "__main__":
    with tf.Graph().as_default(), new_session() as session:
        images = tf.placeholder(tf.float32, SHAPE)
        logits, endpoints = build_classifier(NETWORK, images, CLASSES, is_training=False)
        tensors = {f"{NETWORK}/{key}": endpoints[f"{NETWORK}/{key}"] for key in ENDPOINTS}
        slopes = {index: tf.gradients(logits[:, index], list(tensors.values())) for index in range(CLASSES)}
        load_patterns(session)
        feed = {images: pattern_images("images", SHAPE)}
        values, activations, gradients = session.run([logits, tensors, slopes], feed)
    cases = []
    for index in range(CLASSES):
        for place, (endpoint, activation) in enumerate(activations.items()):
            cam, weights = cam_of(activation.astype(np.float64), gradients[index][place].astype(np.float64))
            cases.append({"endpoint": endpoint, "classIndex": index, "weights": summarize(weights[:, 0, 0]),
                          "heatMaps": array(cam)})
    write_fixture("gradcam", {
        "network": NETWORK,
        "numClasses": CLASSES,
        "images": {"name": "images", "shape": SHAPE},
        "logits": array(values),
        "predicted": values.argmax(axis=1).tolist(),
        "globalAveragePool": {endpoint: summarize(activation.mean(axis=(1, 2)))
                              for endpoint, activation in activations.items()},
        "cases": cases,
    })
