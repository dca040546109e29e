"""Heat maps by pytorch-grad-cam, RISE in plain torch: torchvision's ResNet-50, channels_last, in the best of three batch sizes.

Reads a word a line, "scoreCam", "ablationCam", "rise" or "gradCam", and answers with the seconds that way needed.
    python bench/explain_torch.py PASSES SIDE
"""

import sys
import time

import torch
from plain_torch import resnet50
from pytorch_grad_cam import AblationCAM, GradCAM, ScoreCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

PASSES, SIDE = int(sys.argv[1]), int(sys.argv[2])
BATCHES = (16, 32, 64)
CELLS = 7

torch.manual_seed(1)
model = resnet50(1000).eval()
model.register_forward_pre_hook(lambda _, given: tuple(x.contiguous(memory_format=torch.channels_last) for x in given))
image, images = torch.rand(1, 3, SIDE, SIDE), torch.rand(8, 3, SIDE, SIDE)


def by_channels(kind, batch, passes=PASSES):
    """Of the last block's first channels; both need the weights alone."""
    with kind(model, [model.layer4]) as cam:
        cam.batch_size = batch
        cam.activations_and_grads(image)
        activation = cam.activations_and_grads.activations[0][:, :passes]
        given = activation.numpy() if kind is ScoreCAM else activation
        weights = cam.get_cam_weights(image, model.layer4, [ClassifierOutputTarget(1)], given, None)
        return (weights[:, :, None, None] * activation.numpy()).sum(1)


def by_masks(batch, passes=PASSES):
    cell = -(-SIDE // CELLS)
    large = (CELLS + 1) * cell
    total = torch.zeros(SIDE, SIDE)
    with torch.inference_mode():
        for first in range(0, passes, batch):
            rows = min(batch, passes - first)
            grids = (torch.rand(rows, 1, CELLS, CELLS) < 0.5).float()
            whole = torch.nn.functional.interpolate(grids, size=(large, large), mode="bilinear", align_corners=False)
            cuts = zip(whole[:, 0], torch.randint(cell, (rows, 2)).tolist())
            masks = torch.stack([one[down:down + SIDE, right:right + SIDE] for one, (down, right) in cuts])
            scores = torch.softmax(model(image * masks[:, None]), 1)[:, 1]
            total += torch.tensordot(scores, masks, 1)
    return total / (passes * 0.5)


def by_gradient():
    with GradCAM(model, [model.layer4]) as cam:
        return cam(images, [ClassifierOutputTarget(1)] * len(images))


def seconds(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def best(way):
    """The batch that a few passes are fastest in."""
    return min(BATCHES, key=lambda batch: min(seconds(lambda: way(batch, 64)) for _ in range(2)))


batch = best(by_masks)
ways = {
    "scoreCam": lambda: by_channels(ScoreCAM, batch),
    "ablationCam": lambda: by_channels(AblationCAM, batch),
    "rise": lambda: by_masks(batch, max(1, PASSES * 1000 // 2048)),
    "gradCam": by_gradient,
}
print(f"batches of {batch}", file=sys.stderr)
print("ready", flush=True)
for line in sys.stdin:
    print(seconds(ways[line.strip()]), flush=True)
