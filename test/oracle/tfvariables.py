"""Object-based checkpoints and the variables of SavedModels, and what they hold: test/fixtures/tfvariables.json.

Environment: tensorflow==2.21.0 keras==3.15.1 tf_keras==2.21.0. Command: python test/oracle/tfvariables.py
"""
import base64
import gzip
import pathlib
import tempfile

import keras
import numpy as np
import tensorflow as tf
import tf_keras

from patterns import pattern, write_fixture

FOLDER = pathlib.Path(tempfile.mkdtemp())


def encoded(contents):
    return base64.b64encode(contents).decode()


def model_of(library):
    layers = library.layers
    start = library.Input((4, 4, 3))
    x = layers.BatchNormalization(name="bn")(layers.Conv2D(2, 1, name="first")(start))
    model = library.Model(start, library.Sequential([layers.Dense(2, name="d")], name="seq")(x), name="tiny")
    model.compile("sgd", "mse")
    model.fit(np.zeros((1, 4, 4, 3)), np.zeros((1, 4, 4, 2)), verbose=0)
    return model


class Module(tf.Module):
    """Names that several have, and types."""
    def __init__(self):
        super().__init__()
        self.half = tf.Variable(pattern("half", (2, 3)).astype(np.float16), name="half")
        self.brain = tf.Variable(tf.cast(pattern("brain", (2,)), tf.bfloat16), name="brain")
        self.list = [tf.Variable(pattern("one", (2,))), tf.Variable(pattern("other", (2,)))]
        self.copies = [tf.Variable(pattern("copy", (2,)), name="copy") for _ in range(2)]
        self.steps = tf.Variable(3, dtype=tf.int64, name="steps")

    @tf.function(input_signature=[tf.TensorSpec([2, 2])])
    def __call__(self, x):
        return x + self.list[0]


def read(variable):
    value = np.asarray(variable)
    is_float = "float" in str(value.dtype)
    return {"dtype": str(value.dtype), "shape": list(value.shape),
            "values": encoded(value.astype(np.float32).tobytes()) if is_float else None}


def case(folder, variables):
    """All files below a folder but graphs, and variables by name."""
    files = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*"))}
    kept = {name: b"" if name.endswith(".pb") else path.read_bytes() for name, path in files.items() if path.is_file()}
    return {"files": {name: encoded(gzip.compress(contents, mtime=0)) for name, contents in kept.items()},
            "tensors": {name: read(variable) for name, variable in variables}}


def named(model, strip=":0"):
    return [(getattr(v, "path", v.name).removesuffix(strip), v) for v in model.variables]


def folder_of(name):
    folder = FOLDER / name
    folder.mkdir()
    return folder


if __name__ == "__main__":
    cases = {}
    for name, library in {"keras3": keras, "keras2": tf_keras}.items():
        model = model_of(library)
        folder = folder_of(name)
        tf.train.Checkpoint(model=model).save(str(folder / "model.ckpt"))
        cases[name] = case(folder, named(model))
        saved = folder_of(f"{name}Saved")
        tf.saved_model.save(model, str(saved))
        cases[f"{name}Saved"] = case(saved, named(model))
    exported = folder_of("keras3Exported")
    model = model_of(keras)
    model.export(str(exported), verbose=False)
    cases["keras3Exported"] = case(exported, named(model))
    module, folder = Module(), folder_of("module")
    tf.saved_model.save(module, str(folder))
    end = "/.ATTRIBUTES/VARIABLE_VALUE"
    cases["module"] = case(folder, [
        ("half", module.half), ("brain", module.brain), ("copy", module.copies[0]), ("steps", module.steps),
        *((f"list/{i}{end}", variable) for i, variable in enumerate(module.list))])
    write_fixture("tfvariables", cases)
