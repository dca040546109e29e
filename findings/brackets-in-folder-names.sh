#!/usr/bin/env bash
# In a folder named "run[1]" TensorFlow saves checkpoints and SavedModels, and then does not find them, for readers take the path for a
# pattern; beside a folder "run1", which that matches, with files of the same names, they read it.
# Seen in tensorflow-cpu 2.21.0. Needs Python 3.10 to 3.13; about 300 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 "$folder/venv/bin/python" - <<'PYTHON'
import tensorflow as tf


def save(name, value):
    module = tf.Module()
    module.weight = tf.Variable(value)
    prefix = tf.train.Checkpoint(weight=module.weight).save(f"{name}/model.ckpt")
    tf.saved_model.save(module, f"{name}/saved_model")
    assert tf.io.gfile.exists(prefix + ".index") and tf.io.gfile.exists(f"{name}/saved_model/saved_model.pb")


def attempt(read):
    try:
        return read()
    except (tf.errors.OpError, OSError, ValueError) as error:
        return type(error).__name__


def found(name):
    variable = "weight/.ATTRIBUTES/VARIABLE_VALUE"
    return {
        "latest_checkpoint": attempt(lambda: tf.train.latest_checkpoint(name)),
        "gfile.glob": attempt(lambda: tf.io.gfile.glob(f"{name}/*.index")),
        "load_variable": attempt(lambda: float(tf.train.load_variable(f"{name}/model.ckpt-1", variable))),
        "saved_model.load": attempt(lambda: float(tf.saved_model.load(f"{name}/saved_model").weight)),
    }


print("TensorFlow", tf.__version__)
save("run[1]", 1.0)
alone = found("run[1]")
print("run[1] alone:", alone)
save("run1", 2.0)
beside = found("run[1]")
print("run[1], where the weight is 1.0, beside run1, where it is 2.0:", beside)
assert alone["latest_checkpoint"] is None and alone["gfile.glob"] == [], alone
assert isinstance(alone["load_variable"], str) and isinstance(alone["saved_model.load"], str), alone
assert beside["latest_checkpoint"] == "run[1]/model.ckpt-1" and "run1/" in beside["gfile.glob"][0], beside
assert beside["load_variable"] == 1.0 and beside["saved_model.load"] == 1.0, beside
PYTHON
