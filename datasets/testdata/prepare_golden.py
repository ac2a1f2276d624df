"""Golden values for datasets/prepare_test.go: torchvision's Resize and CenterCrop of pictures that PIL reads.

    python3 datasets/testdata/prepare_golden.py

writes what they make of the pictures of resize_golden.py, as PNG, beside itself (torchvision 0.14 and Pillow 9.4
made the committed files). Names are those of the picture, _turned where it stands on its side, the shorter side's
pixels and those of the square that is cut out.
"""

from pathlib import Path

from PIL import Image
from torchvision.transforms import functional

HERE = Path(__file__).parent

# The last three leave an odd number of pixels around the square.
for name, turned, resize, crop in [
    ("rgb_60x140", False, 73, 64), ("rgb_60x140", True, 37, 32), ("rgb_60x140", False, 60, 52), ("grey_28x28", False, 32, 28),
    ("rgb_100x100", False, 37, 32), ("rgb_100x100", False, 39, 32), ("rgb_60x140", True, 61, 60),
]:
    picture = Image.open(HERE / f"{name}.png")
    if turned:
        picture = picture.transpose(Image.Transpose.TRANSPOSE)
    small = functional.resize(picture, resize, interpolation=functional.InterpolationMode.BILINEAR)
    target = f"prepared_{name}{'_turned' if turned else ''}_{resize}_{crop}.png"
    functional.center_crop(small, crop).save(HERE / target, optimize=True)
