"""How far two folders of fixtures are apart: the greatest relative difference under each key, largest first.

Made with other threads (ORACLE_THREADS=1), without oneDNN (TF_ENABLE_ONEDNN_OPTS=0) or under another TensorFlow, a
second set of fixtures (ORACLE_OUT=folder) shows how much of a tolerance is rounding. Arrays are compared as
test/patterns.ts does it: greatest difference over root mean square.

Command: python test/oracle/compare.py FOLDER_A FOLDER_B [name ...]
"""
import json
import math
import pathlib
import sys


def differences(a, b, path=()):
    """(path, relative difference) of every number and list of numbers."""
    if type(a) is not type(b) and not (isinstance(a, (int, float)) and isinstance(b, (int, float))):
        yield path, math.inf
    elif isinstance(a, dict):
        if a.keys() != b.keys():
            yield path, math.inf
        for key in a.keys() & b.keys():
            if key in ("mean", "std", "norm") and "samples" in a:
                rms = a["norm"] / math.sqrt(math.prod(a["shape"])) if key != "norm" else a["norm"]
                yield path + (key,), abs(a[key] - b[key]) / max(rms, 1e-30)
            else:
                yield from differences(a[key], b[key], path + (key,))
    elif isinstance(a, list) and a and isinstance(a[0], float) and isinstance(b, list) and len(a) == len(b):
        rms = math.sqrt(sum(x * x for x in a) / len(a))
        yield path, max(abs(x - y) for x, y in zip(a, b)) / max(rms, 1e-30)
    elif isinstance(a, list):
        if len(a) != len(b):
            yield path, math.inf
        for i, (x, y) in enumerate(zip(a, b)):
            yield from differences(x, y, path + (str(i),))
    elif isinstance(a, float) or isinstance(b, float):
        yield path, abs(a - b) / max(abs(a), abs(b), 1e-30)
    else:
        yield path, 0.0 if a == b else math.inf


if __name__ == "__main__":
    first, second = map(pathlib.Path, sys.argv[1:3])
    names = sys.argv[3:] or sorted(p.stem for p in first.glob("*.json") if (second / p.name).exists())
    for name in names:
        a, b = (json.loads((folder / f"{name}.json").read_text()) for folder in (first, second))
        ranked = sorted(differences(a, b), key=lambda item: -item[1])
        print(f"{name}: {ranked[0][1]:.2e}")
        for path, difference in ranked[:4]:
            print(f"    {difference:.2e}  {' / '.join(path)}")
