"""VGG-16 of torchvision with weights from a safetensors file; answers each line with the seconds that took.
    python bench/weights_torch.py FILE
"""

import sys
import time

import plain_torch
import torch
from safetensors.torch import load_file

print("ready", flush=True)
for _ in sys.stdin:
    started = time.perf_counter()
    with torch.device("meta"):
        net = plain_torch.torchvision.models.vgg16(weights=None)
    net.load_state_dict(load_file(sys.argv[1]), assign=True)
    total = sum(p.sum().item() for p in net.parameters())  # so that all of it has been read
    print(time.perf_counter() - started, flush=True)
