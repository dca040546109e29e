"""What Python's TensorFlow makes of folders of checkpoints, and folders that it makes, for saverpython.test.ts.

Arguments: any number of: read FOLDER, write FOLDER, retain FOLDER. Prints a list with what each gave, as JSON.
"""
import json
import sys
from pathlib import Path
from unittest import mock

import tensorflow as tf
from tensorflow.python.checkpoint import checkpoint_management

tf1 = tf.compat.v1


def read(folder):
    """The latest checkpoint, its values, and the folder's list with times."""
    path = tf.train.latest_checkpoint(folder)
    reader = tf.train.load_checkpoint(path)
    names = sorted(reader.get_variable_to_shape_map())
    state = tf.train.get_checkpoint_state(folder)
    return {"path": path, "values": {name: reader.get_tensor(name).ravel().tolist() for name in names},
            "dtypes": {name: reader.get_variable_to_dtype_map()[name].name for name in names},
            "all": list(state.all_model_checkpoint_paths), "times": list(state.all_model_checkpoint_timestamps),
            "lastPreserved": state.last_preserved_timestamp}


def write(folder):
    """Three steps by tf.compat.v1.train.Saver with a momentum slot; the last two are kept, in two shards each."""
    with tf.Graph().as_default(), tf1.Session(config=tf1.ConfigProto(device_count={"CPU": 2})) as session:
        with tf.device("/cpu:0"):
            weights = tf1.get_variable("net/weights", initializer=[1.0, 2.0], use_resource=False)
            step = tf1.train.get_or_create_global_step()
        with tf.device("/cpu:1"):
            train = tf1.train.MomentumOptimizer(0.5, 0.9).minimize(tf.reduce_sum(weights * weights), step)
        session.run(tf1.global_variables_initializer())
        saver = tf1.train.Saver(max_to_keep=2, sharded=True)
        for _ in range(3):
            session.run(train)
            saver.save(session, folder + "/model.ckpt", step)
        slot = next(one for one in tf1.global_variables() if one.op.name == "net/weights/Momentum")
        return {"weights": session.run(weights).tolist(), "slot": session.run(slot).tolist()}


def retain(folder):
    """Steps that tf.train.CheckpointManager keeps of those saved at given hours, with what the list says."""
    hours = [0, 0.5, 1.2, 1.9, 2.1, 4, 4.2, 4.4, 5, 5.5, 9, 9.1, 9.2, 9.3, 12, 12.5]
    clock = mock.Mock(return_value=1000.0)
    with mock.patch.object(checkpoint_management.time, "time", clock):
        manager = tf.train.CheckpointManager(tf.train.Checkpoint(a=tf.Variable(1.0)), folder, max_to_keep=3,
                                             keep_checkpoint_every_n_hours=2)
        for number, hour in enumerate(hours):
            clock.return_value = 1000.0 + 3600 * hour
            manager.save(checkpoint_number=number)
    state = tf.train.get_checkpoint_state(folder)
    return {"hours": hours, "there": sorted(int(file.stem.split("-")[1]) for file in Path(folder).glob("*.index")),
            "listed": [int(path.rsplit("-", 1)[1]) for path in state.all_model_checkpoint_paths],
            "lastPreserved": state.last_preserved_timestamp}


COMMANDS = {"read": read, "write": write, "retain": retain}
print(json.dumps([COMMANDS[command](folder) for command, folder in zip(sys.argv[1::2], sys.argv[2::2])]))
