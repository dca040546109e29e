"""The training step of bench/step.ts as a user of PyTorch writes it: torchvision's ResNet-50, momentum, weight decay.

With channels_last, its faster layout on CPUs. Reads a line, takes a step, answers with its seconds.
    python bench/step_torch.py BATCH SIDE
"""

import sys
import time

import torch
from plain_torch import resnet50

BATCH, SIDE, CLASSES = int(sys.argv[1]), int(sys.argv[2]), 2

model = resnet50(CLASSES).train()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
images = torch.rand(BATCH, 3, SIDE, SIDE).contiguous(memory_format=torch.channels_last)
labels = torch.tensor([i % CLASSES for i in range(BATCH)])

print("ready", flush=True)
for line in sys.stdin:
    started = time.perf_counter()
    optimizer.zero_grad(set_to_none=True)
    logits = model(images)
    loss = torch.nn.functional.cross_entropy(logits, labels)
    loss.backward()
    optimizer.step()
    loss.item(), (logits.argmax(1) == labels).float().mean().item()
    print(time.perf_counter() - started, flush=True)
