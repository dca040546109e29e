"""Files of weights of more than 4 GB, most of it zeros, as PyTorch and h5py write them: what is not zero, in test/fixtures/largefiles.json.

Environment: torch==2.13.0 h5py==3.16.0 numpy; 5 GB of disk. Command: python test/oracle/largefiles.py
"""
import base64
import pathlib
import tempfile

import h5py
import numpy as np
import torch

from patterns import write_fixture

COUNT = 1_150_000_000  # float32 numbers: 4.6 GB
SMALL = np.arange(6, dtype="float32").reshape(2, 3) + 0.5
BLOCK = 1 << 12


def torch_file(path, zipped):
    large = torch.zeros(COUNT)
    large[-2:] = torch.tensor([5.0, 6.0])
    torch.save({"large": large, "small": torch.from_numpy(SMALL)}, path, _use_new_zipfile_serialization=zipped)


def keras_file(path):
    """As Keras names layers and their variables; the large one is never written, so that the disk has nothing of it but its end."""
    with h5py.File(path, "w", libver="earliest") as file:
        large = file.create_dataset("layers/large/vars/0", (COUNT,), "float32")
        large[-2:] = [5, 6]
        file.create_dataset("layers/small/vars/0", data=SMALL)
        file.create_dataset("layers/chunks/vars/0", data=np.arange(300, dtype="float32"), chunks=(100,))


def pieces(path):
    """[offset, bytes in base64] of what is not zero; where less than a block of zeros is between, in one."""
    found = []
    contents = np.memmap(path, mode="r")
    for start in range(0, contents.size, 1 << 26):
        part = contents[start:start + (1 << 26)]
        for block in np.unique(np.flatnonzero(part) // BLOCK):
            begin = start + int(block) * BLOCK
            filled = np.flatnonzero(contents[begin:begin + BLOCK])
            bytes_of = contents[begin + int(filled[0]):begin + int(filled[-1]) + 1].tobytes()
            found.append([begin + int(filled[0]), base64.b64encode(bytes_of).decode()])
    return {"size": int(contents.size), "pieces": found}


def main():
    fixture = {}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "weights")
        writers = {"large.pth": lambda: torch_file(path, True), "legacy.pth": lambda: torch_file(path, False),
                   "large.weights.h5": lambda: keras_file(path)}
        for name, write in writers.items():
            write()
            fixture[name] = pieces(path)
            path.unlink()
    write_fixture("largefiles", fixture)


main()
