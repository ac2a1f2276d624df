"""Golden trajectories for vrkit/train/trajectories_test.go: training restated in PyTorch, in float64.

    python3 vrkit/train/testdata/make_trajectories.py

writes trajectories.json beside itself; any PyTorch and numpy do (made with 1.13). It restates the
formulas of BLM, ILM-VP and SMM (docs/methods.md 1 and 2) with PyTorch's own convolution,
BatchNorm2d, Adam, SGD and schedulers, around the nets of models/modeltest, whose weights are a closed formula.
restated_vit.py has visual prompt tuning and prefixes.
Before anything is written, check_trajectories.py compares the parts with closed forms, finite
differences and worked examples, and every case is run again with its frozen weights changed by 1e-13,
to show that a trajectory does not enlarge rounding errors.

To repeat a case:
- images, initial weights and prompts come from the closed formulas `image` and `made_up` of restated.py;
- an epoch takes the samples in its stored order, in batches of 4, of which the last has 2;
- ω is estimated at the start of every epoch, in sample order, with the mask generator in eval mode
  ("fast": so before the first epoch, then from the training steps of the epoch before); its
  statistics come from logits rounded to float32, with the softmax in float64, and ω itself is rounded
  to float32; all else is float64;
- arrays are stored as the Go code has them, [side,side,3] and [kh,kw,in,out], as their largest
  absolute value, their root mean square, a projection and some samples (see `summary`).

Below "single" are the loss and the gradients of one step in float32.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import check_trajectories
from restated_vit import ADDED, PROJECTED, TOKENS
from restated import ALIGNMENTS, ALPHA, IMAGES, INNER, K, LABELS, LAMBDA, MANIPULATIONS, S, SIDE, Tiny, go, made_up, pictures

BATCH, EPOCHS = 4, 5  # 4 steps an epoch, the last of 2 images; 20 in all


def decisive(logits, first):
    """Fails if rounding could change a sample's top sources."""
    ranked = -np.sort(-logits, 1)
    gap = (ranked[:, :first] - ranked[:, 1 : first + 1]).min()
    assert gap > 1e-5, f"two logits of a sample differ by {gap}: take other images"


def warmup(epoch, epochs):
    """The share of the rate: rises in a tenth of the epochs, then falls as a cosine."""
    rising = epochs // 10
    return epoch / rising if epoch < rising else (1 + math.cos(math.pi * (epoch - rising) / (epochs - rising))) / 2


def train(case, orders, jitter=0.0):
    """Runs a case and returns it with its results. jitter is a relative change of the frozen weights."""
    manipulation = {**MANIPULATIONS, **TOKENS, **PROJECTED, **ADDED}[case["input"]](Tiny(torch.float64), torch.float64)
    manipulation.net.change(lambda shape: jitter * torch.from_numpy(made_up(1, 0.3, *shape)))
    groups = {"prompt": [], "mask": [], "output": []}
    linear = case["output"] == "linear"
    if linear:
        omega = torch.nn.Parameter(torch.zeros(S, K, dtype=torch.float64))
        manipulation.start("output/weights", omega, 0.3, 0.5)
    bias = torch.nn.Parameter(torch.zeros(K, dtype=torch.float64))
    for path, p in manipulation.learned.items():
        groups["output" if "output/" in path else "mask" if "/mask/" in path else "prompt"].append(p)
    parameters = [{"params": p, "lr": case["rates"][name], "weight_decay": case.get("decay", 0)} for name, p in groups.items() if p]
    if case.get("bias"):
        manipulation.start("output/bias", bias, 0.2, 0.7)
        parameters.append({"params": [bias], "lr": case["rates"]["output"], "weight_decay": 0})
    if case["optimiser"] == "adam":
        optimiser = torch.optim.Adam(parameters, betas=(0.9, 0.999), eps=1e-8)
    else:
        optimiser = torch.optim.SGD(parameters, lr=0, momentum=0.9)
    fall, step_fall = None, None
    if case["fall"] == "steps":
        fall = torch.optim.lr_scheduler.MultiStepLR(optimiser, [int(share * EPOCHS) for share in case["at"]], case["factor"])
    if case["fall"] == "cosine":
        step_fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS * math.ceil(IMAGES / BATCH))

    if case["fall"] == "warmup":
        fall = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda epoch: warmup(epoch, case["horizon"]))

    seen, losses, omegas, checkpoints = None, [], [], []
    for order in orders:
        if not linear:
            if case["schedule"] == "exact" or seen is None:
                manipulation.eval()
                with torch.no_grad():
                    z = manipulation.logits(pictures(manipulation.side, range(IMAGES), torch.float64))
                seen = z.numpy().astype(np.float32), LABELS
            decisive(seen[0], 2)
            omega = ALIGNMENTS[case["output"]](*seen).astype(np.float32)
            omegas.append(omega.ravel().tolist())
            omega = torch.from_numpy(omega).to(torch.float64)
        manipulation.train()
        collected = [], []
        for start in range(0, IMAGES, BATCH):
            chosen = order[start : start + BATCH]
            optimiser.zero_grad()
            z = manipulation.logits(pictures(manipulation.side, chosen, torch.float64))
            loss = F.cross_entropy(z @ omega + bias, torch.tensor([LABELS[i] for i in chosen]))
            loss.backward()
            optimiser.step()
            if step_fall:
                step_fall.step()
            losses.append(loss.item())
            collected[0].append(z.detach().numpy().astype(np.float32))
            collected[1].extend(LABELS[i] for i in chosen)
        if fall:
            fall.step()
        if case["schedule"] == "fast":
            seen = np.concatenate(collected[0]), collected[1]
        checkpoints.append(summary(go(manipulation.prompt), 3))
    final = {path: summary(a) for path, a in manipulation.arrays().items()}
    return dict(case, initial=manipulation.initial, losses=digits(losses), omegas=omegas, prompts=checkpoints, final=final)


