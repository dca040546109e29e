"""The training step of bench/step.ts as Python TensorFlow writes it: ResNet-50 of TF-Slim, momentum, weight decay.

Reads one word a line, "function" (tf.function), "bfloat16" (the same with layers that compute in bfloat16, as Keras's policy
mixed_bfloat16 has them) or "eager", takes one step of that kind and answers with its seconds.
    python bench/step.py BATCH SIDE
"""

import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf  # noqa: E402

BATCH, SIDE, CLASSES = int(sys.argv[1]), int(sys.argv[2]), 2
BLOCKS = [(64, 3, 2), (128, 4, 2), (256, 6, 2), (512, 3, 1)]
WEIGHT_DECAY, BN_DECAY, EPSILON, MOMENTUM, RATE = 1e-4, 0.997, 1e-5, 0.9, 0.01


class Net:
    def __init__(self):
        self.variables, self.moving, self.decayed, self.dtype = [], [], [], tf.float32
        self.next_variable = self.next_moving = 0

    def variable(self, shape, initial, decayed=False):
        if self.next_variable == len(self.variables):
            self.variables.append(tf.Variable(initial(shape)))
            if decayed:
                self.decayed.append(self.variables[-1])
        self.next_variable += 1
        return self.variables[self.next_variable - 1]

    def moving_pair(self, channels):
        if self.next_moving == len(self.moving):
            self.moving.append((tf.Variable(tf.zeros([channels]), trainable=False), tf.Variable(tf.ones([channels]), trainable=False)))
        self.next_moving += 1
        return self.moving[self.next_moving - 1]

    def convolution(self, x, channels, kernel, stride, activate=True):
        depth = x.shape[3]
        spread = (2 / (kernel * kernel * depth)) ** 0.5
        weights = self.variable([kernel, kernel, depth, channels], lambda s: tf.random.normal(s, 0, spread), decayed=True)
        weights = tf.cast(weights, self.dtype)
        if stride > 1 and kernel > 1:
            before = (kernel - 1) // 2
            x = tf.pad(x, [[0, 0], [before, kernel - 1 - before], [before, kernel - 1 - before], [0, 0]])
            x = tf.nn.conv2d(x, weights, stride, "VALID")
        else:
            x = tf.nn.conv2d(x, weights, stride, "SAME")
        gamma, beta = self.variable([channels], tf.ones), self.variable([channels], tf.zeros)
        x, mean, variance = tf.compat.v1.nn.fused_batch_norm(x, gamma, beta, epsilon=EPSILON, is_training=True)
        for moving, value in zip(self.moving_pair(channels), (mean, variance)):
            moving.assign_sub((moving - value) * (1 - BN_DECAY))
        return tf.nn.relu(x) if activate else x

    def logits(self, x, dtype=tf.float32):
        self.next_variable, self.next_moving, self.dtype = 0, 0, dtype
        x = tf.cast(x, dtype)
        x = tf.nn.max_pool2d(self.convolution(x, 64, 7, 2), 3, 2, "SAME")
        for depth, units, block_stride in BLOCKS:
            for unit in range(units):
                stride = block_stride if unit == units - 1 else 1
                if x.shape[3] != depth * 4:
                    shortcut = self.convolution(x, depth * 4, 1, stride, activate=False)
                else:
                    shortcut = x if stride == 1 else tf.nn.max_pool2d(x, 1, stride, "VALID")
                residual = self.convolution(self.convolution(x, depth, 1, 1), depth, 3, stride)
                x = tf.nn.relu(shortcut + self.convolution(residual, depth * 4, 1, 1, activate=False))
        x = tf.reduce_mean(tf.cast(x, tf.float32), [1, 2])
        return x @ self.variable([2048, CLASSES], lambda s: tf.random.normal(s, 0, 0.01)) + self.variable([CLASSES], tf.zeros)


net = Net()
images = tf.random.uniform([BATCH, SIDE, SIDE, 3], 0, 255)
labels = tf.constant([i % CLASSES for i in range(BATCH)])
means = tf.constant([123.68, 116.78, 103.94])
net.logits(images[:1] - means)
slots = [tf.Variable(tf.zeros_like(variable)) for variable in net.variables]


def step(images, labels, dtype=tf.float32):
    with tf.GradientTape() as tape:
        logits = net.logits(images - means, dtype)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
        total = loss + WEIGHT_DECAY * tf.add_n([tf.nn.l2_loss(weights) for weights in net.decayed])
    for variable, slot, gradient in zip(net.variables, slots, tape.gradient(total, net.variables)):
        slot.assign(slot * MOMENTUM + gradient)
        variable.assign_sub(RATE * slot)
    accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1, tf.int32), labels), tf.float32))
    return total, accuracy


steps = {
    "function": tf.function(step),
    "bfloat16": tf.function(lambda images, labels: step(images, labels, tf.bfloat16)),
    "eager": step,
}
print("ready", flush=True)
for line in sys.stdin:
    started = time.perf_counter()
    total, accuracy = steps[line.strip()](images, labels)
    total.numpy(), accuracy.numpy()
    print(time.perf_counter() - started, flush=True)
