"""Visual prompt tuning and prefixes restated in PyTorch for make_trajectories.py: the tiny transformer of
models/modeltest, from the formulas of docs/methods.md 1.4, with PyTorch's own convolution, layer_norm, gelu and softmax.
"""

import math

import torch
import torch.nn.functional as F

from restated import Prompt, S, from_go, wave

WIDTH, LAYERS, HEADS, PATCH, VIT_SIDE, PROMPTS = 8, 3, 2, 4, 8, 2


class TinyViT:
    """The transformer of models/modeltest/tinyvit.go on normalised [B,3,8,8]."""

    def __init__(self, dtype):
        def tensor(values):
            return torch.from_numpy(values).to(dtype)

        self.weights, number = {}, 0
        for i in range(LAYERS):
            for name, a, b in (("attention", WIDTH, 3 * WIDTH), ("out", WIDTH, WIDTH), ("expand", WIDTH, 4 * WIDTH), ("project", 4 * WIDTH, WIDTH)):
                number += 1
                self.weights[f"layer{i}/{name}"] = tensor(wave(0.6, 0.35 + 0.07 * number, a, b)), tensor(wave(0.1, 0.2 + 0.05 * number, b))
        number += 1
        self.classifier = tensor(wave(0.6, 0.35 + 0.07 * number, WIDTH, S))
        self.bias = tensor(wave(0.1, 0.2 + 0.05 * number, S))
        self.gamma, self.beta = tensor(wave(0.3, 0.8, WIDTH) + wave(0, 1, WIDTH) + 1), tensor(wave(0.1, 0.6, WIDTH))
        self.class_token = tensor(wave(0.7, 0.31, 1, WIDTH))
        self.positions = tensor(wave(0.4, 0.53, 1 + (VIT_SIDE // PATCH) ** 2, WIDTH))
        self.patches = from_go(wave(0.3, 0.35, PATCH, PATCH, 3, WIDTH), dtype), tensor(wave(0.1, 0.9, WIDTH))
        self.mean = torch.tensor([0.5, 0.4, 0.3], dtype=torch.float32).to(dtype).view(1, 3, 1, 1)
        self.std = torch.tensor([0.25, 0.2, 0.3], dtype=torch.float32).to(dtype).view(1, 3, 1, 1)

    def normalise(self, x):
        return (x - self.mean) / self.std

    def change(self, relative):
        self.classifier = self.classifier * (1 + relative(self.classifier.shape))

    def norm(self, x):
        return F.layer_norm(x, (WIDTH,), self.gamma, self.beta, 1e-6)

    def dense(self, x, name):
        kernel, bias = self.weights[name]
        return x @ kernel + bias

    def logits(self, x, enter, attend):
        """enter(layer, tokens) gives what goes into a layer; attend(layer, keys, values) what its attention looks at."""
        patches = F.conv2d(x, self.patches[0], self.patches[1], stride=PATCH).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_token.expand(len(x), 1, -1), patches], 1) + self.positions
        for i in range(LAYERS):
            x = enter(i, x)
            q, k, v = self.dense(self.norm(x), f"layer{i}/attention").split(WIDTH, -1)
            k, v = attend(i, k, v)
            q, k, v = (t.unflatten(-1, (HEADS, WIDTH // HEADS)).transpose(1, 2) for t in (q, k, v))
            weights = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(WIDTH // HEADS), -1)
            x = x + self.dense((weights @ v).transpose(1, 2).flatten(2), f"layer{i}/out")
            x = x + self.dense(F.gelu(self.dense(self.norm(x), f"layer{i}/expand")), f"layer{i}/project")
        return self.norm(x)[:, 0] @ self.classifier + self.bias


class Tokens(Prompt):
    """vpt, vpt-deep and prefix; parameters are [width,depth,p], which Go's layout makes [depth,p,width]. projected is the
    width before a linear layer, [projected,width], which all layers share; 0 for none."""

    side = VIT_SIDE

    def __init__(self, _, dtype, kind, projected=0):
        super().__init__(TinyViT(dtype), dtype)
        del self.learned["input/prompt"]
        self.kind, depth = kind, 1 if kind == "vpt" else LAYERS
        names = ["keys", "values"] if kind == "prefix" else ["prompt"]
        self.parts = torch.nn.ParameterList(torch.nn.Parameter(torch.zeros(projected or WIDTH, depth, PROMPTS, dtype=dtype)) for _ in names)
        self.prompt = self.parts[0]
        for i, (name, part) in enumerate(zip(names, self.parts)):
            self.start(f"input/{name}", part, 0.3, 0.4 + 0.2 * i)
        self.weights, self.biases = torch.nn.ParameterList(), torch.nn.ParameterList()
        for i, name in enumerate(names if projected else []):
            self.weights.append(torch.nn.Parameter(torch.zeros(projected, WIDTH, dtype=dtype)))
            self.biases.append(torch.nn.Parameter(torch.zeros(WIDTH, dtype=dtype)))
            self.start(f"input/projection/{name}/weights", self.weights[i], 0.5, 0.7 + 0.2 * i)
            self.start(f"input/projection/{name}/bias", self.biases[i], 0.2, 0.9 + 0.2 * i)

    def forward(self, x):
        return self.net.normalise(x)

    def of(self, part, layer, size):
        prompt = self.parts[part].permute(1, 2, 0)[layer]
        if len(self.weights):
            prompt = F.linear(prompt, self.weights[part].T, self.biases[part])
        return prompt.expand(size, -1, -1)

    def enter(self, layer, x):
        if self.kind == "prefix" or (self.kind == "vpt" and layer > 0):
            return x
        dropped = 1 if layer == 0 else 1 + PROMPTS
        return torch.cat([x[:, :1], self.of(0, layer, len(x)), x[:, dropped:]], 1)

    def attend(self, layer, k, v):
        if self.kind != "prefix":
            return k, v
        return torch.cat([self.of(0, layer, len(k)), k], 1), torch.cat([self.of(1, layer, len(v)), v], 1)

    def logits(self, x):
        return self.net.logits(self(x), self.enter, self.attend)


class Added(Prompt):
    """vpt-add: a vector for each token, [width,1,tokens], or with shared one for all."""

    side = VIT_SIDE

    def __init__(self, _, dtype, shared=False):
        super().__init__(TinyViT(dtype), dtype)
        tokens = 1 if shared else 1 + (VIT_SIDE // PATCH) ** 2
        self.prompt = torch.nn.Parameter(torch.zeros(WIDTH, 1, tokens, dtype=dtype))
        self.start("input/prompt", self.prompt, 0.3, 0.4)

    def forward(self, x):
        return self.net.normalise(x)

    def logits(self, x):
        add = self.prompt.permute(1, 2, 0)
        return self.net.logits(self(x), lambda i, x: x if i else x + add, lambda i, k, v: (k, v))


TOKENS = {kind: (lambda kind: lambda net, dtype: Tokens(net, dtype, kind))(kind) for kind in ("vpt", "vpt-deep", "prefix")}
PROJECTED = {f"{kind} projected": (lambda kind: lambda net, dtype: Tokens(net, dtype, kind, 5))(kind) for kind in ("vpt-deep", "prefix")}
ADDED = {"vpt-add": Added, "vpt-add shared": lambda net, dtype: Added(net, dtype, True)}
