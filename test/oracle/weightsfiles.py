"""Small files of weights as PyTorch and safetensors write them, and what they read of them: test/fixtures/weightsfiles.json.

Environment: torch==2.13.0 safetensors==0.8.0 numpy. Command: python test/oracle/weightsfiles.py
"""
import argparse
import base64
import collections
import hashlib
import io
import pickle
import pickletools
import types
import zipfile

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


def layouts():
    """Views, of which several share a storage."""
    base = numbers("base", 4, 6)
    kernel = numbers("kernel", 4, 3, 2, 2)
    return {"rows": base, "turned": base.t(), "column": base[:, 2], "later": base[2:, 1:4], "steps": base[::2, ::3],
            "channels_last": kernel.contiguous(memory_format=torch.channels_last), "permuted": kernel.permute(2, 0, 3, 1),
            "expanded": base[:1, 3:4].expand(5, 4), "diagonal": base[:4, :4].diagonal(), "one": base[3, 5],
            "thin": numbers("thin", 3, 1, 2).transpose(0, 1), "none": base[:, 6:], "half": base.half().t()}


class OldPickler(pickle.Pickler):
    """As torch 0.3 and before wrote tensors and Parameters."""
    def reducer_override(self, value):
        if isinstance(value, torch.nn.Parameter):
            return torch.nn.Parameter, (value.data,), (True, False, collections.OrderedDict())
        if isinstance(value, torch.Tensor):
            return torch._utils._rebuild_tensor, (value._typed_storage(), value.storage_offset(), tuple(value.size()),
                                                  value.stride())
        return NotImplemented


OLD = types.SimpleNamespace(Pickler=OldPickler, dump=pickle.dump, __name__="pickle")


def saved(value, **options):
    out = io.BytesIO()
    torch.save(value, out, **options)
    return out.getvalue()


def torch_cases():
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4)).to(memory_format=torch.channels_last)
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            tensor.copy_(torch.from_numpy(pattern(name, tuple(tensor.shape))).to(tensor.dtype))
    state, before = module.state_dict(), {"_use_new_zipfile_serialization": False}
    parameters = collections.OrderedDict(module.named_parameters())
    average = {name: tensor / 2 for name, tensor in state.items()}
    optimizer = {"state": {0: {"step": 3, "momentum": state["0.weight"]}}, "param_groups": [{"lr": 0.1, "betas": (0.9, 1)}]}
    tensors = {"types": of_every_type(), "layouts": layouts(), "state": state, "parameters": parameters}
    cases = {name: (value, {}, value) for name, value in tensors.items()}
    cases |= {f"{name} before": (value, before, value) for name, value in tensors.items()}
    cases |= {f"protocol {p}": (state, {"pickle_protocol": p}, state) for p in [3, 4, 5]}
    cases["protocol 4 before"] = (parameters, {"pickle_protocol": 4, **before}, parameters)
    cases["old"] = (parameters, {"pickle_module": OLD, **before}, parameters)
    beside = {"arch": "resnet50", "epoch": 90, "best": torch.tensor(0.76), "rate": 0.5, "big": 2 ** 70, "is": True,
              "size": torch.Size([2, 3]), "type": torch.float16, "optimizer": optimizer, "none": None}
    cases["state_dict"] = ({**beside, "state_dict": state, "state_dict_ema": average}, {}, state)
    cases["model"] = ({"model": state, "model_ema": average, "scaler": {}}, {}, state)
    cases["model_state_dict"] = ({"model_state_dict": state}, {}, state)
    cases["average alone"] = ({"state_dict_ema": average}, {}, average)
    cases["options"] = ({"model": state, "args": argparse.Namespace(lr=0.1), "steps": collections.Counter([30, 60])}, {}, state)
    cases["lightning"] = ({"pytorch-lightning_version": "2.5", "state_dict": {f"model.{k}": v for k, v in state.items()}}, {}, state)
    for prefix in ["module.", "_orig_mod.", "module._orig_mod."]:
        cases[prefix] = ({prefix + k: v for k, v in state.items()}, {}, state)
    cases["averaged"] = (torch.optim.swa_utils.AveragedModel(module).state_dict(), {}, {"n_averaged": torch.tensor(0), **state})
    return {name: {"file": encoded(saved(value, **options)), "tensors": {k: read(v) for k, v in tensors.items()}}
            for name, (value, options, tensors) in cases.items()}


class Evil:
    def __reduce__(self):
        return exec, ("raise SystemExit",)


def refused_cases():
    """Files that no weights are to be read of; of some torch.load() says the same."""
    weight = {"w": numbers("w", 2)}
    scripted = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), scripted)
    complex_view = numbers("w", 2, 2).to(torch.complex64).conj()
    cases = {"exec": {**weight, "x": Evil()},
             "numpy": {**weight, "best": np.float64(1)}, "module": torch.nn.Linear(1, 1), "set": {**weight, "x": {1}},
             "defaultdict": collections.defaultdict(list, weight), "conjugate": {"w": complex_view},
             "tensor": torch.zeros(1), "empty": {}, "others": {"student": weight, "teacher": weight},
             "numbers": {1: torch.zeros(1)}, "sparse": {"w": torch.eye(2).to_sparse()}}
    files = {name: saved(value) for name, value in cases.items()} | {"scripted": scripted.getvalue()}
    files["exec before"] = saved(cases["exec"], _use_new_zipfile_serialization=False)
    files["pickle"] = pickle.dumps(weight["w"].numpy())
    files["compressed"] = rewritten(saved(weight), zipfile.ZIP_DEFLATED)
    return {name: encoded(file) for name, file in files.items()}


def rewritten(contents, compression):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(contents)) as old, zipfile.ZipFile(out, "w", compression) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, old.read(entry))
    return out.getvalue()


if __name__ == "__main__":
    torch.set_num_threads(1)
    write_fixture("weightsfiles", {"safetensors": safetensors_cases(), "halves": every_half(), "torch": torch_cases(),
                                   "refused": refused_cases(),
                                   "instructions": {op.name: ord(op.code) for op in pickletools.opcodes}})
