"""Golden values for models/smollm2_test.go: SmolLM2-135M-Instruct, computed by PyTorch in float64 from the real file.

    python3 models/testdata/smollm2_golden.py SmolLM2-135M-Instruct.Q4_1.gguf > models/testdata/smollm2_golden.json

torch 1.13 and numpy 1.24 were used; later versions will do. Everything is written here, the reader of the file too.
Queries and keys stay in the file's order, in which neighbours are rotated as pairs; models/ uses another order. A
prefix's keys are made up in that other order, and are put into the file's.

The JSON keeps, of each text, every 293rd logit of the next token, the sum of all and the five largest. Of a text with a
soft prompt or a prefix it also keeps the loss, which is the cross-entropy of the second of two tokens, and its gradient:
the norm at the input of every layer, and the norm and some values at the soft prompt or at the prefix.
"""

import json
import math
import struct
import sys

import numpy
import torch
import torch.nn.functional as F

LAYERS, WIDTH, HEADS, GROUPS, HEAD = 30, 576, 9, 3, 64
BASE, EPSILON = 100000.0, 1e-5
TERRIBLE, GREAT = 13321, 1109

CAPITAL = [504, 3575, 282, 4649, 314]  # The capital of France is
REVIEW = [49, 8264, 4771, 28, 339, 5732, 357, 30, 2018, 281, 511, 28, 357, 436]  # A wonderful film, I loved it. All in all, it was
PROMPT = [4182, 451, 7704, 2523, 2731, 355, 3524, 47, 19842, 42]  # Is this movie review positive or negative? Answer:


