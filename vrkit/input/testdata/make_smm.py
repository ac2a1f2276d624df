"""Golden values for vrkit/input/golden_test.go: SMM (docs/methods.md 1.3) restated in PyTorch.

    python3 vrkit/input/testdata/make_smm.py > vrkit/input/testdata/smm.json

Any PyTorch does. All is in float64, and nothing is random: images, parameters and the loss's weights come
from a closed formula, which the Go test restates. Of each array its norm and some 16 values are kept.
"""

import json
import sys

import torch

torch.set_default_dtype(torch.float64)

# side, layers, patch, channels
CASES = [
    (16, 5, 1, 3),
    (16, 5, 2, 1),
    (16, 5, 4, 3),
    (16, 5, 8, 3),
    (16, 6, 8, 1),
    (16, 5, 16, 3),
    (32, 5, 8, 1),
    (32, 6, 4, 3),
    (32, 6, 32, 3),
]
BATCH = 3


def wave(amplitude, start, *shape):
    """amplitude·sin(.37 j + .0011 j²) with j = i + start, for the index i of a row-major array."""
    j = torch.arange(torch.Size(shape).numel(), dtype=torch.float64) + start
    return (amplitude * torch.sin(0.37 * j + 0.0011 * j * j)).reshape(shape)


class Generator(torch.nn.Module):
    def __init__(self, layers, patch, channels):
        super().__init__()
        pools = patch.bit_length() - 1
        assert 1 << pools == patch
        self.convolutions, self.norms = torch.nn.ModuleList(), torch.nn.ModuleList()
        self.pools, self.channels = pools, channels
        before = 3
        for stage in range(layers - 1):
            after = 8 << stage
            self.convolutions.append(torch.nn.Conv2d(before, after, 3, padding=1))
            self.norms.append(torch.nn.BatchNorm2d(after))
            before = after
        if channels == 3:
            self.convolutions.append(torch.nn.Conv2d(before, 3, 3, padding=1))
        with torch.no_grad():
            for number, convolution in enumerate(self.convolutions):
                out, into, _, _ = convolution.weight.shape
                bound = 1.5 / (9 * into) ** 0.5
                kernel = wave(bound, 100 * number, 3, 3, into, out)  # as HWIO
                convolution.weight.copy_(kernel.permute(3, 2, 0, 1))
                convolution.bias.copy_(wave(bound, 50 + 100 * number, out))
            for number, norm in enumerate(self.norms):
                norm.weight.copy_(1 + wave(0.3, 7 * number, norm.num_features))
                norm.bias.copy_(wave(0.2, 9 * number, norm.num_features))

    def forward(self, x):
        for number, norm in enumerate(self.norms):
            x = torch.relu(norm(self.convolutions[number](x)))
            if number < self.pools:
                x = torch.nn.functional.max_pool2d(x, 2)
        if self.channels == 1:
            return x.mean(1, keepdim=True).expand(-1, 3, -1, -1)
        return self.convolutions[-1](x)


def nhwc(x):
    return x.detach().permute(0, 2, 3, 1).flatten()


def digest(flat):
    return {"norm": flat.norm().item(), "some": flat[:: flat.numel() // 16 + 1].tolist()}


def case(side, layers, patch, channels):
    generator = Generator(layers, patch, channels)
    delta = wave(0.5, 3, side, side, 3).permute(2, 0, 1).clone().requires_grad_()
    batches = [wave(1.2, start, BATCH, side, side, 3).permute(0, 3, 1, 2) for start in (0, 1234)]
    weights = wave(1, 77, BATCH, side, side, 3).permute(0, 3, 1, 2)

    def apply(x):
        mask = generator(x)
        mask = mask.repeat_interleave(patch, 2).repeat_interleave(patch, 3)
        return x + delta * mask, mask

    generator.train()
    trained, _ = apply(batches[0])
    (weights * trained).sum().backward()
    convolutions, norms = generator.convolutions, generator.norms
    last = len(convolutions) - 1
    gradients = {"prompt": nhwc(delta.grad[None])}
    for number in range(len(convolutions)):
        name = "out" if channels == 3 and number == last else f"conv{number + 1}"
        gradients[f"mask/{name}/kernel"] = convolutions[number].weight.grad.permute(2, 3, 1, 0).flatten()
        if name == "out":  # the others' biases are cancelled by the normalisation
            gradients[f"mask/{name}/bias"] = convolutions[number].bias.grad
    for number, norm in enumerate(norms):
        gradients[f"mask/norm{number + 1}/gamma"] = norm.weight.grad
        gradients[f"mask/norm{number + 1}/beta"] = norm.bias.grad
    with torch.no_grad():
        apply(batches[1])
        generator.eval()
        evaluated, mask = apply(batches[0])
    return {
        "side": side, "layers": layers, "patch": patch, "channels": channels,
        "trained": digest(nhwc(trained)),
        "evaluated": digest(nhwc(evaluated)),
        "mask": digest(nhwc(mask)),
        "gradients": {name: digest(gradient) for name, gradient in gradients.items()},
        "running": {
            f"mask/norm{number + 1}/{name}": digest(value)
            for number, norm in enumerate(norms)
            for name, value in (("mean", norm.running_mean), ("variance", norm.running_var))
        },
    }


if __name__ == "__main__":
    json.dump({"batch": BATCH, "cases": [case(*c) for c in CASES]}, sys.stdout, separators=(",", ":"))
    print()
