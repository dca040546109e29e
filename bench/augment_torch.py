"""Photos in memory augmented by torchvision's v2.TrivialAugmentWide and v2.RandAugment, by two workers of a DataLoader.

Reads one word a line, "tensor" or "pillow", goes through the photos that way and answers with the seconds a batch took.
    python bench/augment_torch.py BATCH SIDE BATCHES
"""

import sys
import time

import torch

try:
    import torchvision
except RuntimeError:  # one that is not of this torch lacks its compiled part, which is not used here
    operators = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    for name in [name for name in sys.modules if name.startswith("torchvision")]:
        del sys.modules[name]
    import torchvision  # noqa: F401
from torchvision.transforms import v2  # noqa: E402
from torchvision.transforms.v2 import functional as F  # noqa: E402

BATCH, SIDE, BATCHES = (int(word) for word in sys.argv[1:])
PHOTOS = torch.randint(0, 256, (BATCH, 3, SIDE, SIDE), dtype=torch.uint8)
PICTURES = [F.to_pil_image(photo) for photo in PHOTOS]


class Photos(torch.utils.data.Dataset):
    def __init__(self, kind, policy):
        self.kind, self.policy = kind, policy

    def __len__(self):
        return BATCH * BATCHES // 2

    def __getitem__(self, i):
        if self.kind == "tensor":
            return self.policy(PHOTOS[i % BATCH])
        return F.pil_to_tensor(self.policy(PICTURES[i % BATCH]))


def worker(_):
    torch.set_num_threads(1)


LOADERS = {
    kind: [
        torch.utils.data.DataLoader(Photos(kind, policy), BATCH, num_workers=2, persistent_workers=True, worker_init_fn=worker)
        for policy in (v2.TrivialAugmentWide(), v2.RandAugment())
    ]
    for kind in ("tensor", "pillow")
}

print("ready", flush=True)
for line in sys.stdin:
    started = time.perf_counter()
    for loader in LOADERS[line.strip()]:
        for _ in loader:
            pass
    print((time.perf_counter() - started) / BATCHES, flush=True)
