"""Golden values for models/made_up_test.go: timm's own vision transformers with made-up weights.

    python3 models/testdata/timm_golden.py > models/testdata/timm_golden.json
    python3 models/testdata/timm_golden.py --check
    python3 models/testdata/timm_golden.py --save DIR

timm 0.9.16 and torch 1.13 were used; later versions will do. The weights and the images are those of
torchvision_golden.py, by timm's names of the tensors. timm's names are also those of the official files of DeiT and
DINOv2; DINOv2's has one tensor more, mask_token, which --save adds.

The output of DINOv2 is its features. Its position embeddings are those of side 518. This script resizes them as the
formula of DINOv2's own code does: bicubic, with the scale (16 + .1)/37 for side 224. timm resizes them in another way.

For each network and side the JSON keeps every 7th output of two made-up images, and the norm and some samples of the
gradient of a fixed weighted sum of all outputs by the RGB pixels in [0,1].
"""

import argparse
import json
import sys

import timm
import torch
import torch.nn.functional as F

from torchvision_golden import IMAGENET, made_up, pictures, readout, rounded

HALF = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
GRID = 37  # of DINOv2's position embeddings, a side

# The name here and the side of the images: timm's name, mean and deviation, and N if every Nth gradient is kept.
NETS = {
    ("vit-b16-timm", 224): ("vit_base_patch16_224", HALF, 401),
    ("vit-b32-timm", 224): ("vit_base_patch32_224", HALF, 401),
    ("deit-tiny", 224): ("deit_tiny_patch16_224", IMAGENET, 401),
    ("deit-small", 224): ("deit_small_patch16_224", IMAGENET, 401),
    ("dinov2-s14", 224): ("vit_small_patch14_dinov2", IMAGENET, 401),
    ("dinov2-s14", 98): ("vit_small_patch14_dinov2", IMAGENET, 101),
}


def resized(positions, side):
    """The position embeddings [1,1+GRID²,width] for a grid of that side."""
    grid = positions[:, 1:].reshape(1, GRID, GRID, -1).permute(0, 3, 1, 2)
    scale = (side + 0.1) / GRID
    grid = F.interpolate(grid, scale_factor=(scale, scale), mode="bicubic")
    return torch.cat([positions[:, :1], grid.permute(0, 2, 3, 1).reshape(1, side * side, -1)], 1)


def weights(net):
    """The made-up weights by timm's names, with DINOv2's position embeddings for side 518."""
    state = {}
    for key, tensor in net.state_dict().items():
        shape = list(tensor.shape)
        if key == "pos_embed" and hasattr(net.blocks[0].ls1, "gamma"):
            shape[1] = 1 + GRID**2
        state[key] = made_up(key, shape)
    return state


def build(name, side):
    constructor, (mean, std), every = NETS[name, side]
    net = timm.create_model(constructor, img_size=side).eval()
    state = weights(net)
    if name.startswith("dinov2"):
        state["pos_embed"] = resized(state["pos_embed"], side // 14)
    net.load_state_dict(state)
    mean, std = torch.tensor(mean).view(3, 1, 1), torch.tensor(std).view(3, 1, 1)
    return net, lambda pixels: net((pixels - mean) / std), every


def golden(name, side):
    _, run, every = build(name, side)
    pixels = pictures(side).requires_grad_(True)
    logits = run(pixels)
    readout(logits).backward()
    gradient = pixels.grad.permute(0, 2, 3, 1).reshape(-1)
    scale = float(logits.abs().max())
    print(f"{name} at {side}: outputs to {scale:.3g}, gradient {float(gradient.norm()):.3g}", file=sys.stderr)
    return {
        "name": name,
        "side": side,
        "every": every,
        "logits_every": 7,
        "logits": rounded(logits.reshape(-1)[::7], 6),
        "gradient_norm": float(gradient.norm()),
        "gradient": rounded(gradient[::every], 5),
    }


def check(name, side):
    """Fails unless every tensor of the network matters to the outputs."""
    net, run, _ = build(name, side)
    with torch.no_grad():
        plain = run(pictures(side))
        for key, tensor in net.state_dict().items():
            was = tensor.clone()
            tensor.copy_(tensor.reshape(-1).roll(1).reshape(tensor.shape))
            moved = float((run(pictures(side)) - plain).abs().max() / plain.abs().max())
            tensor.copy_(was)
            assert moved > 2e-3, f"{name}: {key} hardly matters: {moved}"
    print(f"{name} at {side}: all {len(net.state_dict())} tensors matter", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--save", metavar="DIR")
    arguments = parser.parse_args()
    nets = []
    for name, side in NETS:
        if arguments.check:
            check(name, side)
        elif arguments.save:
            if (name, side) == ("dinov2-s14", 98):
                continue
            state = weights(timm.create_model(NETS[name, side][0], img_size=side))
            if name.startswith("dinov2"):
                state["mask_token"] = torch.zeros(1, 384)
            torch.save({"model": state} if name.startswith("deit") else state, f"{arguments.save}/{name}.pth")
        else:
            nets.append(golden(name, side))
    if nets:
        json.dump(nets, sys.stdout)


if __name__ == "__main__":
    main()
