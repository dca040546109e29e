"""ONNX Runtime on two threads: a network in floats, slimlab's whole numbers of it, and those of onnxruntime.quantization's quantize_static.

Reads one word a line, "float", "ours" or "static", runs a batch that way and answers with its seconds.
    python bench/int8.py FLOAT OURS IMAGES BATCH
"""

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


quant_pre_process(FLOAT, PLAIN, skip_symbolic_shape=True)
quantize_static(PLAIN, STATIC, Reader(), activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, per_channel=True)
ways = {"float": session(FLOAT), "ours": session(OURS), "static": session(STATIC)}
batch = {"images": images[:BATCH]}
print("ready", flush=True)
for line in sys.stdin:
    started = time.perf_counter()
    ways[line.strip()].run(["probabilities"], batch)
    print(time.perf_counter() - started, flush=True)
