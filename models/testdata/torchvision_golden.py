"""Golden values for models/made_up_test.go: torchvision's own networks with made-up weights.

    python3 models/testdata/torchvision_golden.py [NAME ...] > models/testdata/torchvision_golden.json
    python3 models/testdata/torchvision_golden.py --check [NAME ...]
    python3 models/testdata/torchvision_golden.py --save DIR [NAME ...]

torch 1.13 and torchvision 0.14 were used; later versions will do. No weight file is needed: every value of
every tensor is a hash of the tensor's name and of the value's index, scaled to a range with which activations neither
vanish nor explode in the deepest network. models/export_test.go computes the same in Go.

--check checks that every tensor matters: it shifts each tensor's values by one index, and fails unless the
logits change by more than twice the test's tolerance.

--save writes the weights with torch.save as NAME.pth, for `vrkit logits -weights` and other commands. For vit-b32-384
it uses the names of PyTorch-Pretrained-ViT.

For each network the JSON keeps the logits of two made-up images, and the norm and some samples of the gradient of
a fixed weighted sum of the logits by the RGB pixels in [0,1]. For the ViTs with patches of 32 pixels it keeps the same
with inserted tokens: they stand behind the class token, at the embedding and at every hidden layer, and each layer's
tokens replace those of the layer before.
"""

import argparse
import json
import sys
import zlib

import numpy as np
import torch
import torchvision

# The name here, torchvision's constructor and its options, the side of the images, and N if every Nth value of the
# gradient is kept.
NETS = {
    "resnet18": ("resnet18", {}, 96, 41),
    "resnet34": ("resnet34", {}, 64, 41),
    "resnet50": ("resnet50", {}, 64, 41),
    "resnet101": ("resnet101", {}, 64, 41),
    "resnext101-32x8d": ("resnext101_32x8d", {}, 64, 41),
    "squeezenet1.1-torchvision": ("squeezenet1_1", {}, 96, 41),
    "vit-b16": ("vit_b_16", {}, 224, 401),
    "vit-b32": ("vit_b_32", {}, 224, 401),
    "vit-b32-384": ("vit_b_32", {"image_size": 384}, 384, 1201),
}
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
PROMPTS = 3  # tokens, at the embedding and at each hidden layer


def uniform(name, size):
    """Numbers in [0,1): murmur3's finaliser of the name's CRC-32 plus the index times the golden ratio."""
    x = (zlib.crc32(name.encode()) + np.arange(size, dtype=np.uint64) * 0x9E3779B9).astype(np.uint32)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(16)
    return (x >> np.uint32(8)).astype(np.float64) / 2**24


def bounds(name, shape):
    """The range of a tensor's values."""
    if name.endswith("running_mean"):
        return -0.3, 0.3
    if name.endswith("running_var"):
        return 0.5, 1.5
    if len(shape) == 4:  # Kaiming's initial range for a ReLU
        bound = np.sqrt(6 / np.prod(shape[1:]))
        return -bound, bound
    if len(shape) == 2:
        bound = np.sqrt(3 / shape[1])
        return -bound, bound
    if len(shape) == 3:  # a ViT's class token and positions
        return -1, 1
    if name.endswith("bias"):
        return -0.3, 0.3
    return 0.3, 0.9  # the scale of a normalisation


def made_up(name, shape):
    low, high = bounds(name, shape)
    values = low + (high - low) * uniform(name, int(np.prod(shape)))
    return torch.from_numpy(values.astype(np.float32)).reshape(shape)


def renamed(name):
    """The names in B_32_imagenet1k.pth of PyTorch-Pretrained-ViT of a tensor of torchvision's ViT. torchvision stacks
    queries, keys and values in one tensor; that file has one tensor for each."""
    part = name.rsplit(".", 1)[-1]
    if name.startswith("encoder.layers."):
        block = name.split(".")[2].removeprefix("encoder_layer_")
        for theirs, ours in {
            "ln_1": "norm1", "ln_2": "norm2", "out_proj": "proj", "mlp.0": "pwff.fc1", "mlp.3": "pwff.fc2",
        }.items():
            if f".{theirs}." in name:
                return [f"transformer.blocks.{block}.{ours}.{part}"]
        kind = part.removeprefix("in_proj_")
        return [f"transformer.blocks.{block}.attn.proj_{which}.{kind}" for which in "qkv"]
    return [{
        "class_token": "class_token", "encoder.pos_embedding": "positional_embedding.pos_embedding",
        "conv_proj.weight": "patch_embedding.weight", "conv_proj.bias": "patch_embedding.bias",
        "encoder.ln.weight": "norm.weight", "encoder.ln.bias": "norm.bias",
        "heads.head.weight": "fc.weight", "heads.head.bias": "fc.bias",
    }[name]]


