"""Checks files of ONNX's and runs them in onnxruntime; what it is asked and what it answers is as in test/deploy/onnxnode.ts.

Of each file it is asked for in JSON: {"file", "feeds": [{name: {"type", "dims", "numbers"}}]}, where numbers is a file of them. It
answers on standard output: [{"opset", "ir", "metadata", "results": [{name: {"dims", "numbers"}}]}].
"""

import json
import sys

import numpy
import onnx
import onnxruntime

TYPES = {"float32": numpy.float32, "int32": numpy.int32}


def array(told):
    return numpy.fromfile(told["numbers"], TYPES[told["type"]]).reshape(told["dims"])


def run(case):
    model = onnx.load(case["file"])
    onnx.checker.check_model(model, full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(case["file"], options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    results = []
    for feed in case["feeds"]:
        outputs = session.run(names, {name: array(told) for name, told in feed.items()})
        results.append({name: {"dims": list(out.shape), "numbers": out.ravel().tolist()} for name, out in zip(names, outputs)})
    return {
        "opset": model.opset_import[0].version,
        "ir": model.ir_version,
        "metadata": {entry.key: entry.value for entry in model.metadata_props},
        "operations": [node.op_type for node in model.graph.node],
        "results": results,
    }


json.dump([run(case) for case in json.load(open(sys.argv[1]))], sys.stdout)
