"""How torchvision and timm show photographs to their published networks: test/fixtures/photosizes.json.

`photos`: by "<side of the crop>,<shorter side before it>,<interpolation>,<way of cropping>" the weights' names with tags, of all networks that slimlab reads; timm's networks
without weights are there without a tag. `defaults`: the tag of each network that its library takes where none is named. torchvision's are of weights.transforms(), timm's of
resolve_data_config() without its test sizes, the shorter side as timm.data.transforms_factory has it. Left out: torchvision's VGG16 of features alone, which has no classes.
Environment: torch==2.13.0 torchvision==0.28.0 timm==1.0.31. Command: python test/oracle/photosizes.py
"""
import collections
import math

from patterns import write_fixture
from twins import TIMM, TORCHVISION  # defines the operators that torchvision needs, too

import torchvision
from timm.data import resolve_data_config
from timm.models._registry import _model_default_cfgs, _model_pretrained_cfgs


def of_torchvision():
    """Name and tag with what is shown, the default tag last, as its enumerations have it."""
    for name in TORCHVISION:
        weights = torchvision.models.get_model_weights(name)
        for one in weights:
            if one.name == "IMAGENET1K_FEATURES":
                continue
            shown = one.transforms()
            assert shown.antialias
            [side], [resized] = shown.crop_size, shown.resize_size
            yield f"torchvision/{name}", one.name, one is weights.DEFAULT, (side, resized, shown.interpolation.value, "center")


def of_timm():
    for name in TIMM:
        for place, tag in enumerate(_model_default_cfgs[name].tags):
            config = _model_pretrained_cfgs[f"{name}.{tag}" if tag else name]
            shown = resolve_data_config(pretrained_cfg=config.to_dict())
            _, height, width = shown["input_size"]
            assert height == width
            resized = math.floor(height / shown["crop_pct"])
            yield f"timm/{name}", tag if config.has_weights else "", place == 0, (height, resized, shown["interpolation"], shown["crop_mode"])


if __name__ == "__main__":
    photos, defaults = collections.defaultdict(list), {}
    for name, tag, is_default, shown in [*of_torchvision(), *of_timm()]:
        photos[",".join(str(part) for part in shown)].append(f"{name}.{tag}" if tag else name)
        if is_default and tag:
            defaults[name] = tag
    write_fixture("photosizes", {"photos": dict(photos), "defaults": defaults})
