"""Moving averages of tf.train.ExponentialMovingAverage with num_updates: test/fixtures/averages.json.

A variable begins as pattern("averages/0", shape) and is pattern("averages/<step>", shape) after each update; the averages
are applied after it, as its documentation has it, when global_step has counted the update.
Environment: tensorflow-cpu==2.21. Command: python test/oracle/averages.py
"""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf2  # noqa: E402

from patterns import array, pattern, write_fixture  # noqa: E402

tf = tf2.compat.v1
SHAPE = [5]
STEPS = 12


def averages(decay):
    """The average's name in a checkpoint, and its values after each update."""
    with tf.Graph().as_default(), tf.Session() as session:
        variable = tf.get_variable("layer/weights", initializer=pattern("averages/0", SHAPE))
        global_step = tf.train.get_or_create_global_step()
        value = tf.placeholder(tf.float32, SHAPE)
        update = tf.group(variable.assign(value), global_step.assign_add(1))
        ema = tf.train.ExponentialMovingAverage(decay, global_step)
        with tf.control_dependencies([update]):
            apply = ema.apply([variable])
        session.run(tf.global_variables_initializer())
        made = []
        for step in range(1, STEPS + 1):
            session.run(apply, {value: pattern(f"averages/{step}", SHAPE)})
            made.append(array(session.run(ema.average(variable))))
        return ema.average_name(variable), made


if __name__ == "__main__":
    runs = {str(decay): averages(decay) for decay in (0.25, 0.5, 0.9999)}
    write_fixture("averages", {
        "name": runs["0.5"][0],
        "shape": SHAPE,
        "decays": {decay: made for decay, (_, made) in runs.items()},
    })
