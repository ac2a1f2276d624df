"""The methods restated in PyTorch for make_trajectories.py: made-up data, the tiny frozen net, input
manipulations and output alignments, from the formulas of docs/methods.md 1 and 2.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F

SIDE, INNER, S, K = 16, 10, 12, 4
IMAGES = 14
LABELS = [i % K for i in range(IMAGES)]
LAMBDA, ALPHA = 1.0, 0.5  # alpha·K = 2 sources a sample


# ---- closed formulas that Go repeats


def image(i, side):
    """uint8 [side,side,3]: noise, and stripes that depend on the label."""
    y, x, c = np.meshgrid(np.arange(side), np.arange(side), np.arange(3), indexing="ij")
    noise = (53 * i + 17 * y * y + 29 * x * (c + 1) + 31 * x * y + 7 * i * x) % 151
    stripe = [y % 4 < 2, x % 4 < 2, (x + y) % 4 < 2, y < side // 2][i % K]
    return (noise + 100 * stripe).astype(np.uint8)


def made_up(amplitude, frequency, *shape):
    """amplitude·sin(frequency·(i² mod 10007)), row-major."""
    i = np.arange(math.prod(shape), dtype=np.int64)
    return (amplitude * np.sin(frequency * (i * i % 10007))).reshape(shape)


def wave(amplitude, frequency, *shape):
    """The frozen weights of models/modeltest: made_up with mod 997, rounded to float32."""
    i = np.arange(math.prod(shape), dtype=np.int64)
    return (amplitude * np.sin(frequency * (i * i % 997))).astype(np.float32).reshape(shape)


def pictures(side, chosen, dtype):
    stack = np.stack([image(i, side) for i in chosen])
    return torch.from_numpy(stack.astype(np.float64) / 255).to(dtype).permute(0, 3, 1, 2)


# ---- between the layouts of Go and PyTorch: [side,side,3] and [3,side,side], [kh,kw,in,out] and [out,in,kh,kw]

TO_GO, TO_TORCH = {3: (1, 2, 0), 4: (2, 3, 1, 0)}, {3: (2, 0, 1), 4: (3, 2, 0, 1)}


def go(p):
    p = p.detach()
    return p.permute(TO_GO.get(p.dim(), tuple(range(p.dim())))).numpy()


def from_go(a, dtype):
    p = torch.from_numpy(np.ascontiguousarray(a)).to(dtype)
    return p.permute(TO_TORCH.get(p.dim(), tuple(range(p.dim())))).contiguous()


# ---- the frozen model and the input manipulations


class Tiny:
    """The net of models/modeltest/tiny.go on normalised [B,3,H,W]."""

    def __init__(self, dtype):
        self.kernel = from_go(wave(0.9, 0.35, 3, 3, 3, 6), dtype)
        self.dense = from_go(wave(0.5, 1.1, 6, S), dtype)
        self.mean = torch.tensor([0.5, 0.4, 0.3], dtype=torch.float32).to(dtype).view(1, 3, 1, 1)
        self.std = torch.tensor([0.25, 0.2, 0.3], dtype=torch.float32).to(dtype).view(1, 3, 1, 1)

    def normalise(self, x):
        return (x - self.mean) / self.std

    def change(self, relative):
        """Changes frozen weights by relative(shape)."""
        self.dense *= 1 + relative(self.dense.shape)

    def logits(self, x):
        x = torch.tanh(F.conv2d(F.pad(x, (0, 1, 0, 1)), self.kernel, stride=2))
        rows = x.mean(3)  # [B,6,H]
        x = rows.mean(2) + rows[:, :, rows.shape[2] // 2]
        return 4 * (x @ self.dense)


class Prompt(torch.nn.Module):
    """The part of every manipulation: a prompt, δ or θ, [3,side,side]."""

    side = SIDE  # of the images it takes

    def __init__(self, net, dtype):
        super().__init__()
        self.net, self.dtype = net, dtype
        self.learned = {}  # parameters by the path that the Go variable has
        self.initial = {}  # their initial values, as `start` takes them; else 0
        self.prompt = torch.nn.Parameter(torch.zeros(3, SIDE, SIDE, dtype=dtype))
        self.learned["input/prompt"] = self.prompt

    def start(self, path, p, amplitude, frequency, plus=0):
        """Lets a parameter start from a closed formula, in Go's layout."""
        shape = go(p).shape
        p.data = from_go(plus + made_up(amplitude, frequency, *shape), self.dtype)
        self.learned[path] = p
        self.initial[path] = {"shape": shape, "amplitude": amplitude, "frequency": frequency, "plus": plus}

    def logits(self, x):
        """The source logits of images [B,3,side,side] in [0,1]."""
        return self.net.logits(self(x))

    def arrays(self):
        """All that training changes, in Go's layout."""
        return {path: go(p) for path, p in self.learned.items()}


