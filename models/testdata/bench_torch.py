"""Measures in PyTorch, in images/s, what `go test ./models -run '^$' -bench .` measures in this project.

    python3 models/testdata/bench_torch.py NET WHAT BATCH [--layout default] [--precision bf16] [--seconds 5] [--images 128]

NET is a name of torchvision_golden.py or efficientnet-lite0, with made-up weights; the side is 224. WHAT is

    forward     the frozen network, in inference mode
    gradient    the network and the gradient of its input
    pad, full   an epoch with BLM over --images: a pass in inference mode counts ω, then Adam makes a step for
    smm         each batch, as in the papers' code; the images are in memory

The layout of the tensors in memory is channels-last or PyTorch's default. After three warm-up runs (one for an epoch)
the script prints a line of JSON: the best and the median rate, and the largest resident set of the process in MB.
Networks run as in the papers' code: BatchNorm is in eval mode and not folded. In EfficientNet-Lite it is folded. bf16
is autocast. torch 2.5.1 was used.
"""

import argparse
import json
import resource
import statistics
import time

import efficientnet_golden
import torch
import torch.nn.functional as F
import torchvision
import torchvision_golden as golden
from torch import nn

SIDE, IMAGE, CLASSES = 224, 128, 10
LAYOUTS = {"default": torch.contiguous_format, "channels-last": torch.channels_last}


def lite0():
    """EfficientNet-Lite0's shapes with made-up values, its BatchNorm folded."""
    weights = {}

    def convolution(name, out, into, kernel):
        weights[name + ".weight"] = golden.made_up(name, (out, into, kernel, kernel))
        weights[name + ".bias"] = golden.made_up(name + ".bias", (out,))

    convolution("_conv_stem", 32, 3, 3)
    into, number = 32, 0
    for kernel, expand, out, repeats in (
        (3, 1, 16, 1), (3, 6, 24, 2), (5, 6, 40, 2), (3, 6, 80, 3), (5, 6, 112, 3), (5, 6, 192, 4), (3, 6, 320, 1),
    ):
        for _ in range(repeats):
            block, inside = f"_blocks.{number}.", into * expand
            if expand > 1:
                convolution(block + "_expand_conv", inside, into, 1)
            convolution(block + "_depthwise_conv", inside, 1, kernel)
            convolution(block + "_project_conv", out, inside, 1)
            into, number = out, number + 1
    convolution("_conv_head", 1280, into, 1)
    weights["_fc.weight"], weights["_fc.bias"] = golden.made_up("fc", (1000, 1280)), golden.made_up("fc.bias", (1000,))
    return weights


def network(name, layout):
    """The frozen network. It takes normalised images; EfficientNet-Lite takes pixels and normalises them itself."""
    if name == "efficientnet-lite0":
        weights = {k: w.contiguous(memory_format=layout) if w.dim() == 4 else w for k, w in lite0().items()}
        return lambda x: efficientnet_golden.forward(weights, x)
    constructor, options, _, _ = golden.NETS[name]
    net = getattr(torchvision.models, constructor)(weights=None, **options).eval()
    net.load_state_dict(golden.weights(net, name))
    return net.requires_grad_(False).to(memory_format=layout)


class MaskGenerator(nn.Sequential):
    """SMM's mask generator for patches of 8 pixels: 5 convolutions, or 6 for a ViT."""

    def __init__(self, layers):
        stages, into = [], 3
        for i in range(layers - 1):
            out = 8 << i
            stages += [nn.Conv2d(into, out, 3, 1, 1), nn.BatchNorm2d(out), nn.ReLU()] + ([nn.MaxPool2d(2)] if i < 3 else [])
            into = out
        super().__init__(*stages, nn.Conv2d(into, 3, 3, 1, 1))


class Epoch:
    def __init__(self, net, name, what, batch, layout, precision, count):
        self.net, self.what, self.batch, self.precision = net, what, batch, precision
        side = IMAGE if what == "pad" else SIDE
        self.images = torch.rand(count, 3, side, side).contiguous(memory_format=layout)
        self.labels = torch.arange(count) % CLASSES
        self.prompt = torch.zeros(3, SIDE, SIDE, requires_grad=True)
        learned = [self.prompt]
        if what == "pad":
            around = (SIDE - IMAGE) // 2
            self.around = (around,) * 4
            self.mask = F.pad(torch.zeros(1, IMAGE, IMAGE), self.around, value=1)
        if what == "smm":
            self.generator = MaskGenerator(6 if name.startswith("vit") else 5).to(memory_format=layout)
            learned += self.generator.parameters()
        mean, std = golden.IMAGENET
        self.mean, self.std = torch.tensor(mean).view(3, 1, 1), torch.tensor(std).view(3, 1, 1)
        self.optimiser = torch.optim.Adam(learned, lr=0.01)

    def logits(self, x):
        with self.precision:  # once for each batch: autocast caches weights, and those of inference mode have no gradient
            if self.what == "pad":
                x = (F.pad(x, self.around) + torch.sigmoid(self.prompt) * self.mask - self.mean) / self.std
            else:
                x = (x - self.mean) / self.std
                mask = F.interpolate(self.generator(x), scale_factor=8) if self.what == "smm" else 1
                x = x + self.prompt * mask
            return self.net(x).float()

    def run(self):
        if self.what == "smm":
            self.generator.eval()
        counts = torch.zeros(1000, CLASSES)
        with torch.inference_mode():
            for x, y in zip(self.images.split(self.batch), self.labels.split(self.batch)):
                counts.index_put_((self.logits(x).argmax(1), y), torch.ones(len(y)), accumulate=True)
        omega = counts / (counts.sum(1, keepdim=True) + 1)
        omega = (omega / omega.sum(0)).clone()
        if self.what == "smm":
            self.generator.train()
        order = torch.randperm(len(self.images)).split(self.batch)
        for chosen in order:
            loss = F.cross_entropy(self.logits(self.images[chosen]) @ omega, self.labels[chosen])
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            loss.item()


def prepared(name, what, batch, layout, precision, images):
    """The function to measure, and the number of images that it takes: all for an epoch, else a batch."""
    net = network(name, layout)
    if what in ("pad", "full", "smm"):
        return Epoch(net, name, what, batch, layout, precision, images).run, images
    x = torch.rand(batch, 3, SIDE, SIDE).contiguous(memory_format=layout)

    def forward():
        with torch.inference_mode(), precision:
            net(x).sum().item()

    watched = x.clone(memory_format=torch.preserve_format).requires_grad_(True)

    def gradient():
        with precision:
            logits = net(watched).float()
        torch.autograd.grad((logits * logits).sum(), watched)

    return {"forward": forward, "gradient": gradient}[what], batch


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("net")
    parser.add_argument("what", choices=["forward", "gradient", "pad", "full", "smm"])
    parser.add_argument("batch", type=int)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--images", type=int, default=128)
    parser.add_argument("--layout", choices=LAYOUTS, default="channels-last")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    precision = torch.autocast("cpu", torch.bfloat16, enabled=a.precision == "bf16")
    run, images = prepared(a.net, a.what, a.batch, LAYOUTS[a.layout], precision, a.images)
    for _ in range(1 if a.what in ("pad", "full", "smm") else 3):
        run()
    times, end = [], time.perf_counter() + a.seconds
    while len(times) < 2 or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps({"best": images / min(times), "median": images / statistics.median(times), "peak_MB": peak}), flush=True)


if __name__ == "__main__":
    main()
