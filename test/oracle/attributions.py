"""Captum's attributions of the network of torchnet.py, added over the colours: test/fixtures/attributions.json.

Saliency, InputXGradient, IntegratedGradients (50 steps, Gauss-Legendre, zeros), GuidedBackprop, which guides modules alone: the
network's ReLUs are modules. Of each attribution the sum over the colours of each pixel is kept, of Saliency of its sizes.

Environment: torch==2.13.0 captum==0.9.0. Command: python test/oracle/attributions.py
"""
import numpy as np
from captum.attr import GuidedBackprop, InputXGradient, IntegratedGradients, Saliency

from patterns import summarize, write_fixture
from torchnet import images, network

CLASSES = (1, 2)

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
    write_fixture("attributions", {"cases": cases})
