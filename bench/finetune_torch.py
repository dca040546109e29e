"""The fine-tuning of bench/finetune.ts as PyTorch's tutorial has it: ResNet-50 as a fixed feature extractor, a new head.

With channels_last, its faster layout on CPUs. The frozen layers' batch norms stand still, as the others' do.
Says "ready" when the validated accuracy is the goal's, then answers "photos" (how many it has learned from), "validation" and "test" with numbers.
    python bench/finetune_torch.py PHOTOS WEIGHTS SEED GOAL fit|features float32|bfloat16
https://docs.pytorch.org/tutorials/beginner/transfer_learning_tutorial.html
"""

import os
import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from plain_torch import resnet50, torchvision
from torchvision import transforms

SIDE, BATCH, MOST_EPOCHS = 224, 16, 50
RATE = 0.01  # with Adam: one epoch is enough
PHOTOS, WEIGHTS, SEED, GOAL, WAY, PRECISION = sys.argv[1:]
USUAL = [transforms.ToTensor(), transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
AUGMENTED = transforms.Compose([transforms.RandomResizedCrop(SIDE), transforms.RandomHorizontalFlip(), *USUAL])
CENTRAL = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(SIDE), *USUAL])


def photos(split, transform, shuffle=False):
    folder = torchvision.datasets.ImageFolder(os.path.join(PHOTOS, split), transform)
    return DataLoader(folder, BATCH, shuffle=shuffle, num_workers=os.cpu_count())


def run(model, images):
    with torch.autocast("cpu", torch.bfloat16, enabled=PRECISION == "bfloat16"):
        return model(images.to(memory_format=torch.channels_last) if images.ndim == 4 else images).float()


def cached(trunk, loader, shuffle=False):
    """What the trunk gives of each photo, once."""
    with torch.inference_mode():
        parts = [(run(trunk, images), labels) for images, labels in loader]
    features, labels = (torch.cat(part) for part in zip(*parts))
    return DataLoader(TensorDataset(features, labels), BATCH, shuffle=shuffle)


def accuracy(model, loader):
    with torch.inference_mode():
        hits = [(run(model, images).argmax(1) == labels) for images, labels in loader]
    return torch.cat(hits).float().mean().item()


def main():
    torch.manual_seed(int(SEED))
    model = resnet50(1000)
    model.load_state_dict(torch.load(WEIGHTS), strict=False)  # without the counts of batches, which nothing needs
    model.requires_grad_(False).eval()
    head = nn.Linear(model.fc.in_features, 2)
    train, validation = photos("train", AUGMENTED, shuffle=True), photos("validation", CENTRAL)
    test = photos("test", CENTRAL)
    model.fc = nn.Identity() if WAY == "features" else head
    trained = model
    if WAY == "features":
        train, validation, trained = cached(model, train, shuffle=True), cached(model, validation), head
    optimizer = torch.optim.Adam(head.parameters(), RATE)
    epochs, reached = 0, 0.0
    while reached < float(GOAL) and epochs < MOST_EPOCHS:
        for images, labels in train:
            optimizer.zero_grad()
            nn.functional.cross_entropy(run(trained, images), labels).backward()
            optimizer.step()
        reached = accuracy(trained, validation)
        epochs += 1
    if reached < float(GOAL):
        sys.exit(f"Cannot reach {GOAL}: got {reached} after {epochs} epochs")
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "test":
            print(accuracy(trained, test if WAY == "fit" else cached(model, test)), flush=True)
        else:
            print(epochs * len(train.dataset) if line.strip() == "photos" else reached, flush=True)


if __name__ == "__main__":
    main()
