"""Captum's attributions of the network of torchnet.py, added over the colours: test/fixtures/attributions.json.

Saliency, InputXGradient, IntegratedGradients (50 steps, Gauss-Legendre, zeros), GuidedBackprop, which guides modules alone: the
network's ReLUs are modules. Of each attribution the sum over the colours of each pixel is kept, of Saliency of its sizes.
Then what FullGrad is made of, by torch's own gradients: each layer's biases, batch normalization's as it shifts, times their gradients.

Environment: torch==2.13.0 captum==0.9.0. Command: python test/oracle/attributions.py
"""
import numpy as np
import torch
from captum.attr import GuidedBackprop, InputXGradient, IntegratedGradients, Saliency

from patterns import summarize, write_fixture
from torchnet import NETWORK, Convolution, images, network

CLASSES = (1, 2)


def scope_of(name):
    *block, layer = name.split(".")
    return "/".join([NETWORK, *(f"{at}/unit_1/bottleneck_v1" for at in block), layer])


def bias_gradients(model, x, target):
    """By scope [batch, height, width, channels]: what each layer's biases add to the class's logit."""
    outputs, hooks = {}, []
    layers = {name: module for name, module in model.named_modules() if isinstance(module, Convolution)}
    for name, layer in layers.items():
        hooks.append(layer.register_forward_hook(lambda _, __, y, name=name: outputs.update({name: y})))
    score = model(x)[:, target].sum()
    gradients = torch.autograd.grad(score, list(outputs.values()))
    for hook in hooks:
        hook.remove()
    parts = {}
    for (name, gradient) in zip(outputs, gradients):
        norm = layers[name].norm
        biases = norm.bias - norm.running_mean * norm.weight / torch.sqrt(norm.running_var + norm.eps)
        parts[scope_of(name)] = (gradient * biases[:, None, None]).permute(0, 2, 3, 1).detach().numpy().astype(np.float64)
    return parts


if __name__ == "__main__":
    model, x = network(), images()
    ways = {
        "saliency": lambda target: Saliency(model).attribute(x, target=target),
        "inputXGradient": lambda target: InputXGradient(model).attribute(x, target=target),
        "integratedGradients": lambda target: IntegratedGradients(model).attribute(x, target=target, n_steps=50),
        "guidedBackprop": lambda target: GuidedBackprop(model).attribute(x, target=target),
    }
    cases = []
    for name, attribute in ways.items():
        for target in CLASSES:
            x.requires_grad_(True)
            values = attribute(target).detach().numpy().astype(np.float64).sum(axis=1)
            cases.append({"method": name, "classIndex": target, "values": summarize(values)})
    biases = {scope: summarize(part) for scope, part in bias_gradients(model, x, CLASSES[0]).items()}
    write_fixture("attributions", {"cases": cases, "fullGrad": {"classIndex": CLASSES[0], "biases": biases}})
