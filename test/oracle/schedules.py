"""Learning-rate schedules of TensorFlow 1: test/fixtures/schedules.json.

Environment: see slim.py. Command: python test/oracle/schedules.py
"""
from patterns import number, write_fixture
from slim import tf

STEPS = [0, 1, 2, 5, 9, 10, 11, 25, 50, 99, 100, 101, 150, 250, 1000]
train = tf.train

# Name -> (TensorFlow's arguments beside the step, the schedule as a function of the step).
SCHEDULES = {
    "exponential": ({"learning_rate": 0.01, "decay_steps": 10, "decay_rate": 0.94, "staircase": False},
                    train.exponential_decay),
    "exponentialStaircase": ({"learning_rate": 0.01, "decay_steps": 10, "decay_rate": 0.94, "staircase": True},
                             train.exponential_decay),
    "cosine": ({"learning_rate": 0.1, "decay_steps": 100, "alpha": 0.0}, train.cosine_decay),
    "cosineAlpha": ({"learning_rate": 0.1, "decay_steps": 100, "alpha": 0.05}, train.cosine_decay),
    "piecewise": ({"boundaries": [10, 100], "values": [0.1, 0.01, 0.001]}, train.piecewise_constant),
    "polynomial": ({"learning_rate": 0.1, "decay_steps": 100, "end_learning_rate": 0.0001, "power": 1.0,
                    "cycle": False}, train.polynomial_decay),
    "polynomialSquare": ({"learning_rate": 0.1, "decay_steps": 100, "end_learning_rate": 0.001, "power": 2.0,
                          "cycle": False}, train.polynomial_decay),
    "polynomialCycle": ({"learning_rate": 0.1, "decay_steps": 100, "end_learning_rate": 0.001, "power": 1.0,
                         "cycle": True}, train.polynomial_decay),
    "inverseTime": ({"learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5, "staircase": False},
                    train.inverse_time_decay),
}

if __name__ == "__main__":
    step = tf.placeholder(tf.int64, [])
    content = {"steps": STEPS, "schedules": {}}
    with tf.Session() as session:
        for name, (arguments, schedule) in SCHEDULES.items():
            place = {"x": step} if "boundaries" in arguments else {"global_step": step}
            rate = schedule(**arguments, **place)
            values = [number(session.run(rate, {step: at})) for at in STEPS]
            content["schedules"][name] = {"options": arguments, "values": values}
    write_fixture("schedules", content)
