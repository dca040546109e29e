"""The fine-tuning of bench/transfer.ts as PyTorch's transfer learning tutorial has it, with channels_last, its faster layout on CPUs.

"all": its "Finetuning the ConvNet", all layers in each epoch. "head": its "ConvNet as fixed feature extractor" in the first epoch,
then all layers. SGD, rates, momentum, augmentation and the best of validation's weights, kept, are the tutorial's in both.
Says "ready" when trained, then answers "validation" and "test" with accuracies.
    python bench/transfer_torch.py PHOTOS WEIGHTS SEED EPOCHS BATCH SIDE all|head
https://docs.pytorch.org/tutorials/beginner/transfer_learning_tutorial.html
"""

import os
import sys
from tempfile import TemporaryDirectory

import torch
from torch import nn
from torch.utils.data import DataLoader

from plain_torch import resnet50, torchvision
from torchvision import transforms

PHOTOS, WEIGHTS = sys.argv[1:3]
SEED, EPOCHS, BATCH, SIDE = map(int, sys.argv[3:7])
WAY = sys.argv[7]
RATE, MOMENTUM = 0.001, 0.9
RATE_STEP, RATE_FACTOR = 7, 0.1
USUAL = [transforms.ToTensor(), transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
AUGMENTED = transforms.Compose([transforms.RandomResizedCrop(SIDE), transforms.RandomHorizontalFlip(), *USUAL])
CENTRAL = transforms.Compose([transforms.Resize(round(SIDE * 256 / 224)), transforms.CenterCrop(SIDE), *USUAL])


def photos(split, transform, shuffle=False):
    folder = torchvision.datasets.ImageFolder(os.path.join(PHOTOS, split), transform)
    return DataLoader(folder, BATCH, shuffle=shuffle, num_workers=os.cpu_count())


def run(model, images):
    return model(images.to(memory_format=torch.channels_last))


def accuracy(model, loader):
    model.eval()
    with torch.no_grad():
        hits = [(run(model, images).argmax(1) == labels) for images, labels in loader]
    return torch.cat(hits).float().mean().item()


def learn(model, loader, optimizer, is_head_alone):
    model.train(not is_head_alone)  # the frozen layers' batch norms stand still, as ours do
    for images, labels in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(run(model, images), labels)
        loss.backward()
        optimizer.step()


def main():
    torch.manual_seed(SEED)
    model = resnet50(1000)
    model.load_state_dict(torch.load(WEIGHTS), strict=False)  # without the counts of batches, which nothing needs
    model.fc = nn.Linear(model.fc.in_features, 2)
    train, validation = photos("train", AUGMENTED, shuffle=True), photos("validation", CENTRAL)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=MOMENTUM)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, RATE_STEP, RATE_FACTOR)
    best = 0.0
    with TemporaryDirectory() as folder:
        kept = os.path.join(folder, "best_model_params.pt")
        torch.save(model.state_dict(), kept)
        for epoch in range(EPOCHS):
            is_head_alone = WAY == "head" and epoch == 0
            model.requires_grad_(not is_head_alone)
            model.fc.requires_grad_(True)
            learn(model, train, optimizer, is_head_alone)
            scheduler.step()
            validated = accuracy(model, validation)
            if validated > best:
                best = validated
                torch.save(model.state_dict(), kept)
        model.load_state_dict(torch.load(kept))
    print("ready", flush=True)
    for line in sys.stdin:
        print(best if line.strip() == "validation" else accuracy(model, photos("test", CENTRAL)), flush=True)


if __name__ == "__main__":
    main()
