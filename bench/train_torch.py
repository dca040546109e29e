"""The training of bench/train.ts as a user of PyTorch writes it: torchvision's ResNet-50, a DataLoader over the same JPEGs.

With channels_last, its faster layout on CPUs; torch.compile makes this step no faster.

Reads a number of steps a line, takes as many and answers with the seconds they took; begins with some that are not counted.
    python bench/train_torch.py BATCH SIDE LEAD SAVE_STEPS SUMMARY_STEPS FOLDER PHOTOS
"""

import os
import sys
import time

import torch
from torch.utils.data import DataLoader, RandomSampler
from torch.utils.tensorboard import SummaryWriter

from plain_torch import resnet50, torchvision
from torchvision import transforms

BATCH, SIDE, LEAD, SAVE_STEPS, SUMMARY_STEPS = map(int, sys.argv[1:6])
FOLDER, PHOTOS = sys.argv[6:]
CLASSES = 2


def batches():
    augmented = transforms.Compose(
        [
            transforms.RandomResizedCrop(SIDE, scale=(0.05, 1)),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ]
    )
    photos = torchvision.datasets.ImageFolder(PHOTOS, augmented)
    sampler = RandomSampler(photos, replacement=True, num_samples=10**7)  # one epoch without end
    yield from DataLoader(photos, BATCH, sampler=sampler, num_workers=os.cpu_count(), drop_last=True)


def train():
    model = resnet50(CLASSES).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    writer = SummaryWriter(os.path.join(FOLDER, "events"))
    left, started, losses = LEAD, None, []
    for step, (images, labels) in enumerate(batches(), 1):
        if left == 0:
            print("ready" if started is None else time.perf_counter() - started, flush=True)
            line = sys.stdin.readline()
            if not line:
                os._exit(0)
            left, started = int(line), time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        logits = model(images.contiguous(memory_format=torch.channels_last))
        loss = torch.nn.functional.cross_entropy(logits, labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if step % SUMMARY_STEPS == 0:
            writer.add_scalar("loss", losses[-1], step)
            writer.add_scalar("accuracy", (logits.argmax(1) == labels).float().mean().item(), step)
        if step % SAVE_STEPS == 0:
            state = {"step": step, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
            torch.save(state, os.path.join(FOLDER, "model.pt"))
        left -= 1


if __name__ == "__main__":
    train()
