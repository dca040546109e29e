"""The training step of bench/networks.ts as Python TensorFlow takes it: a network of keras.applications, momentum, weight decay.

Reads one word a line and takes one step by tf.function: "keras", of the network as it is, or "fused", of the same with TensorFlow's
fused batch normalization, which Keras 3 takes apart; answers with its seconds.
    python bench/networks.py NAME BATCH SIDE
"""

import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"
import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

NAME, BATCH, SIDE, CLASSES = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), 2
WEIGHT_DECAY, MOMENTUM, RATE = 4e-5, 0.9, 0.01

images = tf.random.uniform([BATCH, SIDE, SIDE, 3], 0, 255)
labels = tf.constant([i % CLASSES for i in range(BATCH)])


def fused(self, inputs, training=None, mask=None):
    """What a BatchNormalization over the last axis does, by one operation each way."""
    if not training:
        raise ValueError("Cannot normalize: expected training, got inference")
    gamma = self.gamma if self.scale else tf.ones([inputs.shape[-1]])
    y, mean, variance = tf.compat.v1.nn.fused_batch_norm(inputs, gamma, self.beta, epsilon=self.epsilon, is_training=True)
    for moving, value in zip((self.moving_mean, self.moving_variance), (mean, variance)):
        moving.assign(moving * self.momentum + value * (1 - self.momentum))
    return y


def step_of(normalize):
    """A step of a network of its own, whose batch normalizations are called so; compiled at its first call."""
    net = getattr(keras.applications, NAME)(
        weights=None, classes=CLASSES, classifier_activation=None, input_shape=(SIDE, SIDE, 3)
    )
    variables = [variable.value for variable in net.trainable_variables]
    decayed = [v.value for v in net.trainable_variables if v.path.endswith("kernel") and "depthwise" not in v.path]
    slots = [tf.Variable(tf.zeros_like(variable)) for variable in variables]

    @tf.function
    def step(images, labels):
        with tf.GradientTape() as tape:
            logits = net(images / 127.5 - 1, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
            total = loss + WEIGHT_DECAY * tf.add_n([tf.nn.l2_loss(weights) for weights in decayed])
        for variable, slot, gradient in zip(variables, slots, tape.gradient(total, variables)):
            slot.assign(slot * MOMENTUM + gradient)
            variable.assign_sub(RATE * slot)
        accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1, tf.int32), labels), tf.float32))
        return total, accuracy

    def take():
        own, keras.layers.BatchNormalization.call = keras.layers.BatchNormalization.call, normalize
        total, accuracy = step(images, labels)
        keras.layers.BatchNormalization.call = own
        return total.numpy(), accuracy.numpy()

    return take


steps = {"keras": step_of(keras.layers.BatchNormalization.call), "fused": step_of(fused)}
print("ready", flush=True)
for line in sys.stdin:
    started = time.perf_counter()
    steps[line.strip()]()
    print(time.perf_counter() - started, flush=True)
