"""Images per second of PyTorch, to compare with `go test ./models -run '^$' -bench Forward`.

    python3 models/testdata/bench_torch.py MODEL WEIGHTS [--sides 128 224] [--batch 16] [--threads 2]

MODEL is squeezenet1.1 or efficientnet-lite0, -lite1, -lite2; WEIGHTS is its weight file. For each
side it prints the median and the best run of the forward pass and of forward and input gradient. As in
Go, weights take no gradient and BatchNorm is folded; memory is channels-last.
"""

import argparse
import pickle
import statistics
import time

import efficientnet_golden
import squeezenet_golden
import torch

NORMS = {"_conv_stem": "_bn0", "_conv_head": "_bn1", "_expand_conv": "_bn0", "_depthwise_conv": "_bn1", "_project_conv": "_bn2"}


def fold(weights):
    """The weights with each BatchNorm folded into the convolution before it."""
    folded = {name: weights[name] for name in ("_fc.weight", "_fc.bias")}
    for name in weights:
        block, _, layer = name.removesuffix(".weight").rpartition(".")
        if layer not in NORMS:
            continue
        norm = f"{block}.{NORMS[layer]}".removeprefix(".")
        mean, var, gamma, beta = (weights[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        scale = gamma / torch.sqrt(var + 1e-3)
        folded[name] = (weights[name] * scale.view(-1, 1, 1, 1)).contiguous(memory_format=torch.channels_last)
        folded[name.replace(".weight", ".bias")] = beta - mean * scale
    return folded


def load(model, path):
    if model.startswith("efficientnet"):
        weights = fold(torch.load(path, map_location="cpu"))
        return lambda x: efficientnet_golden.forward(weights, x)
    with open(path, "rb") as file:
        weights = pickle.load(file, encoding="latin1")
    return lambda x: squeezenet_golden.forward(weights, x)


def images_per_second(run, batch, seconds):
    run()
    times, end = [], time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return f"{batch / statistics.median(times):.1f} (best {batch / min(times):.1f}) images/s"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("weights")
    parser.add_argument("--sides", type=int, nargs="+", default=[128, 224])
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    net = load(arguments.model, arguments.weights)
    for side in arguments.sides:
        x = torch.rand(arguments.batch, 3, side, side).contiguous(memory_format=torch.channels_last)
        pixels = x.clone(memory_format=torch.channels_last).requires_grad_(True)

        def forward():
            with torch.no_grad():
                net(x)

        def gradient():
            torch.autograd.grad(net(pixels).sum(), pixels)

        rates = [images_per_second(run, arguments.batch, arguments.seconds) for run in (forward, gradient)]
        print(f"{arguments.model} side {side}: forward {rates[0]}, forward+gradient {rates[1]}", flush=True)


if __name__ == "__main__":
    main()
