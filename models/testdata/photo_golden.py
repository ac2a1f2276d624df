"""Golden values for models/photo_test.go: a photo, from the file to the logits, by torchvision.

    python3 models/testdata/photo_golden.py CHELSEA.png > models/testdata/photo_golden.json

CHELSEA.png is skimage/data/chelsea.png of the package scikit-image 0.26.0; torch 1.13, torchvision 0.14 and Pillow 9.4
were used. torchvision's preset of each network's published weights prepares the photo. The JSON keeps the side of the
prepared image, the sum of all its values, 0 to 255, and the published accuracy. For one network it also keeps the
logits, with the made-up weights of torchvision_golden.py.
"""

import json
import sys

import numpy as np
import torch
import torchvision
from PIL import Image
from torchvision.transforms.functional import center_crop, resize

from torchvision_golden import NETS, weights

PRESETS = {
    "resnet18": torchvision.models.ResNet18_Weights.IMAGENET1K_V1,
    "resnet34": torchvision.models.ResNet34_Weights.IMAGENET1K_V1,
    "resnet50": torchvision.models.ResNet50_Weights.IMAGENET1K_V2,
    "resnet101": torchvision.models.ResNet101_Weights.IMAGENET1K_V1,
    "resnext101-32x8d": torchvision.models.ResNeXt101_32X8D_Weights.IMAGENET1K_V1,
    "squeezenet1.1-torchvision": torchvision.models.SqueezeNet1_1_Weights.IMAGENET1K_V1,
    "vit-b16": torchvision.models.ViT_B_16_Weights.IMAGENET1K_V1,
    "vit-b32": torchvision.models.ViT_B_32_Weights.IMAGENET1K_V1,
}

picture = Image.open(sys.argv[1]).convert("RGB")
kept = {}
for name, preset in PRESETS.items():
    prepare = preset.transforms()
    assert prepare.interpolation == torchvision.transforms.InterpolationMode.BILINEAR
    pixels = center_crop(resize(picture, prepare.resize_size, interpolation=prepare.interpolation), prepare.crop_size)
    kept[name] = {
        "side": pixels.size[0],
        "sum": int(np.asarray(pixels, dtype=np.int64).sum()),
        "top1": preset.meta["_metrics"]["ImageNet-1K"]["acc@1"],
    }
    if name == "resnet18":
        net = getattr(torchvision.models, NETS[name][0])().eval()
        net.load_state_dict(weights(net, name))
        with torch.no_grad():
            kept[name]["logits"] = [float(f"{v:.6g}") for v in net(prepare(picture)[None])[0].tolist()]
json.dump(kept, sys.stdout)
