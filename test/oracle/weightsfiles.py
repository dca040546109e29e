"""Small files of weights as PyTorch and safetensors write them, and what they read of them: test/fixtures/weightsfiles.json.

Environment: torch==2.13.0 safetensors==0.8.0 numpy. Command: python test/oracle/weightsfiles.py
"""
import base64
import hashlib

import numpy as np
import torch
from safetensors.torch import load, save

from patterns import pattern, write_fixture

FLOATS = [torch.float32, torch.float64, torch.float16, torch.bfloat16]
OTHERS = [torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool, torch.uint16, torch.uint32,
          torch.uint64, torch.float8_e4m3fn, torch.float8_e5m2, torch.complex64]
EDGES = [0.0, -0.0, 1.0, -1.5, float("inf"), float("-inf"), float("nan"), 1 / 3, 65504.0, 2.0 ** -24, -3 * 2.0 ** -20]


def encoded(contents):
    return base64.b64encode(contents).decode()


def numbers(name, *shape):
    return torch.from_numpy(pattern(name, shape))


def read(tensor):
    """Type, shape, and the values as float32, if they are of floating point and wider than a byte."""
    values = tensor.detach().contiguous().float().numpy().tobytes() if tensor.dtype in FLOATS else None
    return {"dtype": str(tensor.dtype).removeprefix("torch."), "shape": list(tensor.shape),
            "values": None if values is None else encoded(values)}


def of_every_type():
    """Names as a file's own, in no order; the first of each type has what is special to it."""
    named = {f"edges.{dtype}": torch.tensor(EDGES, dtype=torch.float64).to(dtype) for dtype in FLOATS}
    named |= {f"block.{dtype}": numbers("block", 3, 2, 4).to(dtype) for dtype in FLOATS}
    named |= {f"other.{dtype}": torch.tensor([[0, 1, 1]]).to(dtype) for dtype in OTHERS}
    return named | {"scalar": torch.tensor(2.5), "empty": torch.zeros(0, 3), "9": numbers("nine", 5)}


def safetensors_cases():
    single = {"head.weight": numbers("w", 3, 2), "head.bias": numbers("b", 3)}
    contents = {"types": save(of_every_type(), {"format": "pt"}), "single": save(single, {"format": "pt"}),
                "none": save({}), **{str(d).removeprefix("torch."): save({k: v.to(d) for k, v in single.items()})
                                     for d in [torch.float16, torch.bfloat16]}}
    return {name: {"file": encoded(file), "tensors": {k: read(v) for k, v in load(file).items()}}
            for name, file in contents.items()}


def every_half():
    """All float16 as float32, by their hash (not-a-numbers as 0); and floats between them, with what torch rounds them to."""
    halves = np.arange(65536, dtype=np.uint16)
    wide = torch.from_numpy(halves.view(np.float16).copy()).float().numpy()
    between = np.concatenate([pattern("halves", (300,), scale) for scale in [1e-8, 6e-8, 1e-6, 6e-5, 1, 300, 65000]])
    ties = np.array([2049, 2051, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 2 ** -25, 3 * 2 ** -25, 2 ** -26, 65519, -65519],
                    np.float32)
    inputs = torch.from_numpy(np.concatenate([between, ties]))
    rounded = {str(d).removeprefix("torch."): encoded(inputs.to(d).view(torch.uint16).numpy().tobytes())
               for d in [torch.float16, torch.bfloat16]}
    return {"wideSha256": hashlib.sha256(np.where(np.isnan(wide), np.float32(0), wide).tobytes()).hexdigest(),
            "inputs": encoded(inputs.numpy().tobytes()), "rounded": rounded}


if __name__ == "__main__":
    write_fixture("weightsfiles", {"safetensors": safetensors_cases(), "halves": every_half()})
