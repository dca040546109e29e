"""Small models in all of Keras' kinds of files, and what they hold: test/fixtures/kerasfiles.json.

Environment: keras==3.15.1 tf_keras==2.21.0 tensorflow==2.21.0 (which brings h5py and numpy). Command: python test/oracle/kerasfiles.py
"""
import base64
import gzip
import pathlib
import tempfile
import zipfile

import h5py
import keras
import numpy as np
import tf_keras
from keras.src.applications.convnext import LayerScale

from patterns import pattern, write_fixture

FOLDER = pathlib.Path(tempfile.mkdtemp())


def encoded(contents):
    return base64.b64encode(contents).decode()


def shared(layers, x):
    """The layers that both Keras 2 and 3 have, with and without what can be left out."""
    x = layers.Conv2D(2, 3, strides=2, padding="same", name="first")(x)
    x = layers.DepthwiseConv2D(3, padding="same", name="dw")(x)
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="dw_plain")(x)
    x = layers.SeparableConv2D(3, 1, name="sep")(x)
    x = layers.BatchNormalization(name="bn")(x)
    x = layers.BatchNormalization(scale=False, name="bn_noscale")(x)
    x = layers.BatchNormalization(center=False, name="bn_nocenter")(x)
    x = layers.BatchNormalization(center=False, scale=False, name="bn_none")(x)
    x = layers.Dropout(0.5, name="drop")(x)
    x = layers.LayerNormalization(name="ln")(x)
    return layers.LayerNormalization(center=False, name="ln_nocenter")(x)


def whole(library, only_new):
    """A model with models in it; `only_new` adds what Keras 3 alone has."""
    layers = library.layers
    start = library.Input((4, 4, 3))
    x = layers.Conv2D(2, 1, use_bias=False, name="c")(start)
    inner = library.Model(start, layers.BatchNormalization(name="b")(x), name="inner")
    head = library.Sequential([layers.Dense(3, name="d1"), layers.Dense(2, use_bias=False, name="d2")], name="head")
    start = library.Input((8, 8, 3))
    x = shared(layers, layers.Normalization(name="norm")(start))
    if only_new:
        x = layers.GroupNormalization(1, name="gn")(x)
        x = layers.RMSNormalization(name="rms")(x)
        x = layers.Conv2DTranspose(3, 1, name="up")(x)
        x = LayerScale(0.5, 3, name="stage_layer_scale")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(layers.PReLU(shared_axes=[1, 2], name="prelu")(inner(x)))
    return library.Model(start, head(x), name="tiny")


def train(model):
    """So that what optimizers, metrics and random generators keep is there; then every weight is known."""
    model.compile("adam", "mse", metrics=["accuracy"])
    model.fit(np.zeros((1, 8, 8, 3), np.float32), np.zeros((1, 2), np.float32), verbose=0)
    for name, variable in weights_of(model):
        if "float" in str(variable.dtype):
            variable.assign(pattern(name, tuple(variable.shape)).astype(variable.numpy().dtype))


