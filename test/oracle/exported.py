"""Whether torchvision's and timm's networks take what exportWeights() writes, whole, and give the logits of the same weights.

`python test/oracle/exported.py torchvision/resnet50 timm/resnet50 ...`, or of one network a family where none is named, lets node import each one's weights, made as sources.py makes them,
and export them in that library's layout; the library's network then loads the file by load_state_dict(), strictly, and its logits are
compared with test/fixtures/sources/<source>_<name>.json to 1e-3. Nothing is written but what is printed.

Needs what sources.py does, node, and a build of this project (dist/).
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from patterns import FIXTURES, sample_positions
from sources import photos, pixels_of, timm_net, torchvision_net

ONE_A_FAMILY = [
    *(f"torchvision/{name}" for name in """resnet18 resnet50 wide_resnet50_2 alexnet vgg11 vgg11_bn googlenet inception_v3 mobilenet_v2
      mobilenet_v3_small mobilenet_v3_large efficientnet_b0 convnext_tiny""".split()),
    *(f"timm/{name}" for name in """resnet18 resnet50 resnetv2_50 seresnet18 resnetaa50 resnetblur18 vgg11 vgg11_bn inception_v3 inception_v4
      inception_resnet_v2 mobilenetv1_100 mobilenetv2_035 mobilenetv3_small_100 tf_mobilenetv3_small_100 efficientnet_b0 tf_efficientnet_b0
      convnext_tiny""".split()),
]

DIST = pathlib.Path(__file__).resolve().parent.parent.parent / "dist"
EXPORT = """
const [dist, source, file, layout] = process.argv.slice(1);
const { importedModel } = require(`${dist}/test/weights/imported`);
const { exportWeights } = require(`${dist}/src`);
importedModel(source).then((model) => exportWeights(model, file, { layout })).then(({ name }) => console.log(name));
"""


def read_safetensors(file):
    """name -> float32 array; as the format says, without its package."""
    data = file.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(data, np.float32, count=int(np.prod(entry["shape"])), offset=8 + length + entry["data_offsets"][0])
        .reshape(entry["shape"])
        for name, entry in header.items()
    }


def compare(source, folder):
    """The greatest distance of a logit, over the root mean square, after a strict loading."""
    import torch

    library, name = source.split("/")
    file = pathlib.Path(folder) / "weights.safetensors"
    command = ["node", "-e", EXPORT, str(DIST), source, str(file), library]
    called = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip().split("\n")[-1]
    # Auxiliary classifiers are no part of what is exported.
    aux = {"aux_logits": False} if called in ("torchvision/googlenet", "torchvision/inception_v3") else {}
    net = torchvision_net(name, **aux) if library == "torchvision" else timm_net(called.split("/")[1])
    net.load_state_dict({key: torch.from_numpy(value.copy()) for key, value in read_safetensors(file).items()}, strict=True)
    file.unlink()
    fixture = json.loads((FIXTURES / "sources" / f"{library}_{name}.json").read_text())
    with torch.no_grad():
        logits = net.eval()(pixels_of(net, photos(fixture["side"]))).numpy()
    worst = 0
    for row, photo in zip(logits, fixture["photos"]):
        expected = photo["logits"]
        got = row[sample_positions(row.size)]
        worst = max(worst, np.abs(got - expected["samples"]).max() / (expected["norm"] / np.sqrt(row.size)))
        if row.argmax() != photo["first"] or not worst < 1e-3:
            raise ValueError(f"Cannot take {source}: expected class {photo['first']}, got {row.argmax()}, {worst} apart")
    return called, worst


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        for wanted in sys.argv[1:] or ONE_A_FAMILY:
            called, worst = compare(wanted, temporary)
            print(f"{wanted}: as {called}, {worst:.1e}", flush=True)
