"""Inference of torchvision's ResNet-50: by PyTorch, channels_last, and by ONNX Runtime in float32.

Reads one word a line, "torch" or "onnx", takes a batch that way and answers with its seconds.
    python bench/infer_torch.py BATCH SIDE FOLDER
"""

import os
import sys
import time

import onnxruntime
import torch
from plain_torch import resnet50

BATCH, SIDE = int(sys.argv[1]), int(sys.argv[2])
FILE = os.path.join(sys.argv[3], "resnet50.onnx")

model = resnet50(1000).eval()
images = torch.rand(BATCH, 3, SIDE, SIDE)
torch.onnx.export(model, (images,), FILE, input_names=["images"], output_names=["logits"], verbose=False)
session = onnxruntime.InferenceSession(FILE, providers=["CPUExecutionProvider"])
channels_last, array = images.contiguous(memory_format=torch.channels_last), images.numpy()


def by_torch():
    with torch.inference_mode():
        return model(channels_last).numpy()


def by_onnx():
    return session.run(["logits"], {"images": array})[0]


ways = {"torch": by_torch, "onnx": by_onnx}
assert abs(by_torch() - by_onnx()).max() < 1e-3
print("ready", flush=True)
for line in sys.stdin:
    started = time.perf_counter()
    ways[line.strip()]()
    print(time.perf_counter() - started, flush=True)