def weights_of(model, scope=""):
    """(name, variable) by the names of layers; a variable as Keras 3 calls it."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from weights_of(layer, f"{scope}{layer.name}/")
            continue
        for variable in layer.weights:
            name = variable.name.split("/")[-1].removesuffix(":0")
            if type(layer).__name__ == "DepthwiseConv2D":
                name = name.replace("depthwise_kernel", "kernel")
            if isinstance(layer, LayerScale):
                name = "gamma"
            yield f"{scope}{layer.name}/{name}", variable


def tensors_of(model):
    def read(variable):
        value = np.asarray(variable)
        is_float = "float" in str(value.dtype)
        return {"dtype": str(value.dtype), "shape": list(value.shape),
                "values": encoded(value.astype(np.float32).tobytes()) if is_float else None}
    return {name: read(variable) for name, variable in weights_of(model)}


def nameless(path):
    """The same file as Keras 3.0 to 3.5 write it: their groups have no attribute."""
    copy = FOLDER / f"nameless_{path.name}"
    copy.write_bytes(path.read_bytes())
    with h5py.File(copy, "r+") as file:
        file.visititems(lambda _, one: one.attrs.clear() if isinstance(one, h5py.Group) else None)
    return copy


def packed(path):
    """The same file with chunks, shuffled, packed and with sums."""
    copy = FOLDER / f"packed_{path.name}"
    with h5py.File(path) as source, h5py.File(copy, "w") as target:
        def bring(name, one):
            if isinstance(one, h5py.Dataset) and one.shape:
                target.create_dataset(name, data=one[()], chunks=tuple(max(1, n // 2) for n in one.shape),
                                      compression="gzip", shuffle=True, fletcher32=True)
            else:
                source.copy(one, target, name) if isinstance(one, h5py.Dataset) else target.require_group(name)
            target[name].attrs.update(one.attrs)
        source.visititems(bring)
    return copy


def zipped_again(path):
    """The same archive with its parts deflated, as another tool packs a folder."""
    copy = FOLDER / f"zipped_{path.name}"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    return copy


def files_of(model, *endings):
    """Saved in each way: a whole model by save(), its weights by save_weights()."""
    paths = [FOLDER / f"{model.name}{ending}" for ending in endings]
    for path in paths:
        (model.save_weights if "weights" in path.name else model.save)(path)
    return paths


def case(model, paths):
    return {"tensors": tensors_of(model),
            "files": {path.name: encoded(gzip.compress(path.read_bytes(), mtime=0)) for path in paths}}


def odd():
    """Files whose first kernel is not plainly there: each by what is odd of it."""
    values = pattern("odd", (4, 3))
    layout = h5py.VirtualLayout(shape=(4, 3), dtype="f4")
    layout[:] = h5py.VirtualSource("elsewhere.h5", "x", shape=(4, 3))
    makers = {
        "lzf": lambda group: group.create_dataset("0", data=values, chunks=(2, 3), compression="lzf"),
        "scaleoffset": lambda group: group.create_dataset("0", data=values, chunks=(2, 3), scaleoffset=2),
        "external": lambda group: group.create_dataset("0", (4, 3), "f4", external=[("/etc/hostname", 0, 48)]),
        "virtual": lambda group: group.create_virtual_dataset("0", layout),
        "softLink": lambda group: group.__setitem__("0", h5py.SoftLink("/layers")),
        "bomb": lambda group: group.create_dataset("0", (2 ** 20, 2 ** 20), "f4", chunks=(1, 2 ** 20)),
        "bigEndian": lambda group: group.create_dataset("0", data=values.astype(">f4")),
    }
    files = {}
    for name, make in makers.items():
        path = FOLDER / f"{name}.weights.h5"
        with h5py.File(path, "w") as file:
            make(file.create_group("layers/dense/vars"))
        files[name] = encoded(gzip.compress(path.read_bytes(), mtime=0))
    return files


FORMER = {  # layers as the files that Keras publishes have them
    "keras1": {"block1_conv1": ["block1_conv1_W_1:0", "block1_conv1_b_1:0"], "block1_pool": [],
               "bn_conv1": ["bn_conv1_gamma:0", "bn_conv1_beta:0", "bn_conv1_running_mean:0", "bn_conv1_running_std:0"]},
    "resnet": {"conv1_conv": ["conv1_conv_3/kernel:0"], "probs": ["probs/kernel:0", "probs/bias:0"]},
    "mobilenetV2": {"Conv_1_bn": ["Conv_1_bn/gamma:0"], "Logits": ["Logits/kernel:0"]},
    "mobilenetV3": {"Conv": ["Conv/kernel:0"], "Conv/BatchNorm": ["Conv/BatchNorm/gamma:0"],
                    "expanded_conv/depthwise": ["expanded_conv/depthwise/depthwise_kernel:0"],
                    "expanded_conv/project": ["expanded_conv/project/kernel:0"],
                    "expanded_conv/project/BatchNorm": ["expanded_conv/project/BatchNorm_1/beta:0"],
                    "Logits": ["Logits/kernel:0"]},
}


def former(name):
    """Weights with names of before: Keras 1's, and those of layers that were called otherwise."""
    path = FOLDER / f"former_{name}.h5"
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.encode() for layer in FORMER[name]]
        for layer, weights in FORMER[name].items():
            file.require_group(layer).attrs["weight_names"] = [weight.encode() for weight in weights]
            for weight in weights:
                file[layer][weight] = pattern(weight, (2,))
    return encoded(gzip.compress(path.read_bytes(), mtime=0))


def of_type(dtype):
    """A model all of whose variables are of one type."""
    layers = keras.layers
    return keras.Sequential([keras.Input((3,)), layers.Dense(2, name="a"), layers.Dense(1, name="b")], name=dtype)


if __name__ == "__main__":
    new = whole(keras, True)
    train(new)
    weights, archive, legacy = files_of(new, ".weights.h5", ".keras", ".h5")
    made = {"keras3": case(new, [weights, archive, legacy, packed(weights), zipped_again(archive)])}
    bare = case(new, [nameless(weights)])["files"]
    old = whole(tf_keras, False)
    train(old)
    made["keras2"] = case(old, files_of(old, ".keras", ".h5", "_weights.h5"))
    for dtype in ["float16", "bfloat16", "float64"]:
        keras.config.set_floatx(dtype)
        small = of_type(dtype)
        for name, variable in weights_of(small):
            variable.assign(pattern(name, tuple(variable.shape)))
        made[dtype] = case(small, files_of(small, ".weights.h5", ".keras", ".h5"))
    write_fixture("kerasfiles", {"models": made, "odd": odd(), "former": {name: former(name) for name in FORMER}, "nameless": bare})
