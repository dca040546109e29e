"""Which variable each entry of torchvision's and timm's AlexNet and VGG is, and which endpoint each of their modules gives."""
LINEAR = {"weight": "weights", "bias": "biases"}
NORM = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
STAGES = {"vgg_a": (1, 1, 2, 2, 2), "vgg_16": (2, 2, 3, 3, 3), "vgg_19": (2, 2, 4, 4, 4)}


def same(x):
    return x


def plain(name, layers, ends, grid):
    """The two of a row of layers, by their places: `layers` are scopes, `ends` endpoints; `grid` is the side of what fc6 sees."""
    head = [path for path, layer in layers.items() if layer == "logits"]

    def variable_of(key):
        path, leaf = key.rsplit(".", 1)
        if path in head:
            return f"Predict/logits/{LINEAR[leaf]}"
        layer = layers[path]
        if layer.endswith("/BatchNorm"):
            return f"{name}/{layer}/{NORM[leaf]}"
        # biases before a normalization: its means take them in
        is_normalized = leaf == "bias" and f"{layer}/BatchNorm" in layers.values()
        return None if is_normalized else f"{name}/{layer}/{LINEAR[leaf]}"

    def endpoint_of(path):
        end = ends.get(path)
        return end and (end if end == "global_pool" else f"{name}/{end}", same)

    return {"variable_of": variable_of, "endpoint_of": endpoint_of, "grids": {f"{name}/fc6/weights": grid}}


def alexnet():
    layers = {f"features.{i}": f"conv{k + 1}" for k, i in enumerate((0, 3, 6, 8, 10))}
    ends = {f"features.{int(path.split('.')[1]) + 1}": layer for path, layer in layers.items()}
    pools = {"features.2": "pool1", "features.5": "pool2", "features.12": "pool5"}
    dense = {"classifier.1": "fc6", "classifier.4": "fc7", "classifier.6": "logits"}
    tops = {"classifier.2": "fc6", "classifier.5": "global_pool"}
    ends = {**ends, **pools, **tops}
    return plain("alexnet_v2", {**layers, **dense}, ends, 6)


def vgg(name, source):
    """Of both libraries, whose features are counted alike: convolution, normalization if any, ReLU, pool."""
    stages, normalizes = STAGES[name.removesuffix("_bn")], name.endswith("_bn")
    layers, ends, at = {}, {}, 0
    for stage, count in enumerate(stages, 1):
        for i in range(1, count + 1):
            scope = f"conv{stage}/conv{stage}_{i}"
            layers[f"features.{at}"] = scope
            if normalizes:
                layers[f"features.{at + 1}"] = f"{scope}/BatchNorm"
            at += 2 if normalizes else 1
            ends[f"features.{at}"] = scope
            at += 1
        ends[f"features.{at}"] = f"pool{stage}"
        at += 1
    if source == "torchvision":
        layers.update({"classifier.0": "fc6", "classifier.3": "fc7", "classifier.6": "logits"})
        ends.update({"classifier.1": "fc6", "classifier.4": "global_pool"})
    else:
        layers.update({"pre_logits.fc1": "fc6", "pre_logits.fc2": "fc7", "head.fc": "logits"})
        ends.update({"pre_logits.act1": "fc6", "pre_logits.act2": "global_pool"})
    return plain(name, layers, ends, 7)
