"""Pictures that a camera stored in each of the eight ways that Exif knows, for datasets/decode_test.go.

    python3 datasets/testdata/orientation.py

writes into orientation/ beside itself one upright picture in four formats, and for each orientation
a file that PIL's exif_transpose turns into that picture, which it verifies.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

OUT = Path(__file__).parent / "orientation"
OUT.mkdir(exist_ok=True)
T = Image.Transpose
STORED = {  # how the upright picture is rotated or mirrored before it is stored
    1: None, 2: T.FLIP_LEFT_RIGHT, 3: T.ROTATE_180, 4: T.FLIP_TOP_BOTTOM,
    5: T.TRANSPOSE, 6: T.ROTATE_90, 7: T.TRANSVERSE, 8: T.ROTATE_270,
}

pixels = np.zeros((16, 24, 3), np.uint8)
pixels[:8, :8] = (200, 30, 30)
pixels[:8, 8:] = (30, 180, 60)
pixels[8:, :16] = (240, 220, 40)
upright = Image.fromarray(pixels)
for suffix in ["png", "bmp", "ppm"]:
    upright.save(OUT / f"upright.{suffix}")

for orientation, turn in STORED.items():
    stored = upright if turn is None else upright.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    names = [f"{orientation}.png"]
    if orientation == 6:
        names += ["6.jpg", "6.webp"]
    for name in names:
        stored.save(OUT / name, exif=exif, quality=95, subsampling=0, lossless=True)
        back = np.asarray(ImageOps.exif_transpose(Image.open(OUT / name)).convert("RGB"))
        assert np.abs(back.astype(int) - pixels).mean() < 3, name
