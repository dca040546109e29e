"""Maps of an endpoint's activation and gradient, of pytorch-grad-cam and by the papers: test/fixtures/cams.json.

`gradCam[method]` are what get_cam_image() of pytorch-grad-cam gives, before it rectifies, scales and resizes; `paper[method]` what
the formula of the paper gives, in float64. Where both are there they differ: Grad-CAM++ for its 1e-6 in a denominator. Components
have the sign that LAPACK or svd_flip gave them; `turned` says which maps run against the sum of the channels.

Environment: torch==2.13.0 grad-cam==1.5.7. Command: python test/oracle/cams.py
"""
import numpy as np
import pytorch_grad_cam
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

from patterns import array, write_fixture
from torchnet import images, network

CASES = [("block4", 2), ("block4", 0), ("block3", 2), ("block3", 0), ("block2", 2), ("block2", 0)]
METHODS = {
    "gradCam": "GradCAM", "gradCamPlusPlus": "GradCAMPlusPlus", "hiResCam": "HiResCAM", "xGradCam": "XGradCAM", "layerCam": "LayerCAM",
    "eigenCam": "EigenCAM", "eigenGradCam": "EigenGradCAM", "kpcaCam": "KPCA_CAM",
}
SMOOTHED = ["gradCam", "hiResCam", "layerCam", "gradCamPlusPlus"]
FREE = ["eigenCam", "kpcaCam"]  # of no class


def raw(name, net, layer, index, eigen_smooth=False, **options):
    """[batch, h, w], and the activation and gradient they are made of, [batch, channels, h, w]."""
    cam = getattr(pytorch_grad_cam, METHODS[name])(net, [layer], **options)
    kept = {}
    own = cam.get_cam_image

    def keep(input_tensor, target_layer, targets, activations, grads, smooth):
        if grads is None:
            grads = np.zeros_like(activations)
        kept.update(maps=own(input_tensor, target_layer, targets, activations, grads, smooth), activation=activations, gradient=grads)
        return kept["maps"]

    cam.get_cam_image = keep
    cam(images(), [ClassifierOutputTarget(index)] * len(images()), eigen_smooth=eigen_smooth)
    return kept


def plus_plus(activation, gradient):
    """Chattopadhay et al. 2018, equation 19, of Y = exp(S), less exp(S)."""
    a, g = activation.astype(np.float64), gradient.astype(np.float64)
    sums = a.sum(axis=(2, 3), keepdims=True)
    alpha = np.divide(g**2, 2 * g**2 + sums * g**3, out=np.zeros_like(g), where=g != 0)
    weights = (alpha * np.maximum(g, 0)).sum(axis=(2, 3), keepdims=True)
    return (weights * a).sum(axis=1)


def uncentered(activation):
    """Muhammad, Yeasin 2020: O V1."""
    maps = []
    for one in activation.astype(np.float64):
        o = one.reshape(len(one), -1).T
        _, _, vt = np.linalg.svd(o, full_matrices=False)
        maps.append((o @ vt[0]).reshape(one.shape[1:]))
    return np.array(maps)


def turned(maps, channels):
    """By image: whether a component runs against the sum of the channels; and how clear that is, the correlation's size."""
    likeness = [float(np.corrcoef(one.ravel(), all_.sum(axis=0).ravel())[0, 1]) for one, all_ in zip(maps, channels)]
    return {"turned": [value < 0 for value in likeness], "correlation": [round(abs(value), 3) for value in likeness]}


def case_of(net, block, index):
    layer = getattr(net, block)
    given = raw("hiResCam", net, layer, index)
    activation, gradient = given["activation"], given["gradient"]
    grad_cam, smooth = {}, {}
    for name in METHODS:
        maps = raw(name, net, layer, index)["maps"]
        grad_cam[name] = {"maps": array(maps)}
        if name in FREE or name == "eigenGradCam":
            grad_cam[name] |= turned(maps, activation * gradient if name == "eigenGradCam" else activation)
    rbf = raw("kpcaCam", net, layer, index, kernel="rbf", gamma=0.001)["maps"]
    grad_cam["kpcaCam rbf"] = {"maps": array(rbf)} | turned(rbf, activation)
    for name in SMOOTHED:
        maps = raw(name, net, layer, index, eigen_smooth=True)["maps"]
        contributions = {
            "gradCam": activation * gradient.mean(axis=(2, 3), keepdims=True),
            "hiResCam": activation * gradient,
            "layerCam": activation * np.maximum(gradient, 0),
        }.get(name)
        if contributions is not None:
            smooth[name] = {"maps": array(maps)} | turned(maps, contributions)
    return {
        "endpoint": f"resnet_v1_14/{block}", "classIndex": index, "gradCam": grad_cam, "eigenSmooth": smooth,
        "paper": {"gradCamPlusPlus": array(plus_plus(activation, gradient)), "eigenCam": array(np.abs(uncentered(activation)))},
    }


def augmented(net, index):
    """pytorch-grad-cam's aug_smooth of Grad-CAM at block3 before it resizes: each map, mirrored back cell by cell, and the mean."""
    cam = pytorch_grad_cam.GradCAM(net, [net.block3])
    maps = []
    for transform in cam.tta_transforms:
        kept = {}
        own = cam.get_cam_image

        def keep(*args):
            kept["maps"] = own(*args)
            return kept["maps"]

        cam.get_cam_image = keep
        cam(transform.augment_image(images()), [ClassifierOutputTarget(index)] * len(images()))
        cam.get_cam_image = own
        maps.append(np.maximum(kept["maps"], 0))
    return array(np.array(maps))


if __name__ == "__main__":
    net = network()
    for parameter in net.parameters():
        parameter.requires_grad = True
    write_fixture("cams", {
        "logits": array(net(images()).detach().numpy()),
        "cases": [case_of(net, block, index) for block, index in CASES],
        "augSmooth": {"endpoint": "resnet_v1_14/block3", "classIndex": 2, "maps": augmented(net, 2)},
    })
