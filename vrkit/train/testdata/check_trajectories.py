"""Checks of restated.py, which make_trajectories.py runs before it writes anything.

The parts are compared with closed forms written out by hand, with finite differences in float64,
and with the worked examples of docs/methods.md 2.6.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F

import restated as m

DOUBLE = torch.float64


def adam(p, gradients, rate):
    """Adam by its formula."""
    first, second = np.zeros_like(p), np.zeros_like(p)
    for t, g in enumerate(gradients, 1):
        first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g * g
        p = p - rate * (first / (1 - 0.9**t)) / (np.sqrt(second / (1 - 0.999**t)) + 1e-8)
    return p


def momentum(p, gradients, rates):
    """SGD with momentum .9 by its formula."""
    buffer = np.zeros_like(p)
    for g, rate in zip(gradients, rates):
        buffer = 0.9 * buffer + g
        p = p - rate * buffer
    return p


def decayed(p, gradients, rate):
    """SGD with momentum .9 and weight decay .1 by its formula."""
    buffer = np.zeros_like(p)
    for g in gradients:
        buffer = 0.9 * buffer + g + 0.1 * p
        p = p - rate * buffer
    return p


def optimisers():
    gradients = [m.made_up(1, f, 7) for f in (0.3, 0.5, 0.7, 0.9)]
    for make, want in (
        (lambda p: torch.optim.Adam(p, lr=0.01), adam(np.ones(7), gradients, 0.01)),
        (lambda p: torch.optim.SGD(p, lr=40, momentum=0.9), momentum(np.ones(7), gradients, [20 * (1 + math.cos(math.pi * t / 4)) for t in range(4)])),
        (lambda p: torch.optim.SGD(p, lr=0.3, momentum=0.9, weight_decay=0.1), decayed(np.ones(7), gradients, 0.3)),
    ):
        p = torch.ones(7, dtype=DOUBLE, requires_grad=True)
        optimiser = make([p])
        fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 4) if optimiser.param_groups[0]["lr"] == 40 else None
        for g in gradients:
            p.grad = torch.from_numpy(g)
            optimiser.step()
            if fall:
                fall.step()
        np.testing.assert_allclose(p.detach().numpy(), want, rtol=0, atol=1e-12)


def batch_norm():
    """Biased variance to normalise, unbiased in the running one; a batch of two images."""
    x = torch.from_numpy(m.made_up(1, 0.3, 2, 5, 4, 4))
    norm = torch.nn.BatchNorm2d(5, dtype=DOUBLE)
    got = norm(x).detach().numpy()
    x = x.numpy()
    mean, biased = x.mean((0, 2, 3)), x.var((0, 2, 3))
    want = (x - mean[None, :, None, None]) / np.sqrt(biased + 1e-5)[None, :, None, None]
    np.testing.assert_allclose(got, want, atol=1e-12)
    np.testing.assert_allclose(norm.running_mean.numpy(), 0.1 * mean, atol=1e-12)
    np.testing.assert_allclose(norm.running_var.numpy(), 0.9 + 0.1 * biased * 32 / 31, atol=1e-12)


def alignments():
    def pi(joint):
        return m.greedy(np.array(joint, dtype=float)).argmax(0).tolist()

    assert pi([[5, 5, 0], [5, 2, 0], [0, 0, 0], [0, 0, 3], [0, 0, 0]]) == [0, 1, 3]
    assert pi([[0, 0, 0], [0, 0, 9], [0, 0, 8]]) == [0, 2, 1]
    assert pi([[5, 5], [4, 0]]) == [0, 1]
    f = np.array([[4, 1, 0], [1, 0, 2], [0, 0, 0], [0, 1, 1]], dtype=float)
    np.testing.assert_allclose(m.bayes(f), [[8 / 11, 1 / 3, 0], [3 / 11, 0, 3 / 5], [0, 0, 0], [0, 2 / 3, 2 / 5]], atol=1e-12)
    np.testing.assert_allclose(m.bayes(f, 10), [[0.776119, 0.444444, 0], [0.223881, 0, 0.648649], [0, 0, 0], [0, 0.555556, 0.351351]], atol=1e-6)
    a = np.array([[0.7, 0], [0.8, 0.3], [0.3, 0.5]])
    np.testing.assert_allclose(m.bayes(a), [[0.429197, 0], [0.397080, 0.339623], [0.173723, 0.660377]], atol=1e-6)
    logits, labels = m.made_up(2, 0.3, 9, m.S).astype(np.float32), [i % m.K for i in range(9)]
    assert abs(m.top_mass(logits, labels, alpha=m.S / m.K).sum() - 9) < 1e-12, "all of the mass"
    np.testing.assert_array_equal(m.top_mass(logits, labels, alpha=0) > 0, m.counts(logits, labels) > 0)  # at least one source


def manipulations():
    net = m.Tiny(DOUBLE)
    x = m.pictures(m.SIDE, range(3), DOUBLE)
    shown = {"pad": 3 * (16 * 16 - 10 * 10), "narrow": 3 * (16 * 16 - 12 * 12), "medium": 3 * (16 * 16 - 8 * 8), "full": 3 * 16 * 16, "smm": 3 * 16 * 16, "smm1": 3 * 16 * 16}
    for name, make in m.MANIPULATIONS.items():
        manipulation = make(net, DOUBLE)
        images = m.pictures(manipulation.side, range(3), DOUBLE)
        if name != "pad":
            assert torch.equal(manipulation(x), net.normalise(x)), "δ = 0 is the identity"
        loss_of(net, manipulation, images).backward()
        touched = (manipulation.prompt.grad != 0).sum().item()
        assert touched == shown[name], f"{name}: {touched} values of the prompt matter"
        for path, p in manipulation.learned.items():
            assert "/mask/" not in path or torch.all(p.grad == 0), "φ has no gradient at δ = 0"
        differences(net, manipulation, images)
    smm = m.SMM(net, DOUBLE, 4, 3).eval()
    assert sum(p.numel() for p in smm.learned.values()) - smm.prompt.numel() == 26499
    smm.prompt.data.fill_(1)
    up = smm(x) - net.normalise(x)
    want = torch.kron(smm.mask(net.normalise(x)).contiguous(), torch.ones(4, 4, dtype=DOUBLE))
    torch.testing.assert_close(up, want, rtol=0, atol=1e-12)


def loss_of(net, manipulation, images):
    omega = torch.from_numpy(m.made_up(0.5, 0.6, m.S, m.K))
    return F.cross_entropy(net.logits(manipulation(images)) @ omega, torch.tensor([2, 0, 1]))


def differences(net, manipulation, images):
    """Compares the gradient along made-up directions, of all learned variables, with central differences."""
    manipulation.start("input/prompt", manipulation.prompt, 0.4, 0.8)
    learned = manipulation.learned
    for p in learned.values():
        p.grad = None
    loss_of(net, manipulation, images).backward()
    h = 1e-6
    for i, (name, p) in enumerate(learned.items()):
        direction = torch.from_numpy(m.made_up(1, 0.4 + 0.05 * i, *p.shape))
        before = p.data.clone()
        p.data = before + h * direction
        above = loss_of(net, manipulation, images).item()
        p.data = before - h * direction
        below = loss_of(net, manipulation, images).item()
        p.data = before
        slope, want = (p.grad * direction).sum().item(), (above - below) / (2 * h)
        assert abs(slope - want) < 1e-6 * max(1, abs(want)), f"{name}: the gradient gives {slope}, differences {want}"


def main():
    optimisers()
    batch_norm()
    alignments()
    manipulations()
