"""Twenty updates by TensorFlow 1's optimizers, and by slim's training op around them: test/fixtures/optimizers.json.

AdamW, which TensorFlow 1 has not, is tf.keras.optimizers.AdamW, without decay for what has one dimension. The gradients
of a step are those of sum(variable * pattern("<variable>/<step>")).

Environment: see slim.py. Command: python test/oracle/optimizers.py
"""
from tensorflow.python.eager import context
from tensorflow.python.framework import indexed_slices, ops

from patterns import array, number, pattern, pattern_variable, write_fixture
from slim import name_of, slim, tf

# where tf_slim looks for them
ops.IndexedSlices, ops.Tensor = indexed_slices.IndexedSlices, tf.Tensor

STEPS = 20
SHAPES = {"net/conv/weights": [3, 3, 2, 4], "net/conv/biases": [4], "head/weights": [4, 5]}
RATES = [0.02 / (1 + 0.1 * step) for step in range(STEPS)]
MULTIPLIERS = {"net/conv/biases": 2.0, "head/weights": 0.1}

# Name -> (the optimizer of a learning rate, arguments of slim's training op).
CASES = {
    "sgd": (tf.train.GradientDescentOptimizer, {}),
    "momentum": (lambda rate: tf.train.MomentumOptimizer(rate, 0.9), {}),
    "nesterov": (lambda rate: tf.train.MomentumOptimizer(rate, 0.9, use_nesterov=True), {}),
    "rmsProp": (tf.train.RMSPropOptimizer, {}),
    "rmsPropMomentum": (lambda rate: tf.train.RMSPropOptimizer(rate, 0.8, momentum=0.9, epsilon=1.0), {}),
    "rmsPropCentered": (lambda rate: tf.train.RMSPropOptimizer(rate, momentum=0.5, centered=True), {}),
    "adam": (tf.train.AdamOptimizer, {}),
    "adamBetas": (lambda rate: tf.train.AdamOptimizer(rate, 0.8, 0.95, 0.1), {}),
    "clip": (tf.train.GradientDescentOptimizer, {"clip_gradient_norm": 1.5}),
    "multipliers": (tf.train.GradientDescentOptimizer, {"gradient_multipliers": MULTIPLIERS}),
    "clipAndMultipliers": (lambda rate: tf.train.MomentumOptimizer(rate, 0.9),
                           {"clip_gradient_norm": 1.5, "gradient_multipliers": MULTIPLIERS}),
    "clipGlobal": (tf.train.GradientDescentOptimizer, {"clip_global": 2.0}),
}


def summary(values):
    """What a fixture keeps of variables and slots."""
    return {name: array(value) for name, value in values.items()}


def run(optimizer, options):
    """Values of all variables after the first and the last step, by slim's create_train_op."""
    options = dict(options)
    clip_global = options.pop("clip_global", None)
    with tf.Graph().as_default(), tf.Session() as session:
        slim.create_global_step()
        rate = tf.placeholder(tf.float32, [])
        trained = {name: tf.get_variable(name, shape) for name, shape in SHAPES.items()}
        slopes = {name: tf.placeholder(tf.float32, shape) for name, shape in SHAPES.items()}
        loss = tf.add_n([tf.reduce_sum(trained[name] * slopes[name]) for name in SHAPES])
        if clip_global is not None:
            def clipped(pairs):
                gradients, _ = tf.clip_by_global_norm([gradient for gradient, _ in pairs], clip_global)
                return list(zip(gradients, [variable for _, variable in pairs]))
            from tf_slim.training import training
            train = training.create_train_op(loss, optimizer(rate), transform_grads_fn=clipped)
        else:
            train = slim.learning.create_train_op(loss, optimizer(rate), **options)
        session.run(tf.global_variables_initializer())
        for name, variable in trained.items():
            variable.load(pattern_variable(name, SHAPES[name]), session)
        saved = {name_of(variable): variable for variable in tf.global_variables() if "global_step" not in variable.name}
        states = []
        for step in range(STEPS):
            feed = {slopes[name]: pattern(f"{name}/{step}", SHAPES[name]) for name in SHAPES}
            session.run(train, {rate: RATES[step], **feed})
            states.append(session.run(saved))
        return {"first": summary(states[0]), "last": summary(states[-1])}


def run_adamw(weight_decay, epsilon):
    """The same by Keras's AdamW."""
    with context.eager_mode():
        v2 = tf.compat.v2
        trained = {name: v2.Variable(pattern_variable(name, shape), name=name) for name, shape in SHAPES.items()}
        optimizer = v2.keras.optimizers.AdamW(0.0, weight_decay=weight_decay, epsilon=epsilon, jit_compile=False)
        optimizer.exclude_from_weight_decay([trained["net/conv/biases"]])
        states = []
        for step in range(STEPS):
            optimizer.learning_rate = RATES[step]
            gradients = [v2.constant(pattern(f"{name}/{step}", SHAPES[name])) for name in SHAPES]
            optimizer.apply_gradients(zip(gradients, trained.values()))
            states.append({name: variable.numpy() for name, variable in trained.items()})
        return {"first": summary(states[0]), "last": summary(states[-1])}


if __name__ == "__main__":
    cases = {name: run(*case) for name, case in CASES.items()}
    cases["adamW"] = run_adamw(0.5, 1e-8)
    write_fixture("optimizers", {"shapes": SHAPES, "rates": [number(rate) for rate in RATES],
                                 "multipliers": MULTIPLIERS, "cases": cases})
