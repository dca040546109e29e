"""The training step of bench/networks.ts in plain TensorFlow: any network, by the list of operations that bench/program.ts makes of it.

Each layer is TensorFlow's own operation (conv2d, fused_batch_norm, max_pool2d, …), differentiated by a GradientTape, with momentum
and weight decay, in one tf.function. Reads the list as one line of JSON and answers with the seconds it took to build; then takes
a step a line: after "step" it answers with its seconds, after "loss" with its loss.
    python bench/networks_plain.py BATCH SIDE
"""

import json
import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

BATCH, SIDE, CLASSES = int(sys.argv[1]), int(sys.argv[2]), 2
MOMENTUM, RATE = 0.9, 0.01

ACTIVATIONS = {
    "none": lambda x: x,
    "relu": tf.nn.relu,
    "relu6": tf.nn.relu6,
    "swish": tf.nn.silu,
    "sigmoid": tf.nn.sigmoid,
    "gelu": tf.nn.gelu,
    "hardSigmoid": lambda x: tf.nn.relu6(x + 3) / 6,
    "hardSwish": lambda x: x * (tf.nn.relu6(x + 3) / 6),
}


def begin(number, role, shape):
    """The first values of the variable of that number, the same at each start."""
    if role in ("gamma", "moving_variance"):
        return np.ones(shape, np.float32)
    if not role.endswith("weights"):
        return np.zeros(shape, np.float32)
    fan_in = np.prod(shape[:2]) if role == "depthwise_weights" else np.prod(shape[:-1])
    return np.random.default_rng(number).standard_normal(shape, np.float32) * np.float32((2 / fan_in) ** 0.5)


def sides(padding):
    """A padding as the operations take it."""
    return padding.upper() if isinstance(padding, str) else [[0, 0], padding, padding, [0, 0]]


