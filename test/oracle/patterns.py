"""The deterministic data of every fixture: the same numbers in Python and in TypeScript (test/patterns.ts).

Weights of a whole ResNet are made from the names of its variables, so that no weights need to be stored.
Integers are 32 bits wide, products and sums are IEEE doubles in the order written, and the result is rounded
once to float32: the two languages agree bit for bit (test/patterns.test.ts).

Needs only numpy. `python test/oracle/patterns.py` writes test/fixtures/patterns.json.
"""
import json
import os
import pathlib
import re

import numpy as np

FIXTURES = pathlib.Path(os.environ.get("ORACLE_OUT", pathlib.Path(__file__).resolve().parent.parent / "fixtures"))
VGG_MEANS = (123.68, 116.78, 103.94)
SAMPLES = 32


def mix(x):
    """The finalizer of MurmurHash3, on uint32 arrays."""
    x = np.asarray(x, np.uint32).copy()
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(16)
    return x


def seed_of(name):
    """FNV-1a, 32 bits, of the UTF-8 bytes of a name."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    return np.uint32(seed)


def unit_pattern(name, size):
    """float64 [size], multiples of 2^-15 in [-1, 1): element i depends on the name and i alone."""
    bits = mix(mix(np.arange(size, dtype=np.uint32)) ^ seed_of(name))
    return ((bits >> np.uint32(16)).astype(np.float64) - 32768.0) / 32768.0


def pattern(name, shape, scale=1.0, offset=0.0):
    """float32 array of `shape`, uniform in [offset - scale, offset + scale)."""
    values = unit_pattern(name, int(np.prod(shape, dtype=np.int64)))
    return (offset + scale * values).astype(np.float32).reshape(shape)


def pattern_integers(name, shape, limit):
    """int32 array of `shape`, uniform in 0 .. limit - 1."""
    bits = mix(mix(np.arange(int(np.prod(shape)), dtype=np.uint32)) ^ seed_of(name))
    return (bits % np.uint32(limit)).astype(np.int32).reshape(shape)


def pattern_images(name, shape):
    """float32 [batch, height, width, 3]: 8 x 8 coloured tiles with noise, 0 .. 255, less the VGG means.

    Tiles, because images of noise alone all look alike to a global average pool.
    """
    batch, height, width, channels = shape
    tiles = unit_pattern(name + "/tiles", batch * 8 * 8 * channels).reshape(batch, 8, 8, channels)
    noise = unit_pattern(name + "/noise", batch * height * width * channels).reshape(shape)
    rows = np.arange(height) * 8 // height
    columns = np.arange(width) * 8 // width
    pixels = (127.5 + 96.0 * tiles[:, rows][:, :, columns]) + 31.0 * noise
    return (pixels - np.array(VGG_MEANS)).astype(np.float32)


# The first rule whose expression is found in a variable's name gives its scale and offset. "he": sqrt(6 / fan in)
# times the number after it; "spatial": the same, the fan in being the kernel's area, as of a depthwise convolution. Root convolutions see pixels (std about 64): v1 normalizes what they give, v2 does not. The
# last convolution of a unit is damped and betas are positive, so that activations keep their size where moving
# statistics do not normalize them, and rounding is not amplified through 50 layers and 20 steps. (With betas of 0, or
# small root weights whose gradients are then large, the loss curve is chaotic. Inception v4, of 149 normalizations one after the
# other and beside, needs larger ones.)
VARIABLE_RULES = [
    (r"^resnet_v2[^/]+/conv1/weights$", "he", 1 / 64, 0.0),
    (r"^[^/]+/conv1/BatchNorm/moving_mean$", "plain", 8.0, 0.0),
    (r"^[^/]+/conv1/BatchNorm/moving_variance$", "plain", 1024.0, 4096.0),
    (r"bottleneck_v2/conv3/weights$", "he", 0.25, 0.0),
    (r"depthwise_weights$", "spatial", 1.0, 0.0),
    (r"weights$", "he", 1.0, 0.0),
    (r"(bottleneck_v1/conv3|expanded_conv[^/]*/project)/BatchNorm/gamma$", "plain", 0.0625, 0.1875),
    (r"^efficientnet.*/project/BatchNorm/gamma$", "plain", 0.125, 0.375),
    (r"gamma$", "plain", 0.25, 1.0),
    (r"moving_variance$", "plain", 0.25, 1.0),
    (r"^InceptionV4/.*beta$", "plain", 0.125, 1.5),
    (r"beta$", "plain", 0.125, 0.5),
    (r"(biases|moving_mean)$", "plain", 0.125, 0.0),
]


def pattern_variable(name, shape):
    """float32 array: the value of the variable `name` (TF-Slim's name, without ":0") in every fixture."""
    for expression, kind, scale, offset in VARIABLE_RULES:
        if re.search(expression, name):
            fan_in = np.prod(shape[:2] if kind == "spatial" else shape[:-1], dtype=np.int64)
            factor = 1.0 if kind == "plain" else float(np.sqrt(6.0 / float(fan_in)))
            return pattern(name, shape, factor * scale, offset)
    raise ValueError(f"Cannot make a value for \"{name}\": expected a name that a rule knows")


def sample_positions(size):
    """Flat indices of an array's samples: every one up to SAMPLES elements, else SAMPLES scattered ones."""
    if size <= SAMPLES:
        return np.arange(size)
    return (mix(np.arange(1, SAMPLES + 1, dtype=np.uint32)) % np.uint32(size)).astype(np.int64)


def number(x):
    """A float as JSON holds it: 9 significant digits bring a float32 back exactly."""
    return float(f"{float(x):.9g}")


def summarize(values):
    """What a fixture holds of a large array: shape, mean, std, L2 norm and samples (see sample_positions)."""
    values = np.asarray(values)
    flat = values.astype(np.float64).ravel()
    return {
        "shape": list(values.shape),
        "mean": number(flat.mean()),
        "std": number(flat.std()),
        "norm": number(np.sqrt((flat * flat).sum())),
        "samples": [number(x) for x in flat[sample_positions(flat.size)]],
    }


def brief(values, samples=6):
    """A summary with fewer samples and 6 digits: for fixtures of many endpoints, compared to 1e-4."""
    summary = summarize(values)
    rounded = {key: float(f"{summary[key]:.6g}") for key in ("mean", "std", "norm")}
    return {**summary, **rounded, "samples": [float(f"{x:.6g}") for x in summary["samples"][:samples]]}


def norm_of(values):
    """The L2 norm, of 5 digits."""
    return float(f"{float(np.sqrt((np.asarray(values, np.float64) ** 2).sum())):.5g}")


def array(values):
    """A small array in full."""
    values = np.asarray(values)
    return {"shape": list(values.shape), "values": [number(x) for x in values.ravel()]}


def write_fixture(name, content):
    """Write test/fixtures/<name>.json, with the innermost lists and records on one line each."""
    text = json.dumps(content, indent=1)
    text = re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda m: "[" + re.sub(r"\s*\n\s*", " ", m[1]) + "]", text)
    text = re.sub(r"\{\s+([^{}]*?)\s+\}", lambda m: "{ " + re.sub(r"\s*\n\s*", " ", m[1]) + " }", text)
    path = FIXTURES / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n")
    print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    variables = [
        ("resnet_v1_50/conv1/weights", [7, 7, 3, 64]),
        ("resnet_v1_50/block1/unit_1/bottleneck_v1/conv3/weights", [1, 1, 64, 256]),
        ("resnet_v1_50/block1/unit_1/bottleneck_v1/conv3/BatchNorm/gamma", [256]),
        ("resnet_v1_50/block1/unit_1/bottleneck_v1/conv1/BatchNorm/moving_variance", [64]),
        ("resnet_v2_50/block1/unit_1/bottleneck_v2/conv3/weights", [1, 1, 64, 256]),
        ("resnet_v2_50/block1/unit_1/bottleneck_v2/conv3/biases", [256]),
        ("Predict/logits/weights", [2048, 5]),
    ]
    write_fixture("patterns", {
        "mix": [int(x) for x in mix([0, 1, 2, 0xFFFFFFFF])],
        "seeds": {name: int(seed_of(name)) for name in ("", "a", "resnet_v1_50/conv1/weights", "größe")},
        "pattern": array(pattern("x", [3, 5], 0.1, 2.0)),
        "integers": array(pattern_integers("labels", [24], 5)),
        "images": summarize(pattern_images("images", [2, 13, 17, 3])),
        "positions": {str(n): [int(i) for i in sample_positions(n)] for n in (5, 32, 33, 100352)},
        "variables": {name: summarize(pattern_variable(name, shape)) for name, shape in variables},
    })
