"""The loss and gradients of a residual unit in bfloat16, with casts where slimlab has them: test/fixtures/precision.json.

Environment: tensorflow-cpu==2.21. Command: python test/oracle/precision.py
"""
import tensorflow as tf

from patterns import array, number, pattern, pattern_integers, write_fixture

EPSILON = 1e-5
X = (4, 13, 13, 16)
LABELS = 5
# name: shape, scale and offset of its pattern
VARIABLES = {
    "conv1": ((1, 1, 16, 8), 0.6, 0.0),
    "gamma1": ((8,), 0.5, 1.0),
    "beta1": ((8,), 0.5, 0.2),
    "conv2": ((3, 3, 8, 8), 0.3, 0.0),
    "gamma2": ((8,), 0.5, 1.0),
    "beta2": ((8,), 0.5, 0.2),
    "conv3": ((1, 1, 8, 16), 0.8, 0.0),
    "gamma3": ((16,), 0.5, 1.0),
    "beta3": ((16,), 0.5, 0.2),
    "dense": ((16, LABELS), 1.0, 0.0),
}


def half(x):
    return tf.cast(x, tf.bfloat16)


def full(x):
    return tf.cast(x, tf.float32)


def normalize(x, gamma, beta, side=None):
    """Of bfloat16 and to bfloat16; what is between is float32."""
    x = full(x)
    mean, variance = tf.nn.moments(x, [0, 1, 2])
    y = (x - mean) * tf.math.rsqrt(variance + EPSILON) * gamma + beta
    return half(tf.nn.relu(y if side is None else y + full(side)))


def loss_of(x, labels, v):
    x = half(x)
    convolve = lambda x, name: tf.nn.conv2d(x, half(v[name]), 1, "SAME")
    y = normalize(convolve(x, "conv1"), v["gamma1"], v["beta1"])
    y = normalize(convolve(y, "conv2"), v["gamma2"], v["beta2"])
    y = normalize(convolve(y, "conv3"), v["gamma3"], v["beta3"], x)
    y = tf.reduce_mean(full(tf.nn.max_pool2d(y, 3, 2, "SAME")), [1, 2])
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, y @ v["dense"]))


if __name__ == "__main__":
    x = tf.Variable(pattern("precision/x", X))
    variables = {
        name: tf.Variable(pattern(f"precision/{name}", shape, scale, offset))
        for name, (shape, scale, offset) in VARIABLES.items()
    }
    labels = tf.constant(pattern_integers("precision/labels", X[:1], LABELS))
    with tf.GradientTape() as tape:
        loss = loss_of(x, labels, variables)
    gradients = tape.gradient(loss, {"x": x, **variables})
    write_fixture("precision", {
        "epsilon": EPSILON,
        "x": list(X),
        "labels": LABELS,
        "variables": {
            name: {"shape": list(shape), "scale": scale, "offset": offset}
            for name, (shape, scale, offset) in VARIABLES.items()
        },
        "loss": number(loss.numpy()),
        "gradients": {name: array(gradient.numpy()) for name, gradient in gradients.items() if name != "x"},
    })