class Net:
    def __init__(self, program):
        self.steps, self.decay, self.epsilon = program["steps"], program["batchNormDecay"], program["batchNormEpsilon"]
        self.trained, self.regularized, self.count = [], [], 0
        self.variables = [{each["role"]: self.variable(each) for each in step["variables"]} for step in self.steps]
        head = [program["features"], CLASSES]
        self.head = self.variable({"role": "weights", "shape": head, "regularized": False})
        self.biases = self.variable({"role": "biases", "shape": [CLASSES], "regularized": False})

    def variable(self, each):
        self.count += 1
        trained = not each["role"].startswith("moving")
        variable = tf.Variable(begin(self.count, each["role"], each["shape"]), trainable=trained)
        if trained:
            self.trained.append(variable)
        if each["regularized"]:
            self.regularized.append(variable)
        return variable

    def logits(self, images):
        values = [images / 127.5 - 1]
        for step, variables in zip(self.steps, self.variables):
            inputs = [values[i] for i in step["from"]]
            values.append(getattr(self, step["kind"])(variables, *inputs, **step["options"]))
        x = tf.reshape(values[-1], [-1, self.head.shape[0]])
        return x @ self.head + self.biases

    def finish(self, variables, x, activation):
        if "beta" in variables:
            return self.batch_norm(variables, x, activation)
        if "biases" in variables:
            x = tf.nn.bias_add(x, variables["biases"])
        return ACTIVATIONS[activation](x)

    def convolution(self, variables, x, stride, rate, activation, isDense, padding):
        weights = variables.get("weights", variables.get("pointwise_weights"))
        weights = weights[None, None] if isDense else weights
        return self.finish(variables, tf.nn.conv2d(x, weights, stride, sides(padding), dilations=rate), activation)

    def depthwise(self, variables, x, stride, rate, activation, padding):
        weights = variables["depthwise_weights"]
        x = tf.nn.depthwise_conv2d(x, weights, [1, stride, stride, 1], sides(padding), dilations=[rate, rate])
        return self.finish(variables, x, activation)

    def batch_norm(self, variables, x, activation):
        beta = variables["beta"]
        gamma = variables.get("gamma", tf.ones(beta.shape))
        x, mean, variance = tf.compat.v1.nn.fused_batch_norm(x, gamma, beta, epsilon=self.epsilon, is_training=True)
        for role, value in (("moving_mean", mean), ("moving_variance", variance)):
            variables[role].assign_sub((variables[role] - value) * (1 - self.decay))
        return ACTIVATIONS[activation](x)

    def layer_norm(self, variables, x, epsilon):
        mean, variance = tf.nn.moments(x, [3], keepdims=True)
        return tf.nn.batch_normalization(x, mean, variance, variables["beta"], variables["gamma"], epsilon)

    def channel_scale(self, variables, x):
        return x * variables["gamma"]

    def activate(self, variables, x, activation):
        return ACTIVATIONS[activation](x)

    def max_pool(self, variables, x, size, stride, padding, countsPadding):
        if countsPadding and not isinstance(padding, str):
            x, padding = tf.pad(x, sides(padding)), "VALID"
        return tf.nn.max_pool2d(x, size, stride, sides(padding))

    def average_pool(self, variables, x, size, stride, padding, countsPadding):
        if not isinstance(padding, str):
            x, padding = tf.pad(x, sides(padding)), "VALID"
        return tf.nn.avg_pool2d(x, size, stride, sides(padding))

    def blur_pool(self, variables, x, size, stride, padding, countsPadding):
        binomial = tf.constant([1.0, 2.0, 1.0]) / 4
        kernel = tf.tile((binomial[:, None] * binomial[None])[:, :, None, None], [1, 1, x.shape[3], 1])
        return tf.nn.depthwise_conv2d(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "REFLECT"), kernel, [1, stride, stride, 1], "VALID")

    def subsample(self, variables, x, factor):
        return x if factor == 1 else tf.nn.max_pool2d(x, 1, factor, "SAME")

    def join(self, variables, shortcut, residual, activation):
        return ACTIVATIONS[activation](shortcut + residual)

    def add_scaled(self, variables, x, y, factor):
        return x + factor * y

    def gate(self, variables, x, gates):
        return x * gates

    def concat(self, variables, *parts):
        return tf.concat(parts, 3)

    def global_pool(self, variables, x):
        return tf.reduce_mean(x, [1, 2], keepdims=True)

    def dropout(self, variables, x, rate, wholeImages):
        return tf.nn.dropout(x, rate, noise_shape=[x.shape[0], 1, 1, 1] if wholeImages else None)

    def softmax(self, variables, x):
        return tf.nn.softmax(x)


def step_of(net, weight_decay):
    slots = [tf.Variable(tf.zeros_like(variable)) for variable in net.trained]

    @tf.function
    def step(images, labels):
        with tf.GradientTape() as tape:
            logits = net.logits(images)
            total = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
            if weight_decay:
                total += weight_decay * tf.add_n([tf.nn.l2_loss(weights) for weights in net.regularized])
        for variable, slot, gradient in zip(net.trained, slots, tape.gradient(total, net.trained)):
            slot.assign(slot * MOMENTUM + gradient)
            variable.assign_sub(RATE * slot)
        accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1, tf.int32), labels), tf.float32))
        return total, accuracy

    return step


images = tf.random.uniform([BATCH, SIDE, SIDE, 3], 0, 255, seed=1)
labels = tf.constant([i % CLASSES for i in range(BATCH)])
print("ready", flush=True)
program = json.loads(sys.stdin.readline())
started = time.perf_counter()
network = Net(program)
parameters = sum(variable.shape.num_elements() for variable in network.trained)
if parameters != program["parameters"]:
    raise ValueError(f"Cannot bench: expected {program['parameters']} parameters, got {parameters}")
step = step_of(network, program["weightDecay"])
print(time.perf_counter() - started, flush=True)
for line in sys.stdin:
    started = time.perf_counter()
    total, accuracy = (value.numpy() for value in step(images, labels))
    print(total if line.strip() == "loss" else time.perf_counter() - started, flush=True)
