"""resnet_v1_14 strided as torchvision, on pattern weights, in torch: what the fixtures of explain() are made with.

Every ReLU is a module of its own and none works in place, so that hooks see what the paper means.
Environment: torch==2.13.0. A script imports `network()` and `images()`.
"""
import torch
from torch import nn

from patterns import pattern_images, pattern_variable

NETWORK = "resnet_v1_14"
WIDTH = 1 / 4
CLASSES = 5
SIDE = 64
BATCH = 2
EPSILON = 1e-5


def depth_of(channels):
    return int(channels * WIDTH)


class Convolution(nn.Module):
    """Convolution and batch norm by moving statistics, by TF-Slim's scope."""

    def __init__(self, scope, depth_in, depth, kernel=1, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(depth_in, depth, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(depth, eps=EPSILON)
        weights = torch.tensor(pattern_variable(f"{scope}/weights", [kernel, kernel, depth_in, depth]))
        self.conv.weight.data = weights.permute(3, 2, 0, 1).contiguous()
        names = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
        for attribute, name in names.items():
            getattr(self.norm, attribute).data = torch.tensor(pattern_variable(f"{scope}/BatchNorm/{name}", [depth]))

    def forward(self, x):
        return self.norm(self.conv(x))


class Unit(nn.Module):
    def __init__(self, scope, depth_in, bottleneck, stride):
        super().__init__()
        depth = 4 * bottleneck
        self.shortcut = Convolution(f"{scope}/shortcut", depth_in, depth, 1, stride)
        self.conv1 = Convolution(f"{scope}/conv1", depth_in, bottleneck)
        self.relu1 = nn.ReLU()
        self.conv2 = Convolution(f"{scope}/conv2", bottleneck, bottleneck, 3, stride)
        self.relu2 = nn.ReLU()
        self.conv3 = Convolution(f"{scope}/conv3", bottleneck, depth)
        self.relu = nn.ReLU()

    def forward(self, x):
        y = self.relu1(self.conv1(x))
        y = self.relu2(self.conv2(y))
        return self.relu(self.shortcut(x) + self.conv3(y))


class Network(nn.Module):
    """Its endpoints block1 … block4 are the modules of these names."""

    def __init__(self):
        super().__init__()
        self.conv1 = Convolution(f"{NETWORK}/conv1", 3, depth_of(64), 7, 2)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(3, 2, 1)
        depth_in = depth_of(64)
        for number, (bottleneck, stride) in enumerate([(64, 1), (128, 2), (256, 2), (512, 2)], 1):
            scope = f"{NETWORK}/block{number}/unit_1/bottleneck_v1"
            setattr(self, f"block{number}", Unit(scope, depth_in, depth_of(bottleneck), stride))
            depth_in = 4 * depth_of(bottleneck)
        self.logits = nn.Linear(depth_in, CLASSES)
        self.logits.weight.data = torch.tensor(pattern_variable("Predict/logits/weights", [depth_in, CLASSES])).T.contiguous()
        self.logits.bias.data = torch.tensor(pattern_variable("Predict/logits/biases", [CLASSES]))

    def forward(self, x):
        x = self.pool(self.relu(self.conv1(x)))
        x = self.block4(self.block3(self.block2(self.block1(x))))
        return self.logits(x.mean(dim=(2, 3)))


def network():
    """In inference; its parameters need no gradient."""
    return Network().eval()


def images(name="explain"):
    """float32 [BATCH, 3, SIDE, SIDE]"""
    return torch.tensor(pattern_images(name, [BATCH, SIDE, SIDE, 3])).permute(0, 3, 1, 2).contiguous()


if __name__ == "__main__":
    print(network()(images()).tolist())
