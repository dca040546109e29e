"""Colours of matplotlib's turbo and viridis: test/fixtures/colormaps.json.

Environment: matplotlib==3.11.0. Command: python test/oracle/colormaps.py
"""
import numpy as np
from matplotlib import colormaps

from patterns import array, write_fixture

if __name__ == "__main__":
    levels = np.append(np.arange(0, 256, 7), 255)
    colours = {name: array(np.array([colormaps[name](int(level))[:3] for level in levels]) * 255) for name in ("turbo", "viridis")}
    write_fixture("colormaps", {"heat": array(levels / 255), **colours})
