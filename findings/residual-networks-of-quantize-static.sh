#!/usr/bin/env bash
# ONNX Runtime's quantize_static makes signed activations by default (QInt8 in QDQ form). A chain of convolutions then runs in whole numbers on x86_64, a
# residual network mostly does not: where a tensor has two readers, as each block's input has, the pairs of QuantizeLinear and DequantizeLinear around it are
# not fused when a session is made. The convolutions that write or read it are computed in floats, and so is the sum, between conversions there and back: a
# "quantized" ResNet of the size of an int8 one and of the speed of a float32 one. With activation_type=QuantType.QUInt8 all is in whole numbers, and
# the outputs are the same to the bit. No warning in either; only the optimized graph tells.
# Seen in onnxruntime 1.32.0, x86_64. Needs Python 3.11 to 3.13; about 150 MB are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
cd "$folder"
cat >quantize.py <<'PYTHON'
from collections import Counter

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static

FLOAT = onnx.TensorProto.FLOAT
rng = np.random.default_rng(1)
photos = rng.normal(size=(8, 1, 8, 16, 16)).astype(np.float32)


def network(is_residual):
    """Four 3 x 3 convolutions of 8 channels with ReLUs; the input of each two is added to their output, or not."""
    nodes, weights, value = [], [], "images"
    for i in range(4):
        weights.append(numpy_helper.from_array(rng.normal(0, 0.12, (8, 8, 3, 3)).astype(np.float32), f"kernel{i}"))
        nodes.append(helper.make_node("Conv", [value, f"kernel{i}"], [f"conv{i}"], name=f"conv{i}", pads=[1] * 4))
        begin, value = (value, f"conv{i}") if i % 2 == 0 else (begin, f"conv{i}")
        if is_residual and i % 2 == 1:
            nodes.append(helper.make_node("Add", [begin, value], [f"sum{i}"], name=f"sum{i}"))
            value = f"sum{i}"
        nodes.append(helper.make_node("Relu", [value], [f"relu{i}"], name=f"relu{i}"))
        value = f"relu{i}"
    info = [helper.make_tensor_value_info(name, FLOAT, ["n", 8, 16, 16]) for name in ("images", value)]
    graph = helper.make_graph(nodes, "network", info[:1], info[1:], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


class Photos(CalibrationDataReader):
    def __init__(self):
        self.rest = iter(photos)

    def get_next(self):
        photo = next(self.rest, None)
        return None if photo is None else {"images": photo}


def look(name, **options):
    """The operations of convolution and addition that a session runs, and its answer."""
    quantize_static(f"{name}.onnx", "quantized.onnx", Photos(), **options)
    session_options = onnxruntime.SessionOptions()
    session_options.optimized_model_filepath = "optimized.onnx"
    session_options.log_severity_level = 3
    session = onnxruntime.InferenceSession("quantized.onnx", session_options, providers=["CPUExecutionProvider"])
    kinds = Counter(node.op_type for node in onnx.load("optimized.onnx").graph.node)
    seen = {kind: kinds[kind] for kind in ("Conv", "QLinearConv", "Add", "QLinearAdd") if kinds[kind] > 0}
    return seen, session.run(None, {"images": photos[0]})[0]


for name, is_residual in (("chain", False), ("residual", True)):
    onnx.save(network(is_residual), f"{name}.onnx")
    (default, one), (unsigned, other) = look(name), look(name, activation_type=QuantType.QUInt8)
    print("onnxruntime", onnxruntime.__version__, name, "by default", default, "QUInt8", unsigned, "furthest apart", abs(one - other).max())
    assert (one == other).all()
    assert unsigned == {"QLinearConv": 4, **({"QLinearAdd": 2} if is_residual else {})}, unsigned
    assert default == ({"Conv": 2, "QLinearConv": 2, "Add": 2} if is_residual else {"QLinearConv": 4}), default
PYTHON
"$folder/venv/bin/python" quantize.py 2>told || { cat told && exit 1; }
