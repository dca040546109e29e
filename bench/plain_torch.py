"""torchvision's ResNet-50 in the layout that is faster on CPUs."""

import torch

try:
    import torchvision
except RuntimeError:  # built for another torch than this one, e.g. for CUDA: only its compiled operators are missing
    for name in ("nms", "qnms"):
        torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision


def resnet50(classes):
    return torchvision.models.resnet50(num_classes=classes).to(memory_format=torch.channels_last)
