"""ONNX Runtime on two threads: a network in floats, slimlab's whole numbers of it, and those of onnxruntime.quantization's quantize_static.

Reads one word a line, "float", "ours" or "static", runs a batch that way and answers with its seconds. All three files are compared
with the floats first, on standard error.
    python bench/int8.py FLOAT OURS IMAGES BATCH
"""

import os
import sys
import time

import numpy
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

FLOAT, OURS, IMAGES, BATCH = *sys.argv[1:4], int(sys.argv[4])
PLAIN, STATIC = FLOAT + ".plain", FLOAT + ".static"
images = numpy.load(IMAGES)


class Reader(CalibrationDataReader):
    def __init__(self):
        self.starts = iter(range(0, len(images), BATCH))

    def get_next(self):
        start = next(self.starts, None)
        return None if start is None else {"images": images[start : start + BATCH]}


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def probabilities(runtime):
    parts = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]
    return numpy.concatenate([runtime.run(["probabilities"], {"images": part})[0] for part in parts])


quant_pre_process(FLOAT, PLAIN, skip_symbolic_shape=True)
quantize_static(PLAIN, STATIC, Reader(), activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, per_channel=True)
ways = {"float": session(FLOAT), "ours": session(OURS), "static": session(STATIC)}
expected = probabilities(ways["float"])
for name, path in (("ours", OURS), ("static", STATIC)):
    got = probabilities(ways[name])
    same, far = (got.argmax(1) == expected.argmax(1)).mean(), abs(got - expected)
    print(f"{name}: same class {same:.3f}, difference {far.max():.4f}, mean {far.mean():.2e}, {os.path.getsize(path)} bytes", file=sys.stderr)
batch = {"images": images[:BATCH]}
print("ready", flush=True)
for line in sys.stdin:
    started = time.perf_counter()
    ways[line.strip()].run(["probabilities"], batch)
    print(time.perf_counter() - started, flush=True)
