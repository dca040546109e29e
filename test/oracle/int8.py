"""Runs a file of whole numbers in onnxruntime, as test/deploy/int8run.test.ts asks for it.

    python test/oracle/int8.py FILE IMAGES
IMAGES is a .npy file of what it receives. Answers on standard output, in JSON: {"probabilities": rows, of all images in batches of 16,
"single": that of the first one alone, "operations": what onnxruntime runs, by name and how often}.
"""

import collections
import json
import os
import sys
import tempfile

import numpy
import onnx
import onnxruntime

FILE, IMAGES = sys.argv[1:]
onnx.checker.check_model(onnx.load(FILE), full_check=True)
images = numpy.load(IMAGES)
with tempfile.TemporaryDirectory() as folder:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.log_severity_level = 3  # that an optimized file is of this processor
    options.optimized_model_filepath = os.path.join(folder, "optimized.onnx")
    session = onnxruntime.InferenceSession(FILE, options, providers=["CPUExecutionProvider"])
    optimized = onnx.load(options.optimized_model_filepath)


def run(some):
    return session.run(["probabilities"], {"images": some})[0]


rows = numpy.concatenate([run(images[start : start + 16]) for start in range(0, len(images), 16)])
operations = collections.Counter(node.op_type for node in optimized.graph.node)
json.dump({"probabilities": rows.tolist(), "single": run(images[:1])[0].tolist(), "operations": operations}, sys.stdout)