def weights(net, name):
    state = {}
    for key, tensor in net.state_dict().items():
        shape = list(tensor.shape)
        if key.endswith("num_batches_tracked"):
            state[key] = tensor
        elif name == "vit-b32-384":
            names = renamed(key)
            shape[0] //= len(names)
            state[key] = torch.cat([made_up(n, shape) for n in names])
        else:
            state[key] = made_up(key, shape)
    return state


def pretrained(net):
    """The state dict of vit-b32-384 under the names of its own files."""
    state = {}
    for key, tensor in net.state_dict().items():
        names = renamed(key)
        state.update({name: part.clone() for name, part in zip(names, tensor.chunk(len(names)))})
    return state


def pictures(side):
    y, x, c = np.meshgrid(np.arange(side), np.arange(side), np.arange(3), indexing="ij")
    both = [(2 * y + x * (c + 1) + (x * y) // 17) % 256, (5 * x + y * (3 - c) + (x * x + y * y) // 23) % 256]
    return torch.from_numpy(np.stack(both).transpose(0, 3, 1, 2).astype(np.float32) / 255)


def normalised(name, pixels):
    mean, std = ((0.5,) * 3, (0.5,) * 3) if name == "vit-b32-384" else IMAGENET
    return (pixels - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)


def prompted(net, name, pixels, prompts):
    """A ViT's logits with prompts[i], [P,D], behind the class token of the input of layer i."""
    x = net._process_input(normalised(name, pixels))
    x = torch.cat([net.class_token.expand(len(x), -1, -1), x], 1) + net.encoder.pos_embedding
    for i, layer in enumerate(net.encoder.layers):
        rest = x[:, 1:] if i == 0 else x[:, 1 + len(prompts[i]):]
        x = layer(torch.cat([x[:, :1], prompts[i].expand(len(x), -1, -1), rest], 1))
    return net.heads(net.encoder.ln(x)[:, 0])


def readout(logits):
    return (logits * torch.tensor([((37 * k) % 11 - 5) / 5 for k in range(logits.shape[1])])).sum()


def rounded(tensor, digits):
    return [float(f"{v:.{digits}g}") for v in tensor.reshape(-1).tolist()]


def golden(net, name, side, every):
    pixels = pictures(side).requires_grad_(True)
    logits = net(normalised(name, pixels))
    readout(logits).backward()
    gradient = pixels.grad.permute(0, 2, 3, 1).reshape(-1)
    kept = {
        "side": side,
        "every": every,
        "logits": rounded(logits, 6),
        "gradient_norm": float(gradient.norm()),
        "gradient": rounded(gradient[::every], 5),
    }
    if name.startswith("vit-b32"):
        width = net.hidden_dim
        prompts = [made_up(f"prompt{i}", (1, PROMPTS, width))[0].requires_grad_(True) for i in range(len(net.encoder.layers))]
        logits = prompted(net, name, pixels.detach(), prompts)
        readout(logits).backward()
        kept["prompted"] = {
            "logits": rounded(logits[:, ::10], 6),
            "gradient_norms": [float(p.grad.norm()) for p in prompts],
            "gradients": [rounded(p.grad.reshape(-1)[::97], 5) for p in prompts],
        }
    return kept


def check(net, state, name, side):
    """Fails unless every tensor of the network matters to the logits."""
    x = normalised(name, pictures(side))
    with torch.no_grad():
        plain = net(x)
        for key, tensor in state.items():
            if key.endswith("num_batches_tracked"):
                continue
            was = tensor.clone()
            tensor.copy_(tensor.reshape(-1).roll(1).reshape(tensor.shape))
            moved = float((net(x) - plain).abs().max() / plain.abs().max())
            tensor.copy_(was)
            print(f"{name} {key}: {moved:.4f}", file=sys.stderr)
            assert moved > 2e-3, f"{name}: {key} hardly matters: {moved}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--save", metavar="DIR")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    nets = {}
    for name in arguments.names or NETS:
        constructor, options, side, every = NETS[name]
        net = getattr(torchvision.models, constructor)(**options).eval()
        net.load_state_dict(weights(net, name))
        if arguments.save:
            state = net.state_dict() if name != "vit-b32-384" else pretrained(net)
            torch.save(state, f"{arguments.save}/{name}.pth")
            continue
        if arguments.check:
            check(net, dict(net.state_dict()), name, side)
            continue
        nets[name] = golden(net, name, side, every)
        scale = max(abs(v) for v in nets[name]["logits"])
        print(f"{name}: logits to {scale:.3g}, gradient {nets[name]['gradient_norm']:.3g}", file=sys.stderr)
    if nets:
        json.dump(nets, sys.stdout)


if __name__ == "__main__":
    main()
