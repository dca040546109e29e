"""A torchvision network exported by torch, and two ONNX files run by ONNX Runtime on two threads.

Reads one word a line, "export", or "ours" or "theirs" for a batch through that file, and answers with its seconds.
    python bench/onnx_torch.py BATCH SIDE NETWORK OURS THEIRS
"""

import sys
import time

import numpy
import onnxruntime
import torch
from plain_torch import torchvision

BATCH, SIDE, NETWORK, OURS, THEIRS = int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:6]

model = getattr(torchvision.models, NETWORK)(num_classes=1000).eval()
images = numpy.random.default_rng(1).uniform(-1, 1, (BATCH, SIDE, SIDE, 3)).astype(numpy.float32)
layouts = {OURS: images, THEIRS: numpy.ascontiguousarray(images.transpose(0, 3, 1, 2))}
sessions = {}


def export():
    example = (torch.from_numpy(layouts[THEIRS][:2]),)
    names = {"input_names": ["images"], "output_names": ["logits"]}
    batch = {"images": {0: torch.export.Dim("batch")}}
    torch.onnx.export(model, example, THEIRS, dynamic_shapes=(batch["images"],), external_data=False, verbose=False, **names)


def run(file):
    if file not in sessions:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        sessions[file] = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    return sessions[file].run(["logits"], {"images": layouts[file]})


ways = {"export": export, "ours": lambda: run(OURS), "theirs": lambda: run(THEIRS)}
print("ready", flush=True)
for line in sys.stdin:
    started = time.perf_counter()
    ways[line.strip()]()
    print(time.perf_counter() - started, flush=True)
