"""Golden values for datasets/resize_test.go: PIL's bilinear resize, antialiased where it shrinks.

    python3 datasets/testdata/resize_golden.py

writes pictures from a closed formula and what PIL makes of them at another side, as PNG, beside itself
(PIL is the package pillow; the committed files are 9.4's, which later versions repeat).
"""

from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent


def made_up(height, width, channels):
    """Fine waves, a smooth slope and hard edges."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(channels), indexing="ij")
    waves = 60 * np.sin(x * (c + 1) / 2 + y / 3)
    slope = 80 * (x + 2 * y) / (width + 2 * height)
    edges = 100 * (((x // 9) + (y // 7) + c) % 3 == 0)
    return (waves + slope + edges + 60).clip(0, 255).astype(np.uint8)


SIDES = {(28, 28, 1): [64], (100, 100, 3): [64, 32], (60, 140, 3): [64]}

for (height, width, channels), sides in SIDES.items():
    picture = Image.fromarray(made_up(height, width, channels).squeeze())
    name = f"{'grey' if channels == 1 else 'rgb'}_{height}x{width}"
    picture.save(HERE / f"{name}.png", optimize=True)
    for side in sides:
        picture.resize((side, side), Image.Resampling.BILINEAR).save(HERE / f"{name}_to_{side}.png", optimize=True)

# A large picture, of a formula in whole numbers that the test can repeat and need not read.
y, x, c = np.meshgrid(np.arange(400), np.arange(600), np.arange(3), indexing="ij")
large = Image.fromarray(((x * y * (c + 1) // 256 + 3 * x + 5 * y) % 256).astype(np.uint8))
large.resize((128, 128), Image.Resampling.BILINEAR).save(HERE / "rgb_400x600_to_128.png", optimize=True)
