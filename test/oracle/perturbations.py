"""What methods of many passes say of the network of torchnet.py: test/fixtures/perturbations.json.

grad-cam 1.5.7's ScoreCAM and AblationCAM, before its scaling, and beside them what the papers' formulas give, where it departs from them;
Captum 0.9's Occlusion; RISE by numpy from masks that TensorFlow draws.

Environment: TensorFlow 2.15 or later draws, torch==2.13.0 grad-cam==1.5.7 captum==0.9.0 computes (torchvision 0.28.0 for grad-cam). Command:
python-with-tensorflow test/oracle/perturbations.py draw | python-with-torch test/oracle/perturbations.py
"""
import json
import math
import sys

import numpy as np

SIDE, CELLS, MASKS, PROBABILITY, SEED = 64, 5, 50, 0.4, 3
CLASSES = [1, 3]


def draw():
    import tensorflow as tf

    uniform = tf.random.stateless_uniform
    seen = (uniform([MASKS, CELLS * CELLS], [SEED, 0]) < PROBABILITY).numpy().astype(int)
    shifts = [np.floor(uniform([MASKS, 1], [SEED, 1 + axis]) * math.ceil(SIDE / CELLS)).astype(int) for axis in (0, 1)]
    print(json.dumps(np.concatenate([seen, *shifts], 1).tolist()))


def rise_masks(drawn):
    """[masks, SIDE, SIDE]: enlarged to one cell more than the image, as bilinear resizing does it, and cut at the shift."""
    import torch

    large = (CELLS + 1) * math.ceil(SIDE / CELLS)
    masks = []
    for row in drawn:
        grid = torch.tensor(row[:-2], dtype=torch.float64).reshape(1, 1, CELLS, CELLS)
        whole = torch.nn.functional.interpolate(grid, size=(large, large), mode="bilinear", align_corners=False)[0, 0]
        down, right = row[-2:]
        masks.append(whole[down:down + SIDE, right:right + SIDE].numpy())
    return np.stack(masks)


def rise(model, images, drawn):
    import torch

    masks = rise_masks(drawn)
    maps = []
    for image, wanted in zip(images, CLASSES):
        seen = image[None] * torch.tensor(masks, dtype=torch.float32)[:, None]
        scores = torch.softmax(model(seen), 1)[:, wanted].numpy().astype(np.float64)
        plain, centred = [np.tensordot(s, masks, 1) / (MASKS * PROBABILITY) for s in (scores, scores - scores.mean())]
        maps.append((plain, centred))
    return [np.stack(kind) for kind in zip(*maps)]


def scorecam(model, images, activation, align_corners):
    """The paper's algorithm 1."""
    import torch

    maps = []
    for image, one, wanted in zip(images, activation, CLASSES):
        up = torch.nn.functional.interpolate(one[None], size=(SIDE, SIDE), mode="bilinear", align_corners=align_corners)[0]
        least, most = up.amin((1, 2), keepdim=True), up.amax((1, 2), keepdim=True)
        masks = torch.where(most > least, (up - least) / (most - least), torch.zeros(()))
        weights = torch.softmax(model(image[None] * masks[:, None])[:, wanted], 0)
        maps.append((weights[:, None, None] * one).sum(0))
    return torch.stack(maps)


def ablationcam(behind, activation):
    """The paper's equation 4, divided by the size of the score."""
    import torch

    maps = []
    for one, wanted in zip(activation, CLASSES):
        whole = behind(one[None])[0, wanted]
        without = behind(one[None] * (1 - torch.eye(len(one)))[:, :, None, None])[:, wanted]
        maps.append((((whole - without) / whole.abs())[:, None, None] * one).sum(0))
    return torch.stack(maps)


def grad_cam(kind, model, layer, images):
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    with kind(model, [layer]) as cam:
        cam.activations_and_grads(images)
        targets = [ClassifierOutputTarget(wanted) for wanted in CLASSES]
        activations = cam.activations_and_grads.activations[0].numpy()
        weights = cam.get_cam_weights(images, layer, targets, cam.activations_and_grads.activations[0]
                                      if kind.__name__ == "AblationCAM" else activations, None)
        return (weights[:, :, None, None] * activations).sum(1)


def main(drawn):
    import torch
    from captum.attr import Occlusion
    from patterns import array, summarize, write_fixture
    from pytorch_grad_cam import AblationCAM, ScoreCAM
    from torchnet import images as pattern_images, network

    torch.set_grad_enabled(False)
    model, images = network(), pattern_images()
    blocks = [model.pool, model.block1, model.block2, model.block3, model.block4]
    fixture = {"classes": CLASSES, "scores": array(model(images)[[0, 1], CLASSES].numpy()), "endpoints": {}}
    for number in (2, 3, 4):
        activation = model.relu(model.conv1(images))
        for block in blocks[:number + 1]:
            activation = block(activation)

        def behind(x, after=blocks[number + 1:]):
            for block in after:
                x = block(x)
            return model.logits(x.mean(dim=(2, 3)))

        fixture["endpoints"][f"resnet_v1_14/block{number}"] = {
            "scoreCam": array(scorecam(model, images, activation, False).numpy()),
            "scoreCamAligned": array(scorecam(model, images, activation, True).numpy()),
            "gradCamsScoreCam": array(grad_cam(ScoreCAM, model, blocks[number], images)),
            "ablationCam": array(ablationcam(behind, activation).numpy()),
        }
        fixture["endpoints"][f"resnet_v1_14/block{number}"]["gradCamsAblationCam"] = array(
            grad_cam(AblationCAM, model, blocks[number], images))
        model = network()
        blocks = [model.pool, model.block1, model.block2, model.block3, model.block4]
    fixture["occlusion"] = []
    for window, stride, fill in [(20, 12, 0.0), (16, 16, 25.0)]:
        values = Occlusion(model).attribute(images, (3, window, window), (3, stride, stride), baselines=fill, target=CLASSES)
        fixture["occlusion"].append({"window": window, "stride": stride, "fill": fill, "values": summarize(values[:, 0].numpy())})
    plain, centred = rise(model, images, drawn)
    options = {"masks": MASKS, "cells": CELLS, "probability": PROBABILITY, "seed": SEED}
    fixture["rise"] = {"options": options, "values": summarize(plain), "centred": summarize(centred)}
    write_fixture("perturbations", fixture)


if __name__ == "__main__":
    draw() if sys.argv[1:] == ["draw"] else main(json.load(sys.stdin))
