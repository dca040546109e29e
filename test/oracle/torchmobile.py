"""Which variable each entry of torchvision's and timm's MobileNets is, and which endpoint each of their modules gives."""
import re

LINEAR = {"weight": "weights", "bias": "biases"}
NORM = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
# Of timm's stages the number of units.
STAGES = {"mobilenet_v1": (1, 2, 2, 6, 2), "mobilenet_v2": (1, 2, 3, 4, 3, 3, 1),
          "mobilenet_v3_large": (1, 2, 3, 4, 2, 3), "mobilenet_v3_small": (1, 2, 3, 2, 3)}
# Of the units of v3 those that weigh their channels.
GATED = {"mobilenet_v3_large": (3, 4, 5, 10, 11, 12, 13, 14), "mobilenet_v3_small": (0, 3, 4, 5, 6, 7, 8, 9, 10)}


def same(x):
    return x


def kind(name):
    return re.sub(r"_\d\d\d$", "", name)


def entry(layer, leaf, is_norm):
    if is_norm:
        return f"{layer}/BatchNorm/{NORM[leaf]}"
    return f"{layer}/{'depthwise_weights' if re.search(r'depthwise$', layer) else LINEAR[leaf]}"


def expanded(i):
    return "expanded_conv" if i == 0 else f"expanded_conv_{i}"


def torchvision(name):
    """The two of v2 and v3: features, of which the first and the last are convolutions alone."""
    is_v2, family = name.startswith("mobilenet_v2"), "MobilenetV2" if name.startswith("mobilenet_v2") else "MobilenetV3"
    units = sum(STAGES[kind(name)])
    inner = "conv" if is_v2 else "block"

    def parts(i):
        gates = ["squeeze_excite"] if i in GATED.get(kind(name), ()) else []
        return [*([] if i == 0 else ["expand"]), "depthwise", *gates, "project"]

    def variable_of(key):
        path, leaf = key.rsplit(".", 1)
        if path == ("classifier.1" if is_v2 else "classifier.3"):
            return f"Predict/logits/{LINEAR[leaf]}"
        if path == "classifier.0":
            return f"{family}/Conv_2/{LINEAR[leaf]}"
        number, rest = re.fullmatch(r"features\.(\d+)\.(.+)", path).groups()
        i = int(number) - 1
        if i in (-1, units):
            return entry(f"{family}/{'Conv' if i < 0 else 'Conv_1'}", leaf, rest == "1")
        place, _, within = rest.removeprefix(f"{inner}.").partition(".")
        own = parts(i)
        part = own[min(int(place), len(own) - 1)]
        layer = f"{family}/{expanded(i)}/{part}"
        if part == "squeeze_excite":
            return f"{layer}/{'Conv' if within == 'fc1' else 'Conv_1'}/{LINEAR[leaf]}"
        # the last normalization of v2 is a part of its own
        return entry(layer, leaf, within == "1" or (is_v2 and int(place) == len(own)))

    def endpoint_of(path):
        if not is_v2:
            tops = {"avgpool": f"layer_{units + 3}", "classifier.1": f"layer_{units + 4}", "classifier.2": "global_pool"}
            if path in tops:
                return tops[path], same
        elif path == "classifier.0":
            return "global_pool", same
        found = re.fullmatch(rf"features\.(\d+)(?:\.{inner}\.(\d))?", path)
        if found is None:
            return None
        end = f"layer_{int(found[1]) + 1}"
        if found[2] is None:
            return end, same
        own = parts(int(found[1]) - 1)
        part = own[int(found[2])] if int(found[2]) < len(own) else None
        ends = {"expand": f"{end}/expansion_output", "depthwise": f"{end}/depthwise_output"}
        return (ends[part], same) if part in ends else None

    return {"variable_of": variable_of, "endpoint_of": endpoint_of}


def timm(name):
    """The two of all three: stages of units, of which those of v1 and the first one of others do not expand."""
    family = "Mobilenet" + name[len("mobilenet_"):][:2].upper()
    stages, is_v1, is_v3 = STAGES[kind(name)], family == "MobilenetV1", family == "MobilenetV3"
    units = sum(stages)
    head = "Conv_2" if is_v3 else "Conv_1"

    def index(stage, unit):
        return sum(stages[:int(stage)]) + int(unit)

    def place(path):
        found = re.fullmatch(r"blocks\.(\d)\.(\d+)(?:\.(.+))?", path)
        return found and (index(found[1], found[2]), found[3])

    def variable_of(key):
        path, leaf = key.rsplit(".", 1)
        root = "Conv2d_0" if is_v1 else "Conv"
        beside = {"conv_stem": root, "bn1": root, "conv_head": head, "bn2": "Conv_1"}
        if path == "classifier":
            return f"Predict/logits/{LINEAR[leaf]}"
        if path in beside:
            return entry(f"{family}/{beside[path]}", leaf, path.startswith("bn"))
        i, part = place(path)
        if i == units:
            return entry(f"{family}/Conv_1", leaf, part == "bn1")
        plain = {"conv_dw": "depthwise", "bn1": "depthwise", "conv_pw": "project", "bn2": "project"}
        full = {"conv_pw": "expand", "bn1": "expand", "conv_dw": "depthwise", "bn2": "depthwise", "conv_pwl": "project", "bn3": "project"}
        if is_v1:
            layer = f"{family}/Conv2d_{i + 1}_{plain[part].replace('project', 'pointwise')}"
        elif part.startswith("se."):
            return f"{family}/{expanded(i)}/squeeze_excite/{'Conv' if part == 'se.conv_reduce' else 'Conv_1'}/{LINEAR[leaf]}"
        else:
            layer = f"{family}/{expanded(i)}/{(plain if i == 0 else full)[part]}"
        return entry(layer, leaf, part.startswith("bn"))

    def endpoint_of(path):
        if path == "bn1":
            return "Conv2d_0" if is_v1 else "layer_1", same
        if path == "bn2":
            return None if is_v1 else (f"layer_{units + 2}", same)
        if path in ("global_pool", "act2"):
            pooled = f"layer_{units + 3}" if is_v3 and path == "global_pool" else "global_pool"
            return pooled, same
        found = place(path)
        if found is None:
            return None
        i, part = found
        if is_v1:
            own = {"bn1": f"Conv2d_{i + 1}_depthwise", "bn2": f"Conv2d_{i + 1}_pointwise"}
        elif i == 0:
            own = {None: "layer_2", "bn1": "layer_2/depthwise_output"}
        else:
            end = f"layer_{i + 2}"
            own = {None: end, "bn1": f"{end}/expansion_output", "bn2": f"{end}/depthwise_output"}
            own = {None: end} if i == units else own
        return (own[part], same) if part in own else None

    return {"variable_of": variable_of, "endpoint_of": endpoint_of}