class Reader:
    """The tensors of a GGUF file, as float64."""

    def __init__(self, path):
        self.data = memoryview(numpy.memmap(path, mode="r"))
        self.at = 0
        magic, version, tensors, pairs = self.take("<4sIQQ")
        assert magic == b"GGUF" and version == 3
        keys = dict((self.text(), self.value(self.take("<I")[0])) for _ in range(pairs))
        self.tensors = {}
        for _ in range(tensors):
            name = self.text()
            shape = self.take("<%dQ" % self.take("<I")[0])
            self.tensors[name] = shape[::-1], *self.take("<IQ")
        align = keys.get("general.alignment", 32)
        self.start = -(-self.at // align) * align

    def take(self, layout):
        values = struct.unpack_from(layout, self.data, self.at)
        self.at += struct.calcsize(layout)
        return values

    def text(self):
        (size,) = self.take("<Q")
        self.at += size
        return bytes(self.data[self.at - size : self.at]).decode()

    def value(self, kind):
        if kind == 8:
            return self.text()
        if kind == 9:
            of, count = self.take("<IQ")
            return [self.value(of) for _ in range(count)]
        return self.take("<" + {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}[kind])[0]

    def tensor(self, name):
        shape, kind, offset = self.tensors[name]
        count = math.prod(shape)
        raw = self.data[self.start + offset :]
        if kind == 0:  # F32
            values = numpy.frombuffer(raw, "<f4", count)
        elif kind == 3:  # Q4_1: blocks of 32 values of 4 bits, with a factor and a minimum
            blocks = numpy.frombuffer(raw, [("d", "<f2"), ("m", "<f2"), ("q", "u1", 16)], count // 32)
            q = numpy.concatenate([blocks["q"] & 15, blocks["q"] >> 4], 1)
            values = blocks["d"].astype("f4")[:, None] * q.astype("f4") + blocks["m"].astype("f4")[:, None]
        elif kind == 8:  # Q8_0: blocks of 32 values of 8 bits, with a factor
            blocks = numpy.frombuffer(raw, [("d", "<f2"), ("q", "i1", 32)], count // 32)
            values = blocks["d"].astype("f4")[:, None] * blocks["q"].astype("f4")
        return torch.from_numpy(values.reshape(shape).astype("f8"))


class Net:
    def __init__(self, path):
        reader = Reader(path)
        self.weights = {name: reader.tensor(name) for name in reader.tensors}
        assert sum(w.numel() for w in self.weights.values()) == 134515008

    def norm(self, x, name):
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + EPSILON) * self.weights[name]

    def linear(self, x, layer, name):
        return F.linear(x, self.weights["blk.%d.%s.weight" % (layer, name)])

    @staticmethod
    def rotated(x, first):
        """x, [T,heads,HEAD], of which neighbours are pairs."""
        angles = torch.arange(first, first + len(x), dtype=x.dtype)[:, None] * BASE ** (-torch.arange(0, HEAD, 2, dtype=x.dtype) / HEAD)
        turned = torch.view_as_complex(x.reshape(*x.shape[:-1], HEAD // 2, 2)) * torch.polar(torch.ones_like(angles), angles)[:, None]
        return torch.view_as_real(turned).reshape(x.shape)

    def logits(self, h, prefix=None):
        """The logits after the last token of h, [T,WIDTH], and what goes into each layer."""
        inputs = []
        for i in range(LAYERS):
            if h.requires_grad and not h.is_leaf:
                h.retain_grad()
            inputs.append(h)
            x = self.norm(h, "blk.%d.attn_norm.weight" % i)
            q = self.linear(x, i, "attn_q").view(-1, HEADS, HEAD)
            k = self.linear(x, i, "attn_k").view(-1, GROUPS, HEAD)
            v = self.linear(x, i, "attn_v").view(-1, GROUPS, HEAD)
            first = 0
            if prefix:
                pk, pv = prefix[i]
                first = len(pk)
                pairs = pk.view(-1, GROUPS, 2, HEAD // 2).transpose(2, 3).reshape(-1, GROUPS, HEAD)
                k, v = torch.cat([pairs, k]), torch.cat([pv.view(-1, GROUPS, HEAD), v])
            q, k = self.rotated(q, first), self.rotated(k, 0)
            k, v = (x.repeat_interleave(HEADS // GROUPS, 1) for x in (k, v))
            scores = torch.einsum("qhd,khd->hqk", q, k) / math.sqrt(HEAD)
            hidden = torch.ones(len(q), len(k), dtype=torch.bool).triu(first + 1)
            mixed = torch.einsum("hqk,khd->qhd", scores.masked_fill(hidden, -math.inf).softmax(-1), v)
            h = h + self.linear(mixed.reshape(-1, WIDTH), i, "attn_output")
            x = self.norm(h, "blk.%d.ffn_norm.weight" % i)
            h = h + self.linear(F.silu(self.linear(x, i, "ffn_gate")) * self.linear(x, i, "ffn_up"), i, "ffn_down")
        return self.weights["token_embd.weight"] @ self.norm(h[-1], "output_norm.weight"), inputs

    def embedded(self, tokens):
        return self.weights["token_embd.weight"][tokens]


def made_up(layer, part, count=8):
    """The prefix of a layer, [count,GROUPS·HEAD]: keys (part 0) in the order of models/layer, or values (part 1)."""
    token, i = torch.meshgrid(torch.arange(count), torch.arange(GROUPS * HEAD), indexing="ij")
    return ((token * 7 + i * (3 + 2 * part) + i // 5 + layer * 11) % 13 - 6).double() / (4 << part)


def rounded(values, digits):
    return [float("%.*g" % (digits, v)) for v in values]


def answer(logits):
    largest, top = logits.topk(5)
    return {"logits": rounded(logits[::293].tolist(), 7), "sum": float(logits.sum()), "top": top.tolist(), "largest": rounded(largest.tolist(), 8)}


def learned(logits, inputs):
    """The loss, and the norms of its gradient at each layer's input."""
    loss = -F.log_softmax(logits[[TERRIBLE, GREAT]], 0)[1]
    loss.backward()
    return {"loss": float(loss), "norms": rounded([float(h.grad.norm()) for h in inputs], 6)}


net = Net(sys.argv[1])
kept = {}
with torch.no_grad():
    for name, tokens in {"capital": CAPITAL, "review": REVIEW}.items():
        kept[name] = {"tokens": tokens, **answer(net.logits(net.embedded(tokens))[0])}

prompt = net.embedded(PROMPT).requires_grad_(True)
logits, inputs = net.logits(torch.cat([prompt, net.embedded(REVIEW)]))
kept["soft"] = {"tokens": PROMPT, **answer(logits.detach()), **learned(logits, inputs)}
kept["soft"].update(norm=float(prompt.grad.norm()), first=rounded(prompt.grad[:, :4].reshape(-1).tolist(), 6))

prefix = [tuple(made_up(i, part).requires_grad_(True) for part in range(2)) for i in range(LAYERS)]
logits, inputs = net.logits(net.embedded(REVIEW).requires_grad_(True), prefix)
kept["prefix"] = {**answer(logits.detach()), **learned(logits, inputs)}
kept["prefix"].update({
    part: [{"norm": float(p[at].grad.norm()), "last": rounded(p[at].grad[-1, :4].tolist(), 6)} for p in prefix]
    for at, part in enumerate(["keys", "values"])
})
json.dump(kept, sys.stdout)