class Pad(Prompt):
    side = INNER

    def forward(self, x):
        before, after = (SIDE - INNER + 1) // 2, (SIDE - INNER) // 2
        margins = (before, after, before, after)
        mask = F.pad(torch.zeros(3, INNER, INNER, dtype=self.dtype), margins, value=1)
        return self.net.normalise(F.pad(x, margins) + torch.sigmoid(self.prompt) * mask)


class Watermark(Prompt):
    def __init__(self, net, dtype, width):
        super().__init__(net, dtype)
        self.mask = torch.ones(3, SIDE, SIDE, dtype=dtype)
        self.mask[:, width : SIDE - width, width : SIDE - width] = 0

    def forward(self, x):
        return self.net.normalise(x) + self.prompt * self.mask


class SMM(Prompt):
    """Five layers: x + δ ⊙ U_p(f_mask(x)) on normalised x."""

    def __init__(self, net, dtype, patch, channels):
        super().__init__(net, dtype)
        self.patch, self.pools = patch, int(math.log2(patch))
        widths = [3, 8, 16, 32, 64] + ([3] if channels == 3 else [])
        self.convs, self.norms = torch.nn.ModuleList(), torch.nn.ModuleList()
        for i, (a, b) in enumerate(zip(widths, widths[1:]), 1):
            name, bound = f"conv{i}" if i <= 4 else "out", 1 / math.sqrt(9 * a)
            conv = torch.nn.Conv2d(a, b, 3, padding=1, dtype=dtype)
            self.start(f"input/mask/{name}/kernel", conv.weight, bound, 0.3 + 0.1 * i)
            self.start(f"input/mask/{name}/bias", conv.bias, bound, 0.7 + 0.1 * i)
            self.convs.append(conv)
            if i <= 4:
                norm = torch.nn.BatchNorm2d(b, dtype=dtype)  # ε 1e-5, momentum .1
                self.start(f"input/mask/norm{i}/gamma", norm.weight, 0.2, 0.9 + 0.1 * i, plus=1)
                self.start(f"input/mask/norm{i}/beta", norm.bias, 0.1, 1.3 + 0.1 * i)
                self.norms.append(norm)

    def mask(self, x):
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms)):
            x = torch.relu(norm(conv(x)))
            if i < self.pools:
                x = F.max_pool2d(x, 2)
        if len(self.convs) > len(self.norms):
            return self.convs[-1](x)
        return x.mean(1, keepdim=True).expand(-1, 3, -1, -1)

    def forward(self, x):
        x = self.net.normalise(x)
        mask = self.mask(x).repeat_interleave(self.patch, 2).repeat_interleave(self.patch, 3)
        return x + self.prompt * mask

    def arrays(self):
        arrays = super().arrays()
        for i, norm in enumerate(self.norms, 1):
            arrays[f"input/mask/norm{i}/mean"] = go(norm.running_mean)
            arrays[f"input/mask/norm{i}/variance"] = go(norm.running_var)
        return arrays


MANIPULATIONS = {
    "pad": Pad,
    "narrow": lambda net, dtype: Watermark(net, dtype, SIDE // 8),
    "medium": lambda net, dtype: Watermark(net, dtype, SIDE // 4),
    "full": lambda net, dtype: Watermark(net, dtype, SIDE // 2),
    "smm": lambda net, dtype: SMM(net, dtype, 4, 3),
    "smm1": lambda net, dtype: SMM(net, dtype, 2, 1),
}


# ---- the output alignments: ω from statistics of logits, float32 [n,S]


def counts(logits, labels):
    joint = np.zeros((S, K))
    for row, label in zip(logits, labels):
        joint[row.argmax(), label] += 1
    return joint


def top_mass(logits, labels, alpha=ALPHA):
    """A[s,t]: the probability mass of each sample's alpha·K largest sources; of equal ones the first."""
    joint = np.zeros((S, K))
    for row, label in zip(logits.astype(np.float64), labels):
        p = np.exp(row - row.max())
        p /= p.sum()
        for s in np.argsort(-p, kind="stable")[: max(1, int(alpha * K))]:
            joint[s, label] += p[s]
    return joint


def greedy(joint):
    left, omega = joint.copy(), np.zeros(joint.shape)
    for _ in range(joint.shape[1]):
        s, t = np.unravel_index(left.argmax(), left.shape)
        omega[s, t] = 1
        left[s, :] = left[:, t] = -1
    return omega


def bayes(joint, smoothing=LAMBDA):
    v = joint / (joint.sum(1, keepdims=True) + smoothing)
    return v / v.sum(0)


ALIGNMENTS = {
    "ilm": lambda logits, labels: greedy(counts(logits, labels)),
    "blm": lambda logits, labels: bayes(counts(logits, labels)),
    "blm+": lambda logits, labels: bayes(top_mass(logits, labels)),
}