def steady(case, orders):
    """Returns a case with its results; fails if its rounding errors are large enough for the Go test to see."""
    result, other = train(case, orders), train(case, orders, 1e-13)
    np.testing.assert_array_equal(result["omegas"], other["omegas"])
    np.testing.assert_allclose(other["losses"], result["losses"], rtol=0, atol=1e-8)
    for path, array in result["final"].items():
        np.testing.assert_allclose(other["final"][path]["samples"], array["samples"], rtol=0, atol=1e-8, err_msg=f"{case['name']}: {path}")
    return result


def digits(values):
    return [float(f"{v:.12g}") for v in values]


def summary(a, samples=40):
    """Largest absolute value, root mean square, projection Σ a[i]·cos(i² mod 10007)/√n, and every stride-th value."""
    a = np.asarray(a, dtype=np.float64).ravel()
    i = np.arange(a.size, dtype=np.int64)
    rms, projection = np.sqrt(np.mean(a * a)), (a * np.cos(i * i % 10007)).sum() / np.sqrt(a.size)
    stride = -(-a.size // samples)
    while math.gcd(stride, 6) > 1:
        stride += 1  # so that the values are of all channels
    largest = np.abs(a).max()
    largest, rms, projection = digits([largest, rms, projection])
    return {"size": a.size, "largest": largest, "rms": rms, "projection": projection, "stride": stride, "samples": digits(a[::stride])}


def single(name):
    """Loss and gradients of one step in float32, from a made-up prompt, on a full and a partial batch."""
    net = Tiny(torch.float32)
    manipulation = MANIPULATIONS[name](net, torch.float32).train()
    manipulation.start("input/prompt", manipulation.prompt, 0.4, 0.8)
    omega = made_up(0.5, 0.6, S, K).astype(np.float32)
    out = {"input": name, "initial": manipulation.initial, "omega": omega.ravel().tolist(), "steps": []}
    for chosen in (range(4), range(12, 14)):
        manipulation.zero_grad()
        z = manipulation.logits(pictures(manipulation.side, chosen, torch.float32))
        loss = F.cross_entropy(z @ torch.from_numpy(omega), torch.tensor([LABELS[i] for i in chosen]))
        loss.backward()
        gradients = {path: summary(go(p.grad), 60) for path, p in manipulation.learned.items()}
        out["steps"].append({"samples": list(chosen), "loss": digits([loss.item()])[0], "gradients": gradients})
    return out


def cases():
    adam = {"optimiser": "adam", "rates": {"prompt": 0.01, "mask": 0.01, "output": 0.01}, "fall": "constant", "schedule": "exact"}
    for name in MANIPULATIONS:
        for output in ("ilm", "blm+"):
            yield dict(adam, name=f"{name} {output}", input=name, output=output)
    two = {"prompt": 0.01, "mask": 0.001, "output": 0.01}
    yield dict(adam, name="two rates that fall in steps", input="smm", output="blm+", rates=two, fall="steps", at=[0.5, 0.72], factor=0.1)
    large = {"prompt": 2, "mask": 2, "output": 2}
    yield dict(adam, name="momentum and cosine", input="full", output="blm+", optimiser="sgd", rates=large, fall="cosine")
    third = {"prompt": 0.01, "mask": 0.01, "output": 0.1}
    yield dict(adam, name="linear", input="pad", output="linear", rates=third)
    for name in ("full", "smm"):  # with pad one source is the top answer of all samples at first, and nothing moves
        yield dict(adam, name=f"fast {name}", input=name, output="blm", schedule="fast")
    for name in TOKENS:
        for output in ("blm+", "linear"):
            yield dict(adam, name=f"{name} {output}", input=name, output=output)
    rates = {"prompt": 0.25, "mask": 0.25, "output": 0.25}
    recipe = dict(adam, optimiser="sgd", rates=rates, decay=0.05, fall="warmup", horizon=20)
    yield dict(recipe, name="vpt's recipe", input="vpt-deep", output="linear", bias=True)
    for name in (*PROJECTED, *ADDED):
        yield dict(adam, name=f"{name} linear", input=name, output="linear")


def main():
    check_trajectories.main()
    generator = torch.Generator().manual_seed(1)
    orders = [torch.randperm(IMAGES, generator=generator).tolist() for _ in range(EPOCHS)]
    golden = {
        "side": SIDE, "inner": INNER, "sources": S, "targets": K, "images": IMAGES, "batch": BATCH, "lambda": LAMBDA, "alpha": ALPHA,
        "orders": orders,
        "cases": [steady(case, orders) for case in cases()],
        "single": [single(name) for name in ("pad", "smm")],
    }  # fmt: skip
    Path(__file__).with_name("trajectories.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
