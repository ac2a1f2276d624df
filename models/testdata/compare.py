"""Compares the speed of this project with PyTorch's on this machine, and writes docs/performance.md.

    python3 models/testdata/compare.py [--rounds 3] [--only TEXT,TEXT] [--out docs/performance.md]

It needs Go and a Python with torch and torchvision (2.5.1 and 0.20.1 were used). Nothing else should run on the
machine; a round takes about two hours. For each row it runs `go test ./models -bench` and bench_torch.py one after the
other, --rounds times. It writes the ratio of our rate to PyTorch's in its faster layout: the median over the rounds,
the least and the greatest. PyTorch runs without any settings, and in its faster layout once more with our allocator
of large blocks. A rate is the best of a round. The memory is the peak of the process in an epoch; PyTorch's is that of
the layout that takes less. The table stands between two marks in the page. Each row is written as soon as it is
measured; the rest of the page does not change.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TITLE = (
    "| network | what | batch | precision | ours, images/s | PyTorch, images/s | ratio "
    "| PyTorch with our allocator | ratio | memory, MB: ours, PyTorch |", "|---" * 10 + "|")
BEGIN, END = "<!-- the table of models/testdata/compare.py begins -->", "<!-- and ends -->"
EPOCHS = "pad", "full", "smm"
NETS = ["resnet18", "resnet50", "squeezenet1.1-torchvision", "efficientnet-lite0", "vit-b32"]

# The allocator of large blocks in all of our programs. As a library, it serves PyTorch too.
ALLOCATOR = ROOT / "vrkit/backend/blocks_linux.c"


def rows():
    for what in ("forward", "gradient"):
        for net in NETS:
            for batch in (16, 64):
                yield net, what, batch, "fp32"
    yield "resnext101-32x8d", "gradient", 16, "fp32"
    for what in EPOCHS:
        for net in NETS:
            for batch in (16, 64):
                yield net, what, batch, "fp32"
    for what in ("forward", "gradient", *EPOCHS):
        for net in NETS:
            yield net, what, 16, "bf16"


def ours(binary, net, what, batch, precision):
    """Images/s of the best repetition, and the peak of memory of the process for an epoch."""
    kind = {"forward": "Forward$", "gradient": "ForwardGradient"}.get(what, f"Epoch/^{net}$/^{what}$")
    name = kind + ("" if what in EPOCHS else f"/^{net}$") + f"/^side=224$/^batch={batch}$/^{precision}$"
    said = subprocess.run(
        [binary, "-test.run=^$", f"-test.bench={name}", f"-test.benchtime={1 if what in EPOCHS else 5}x"], cwd=ROOT / "models",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True,
    ).stdout
    found = {unit: float(number) for number, unit in re.findall(r"([\d.e+]+) (best-images/s|peak-MB)", said)}
    if not found:
        sys.exit(f"no benchmark is called {name}:\n{said}")
    return found["best-images/s"], found.get("peak-MB")


def theirs(allocator, net, what, batch, precision):
    """Images/s of the best repetition in the faster layout, without and with our allocator, and the peak of memory in
    the layout that takes less."""

    def run(layout, **settings):
        command = [sys.executable, Path(__file__).with_name("bench_torch.py"), net, what, str(batch)]
        options = ["--precision", precision, "--layout", layout, "--seconds", "3"]
        return json.loads(subprocess.run(command + options, env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True, check=True).stdout)

    found = {layout: run(layout) for layout in ("default", "channels-last")}
    faster = max(found, key=lambda layout: found[layout]["best"])
    tuned = run(faster, LD_PRELOAD=str(allocator))
    return found[faster]["best"], tuned["best"], min(one["peak_MB"] for one in found.values())


def spread(ours, theirs):
    values = [we / they for we, they in zip(ours, theirs)]
    return f"**{statistics.median(values):.2f}** ({min(values):.2f} to {max(values):.2f})"


def named(row):
    """The first cells of a row of the table, which name it."""
    return "| " + " | ".join(map(str, row)) + " |"


def write(page, row, line):
    """Writes a row into the table; it replaces an earlier row of the same name."""
    head, rest = page.read_text().split(BEGIN)
    table, tail = rest.split(END)
    lines = [other for other in table.splitlines() if other and not other.startswith(named(row))][2:] + [line]
    order = [named(r) for r in rows()]
    lines.sort(key=lambda other: next(i for i, name in enumerate(order) if other.startswith(name)))
    page.write_text(head + BEGIN + "\n" + "\n".join([*TITLE, *lines]) + "\n" + END + tail)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="only the rows with one of these texts, as 'resnet18 forward,pad 16'")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/performance.md")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder) / "models.test"
        subprocess.run(["go", "test", "-c", "-o", binary, "./models"], cwd=ROOT, check=True)
        allocator = Path(folder) / "blocks.so"
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", allocator, ALLOCATOR, "-ldl", "-lpthread"], check=True)
        for row in rows():
            if not any(text in " ".join(map(str, row)) for text in a.only.split(",")):
                continue
            rounds = [(*ours(binary, *row), *theirs(allocator, *row)) for _ in range(a.rounds)]
            we, peak, they, tuned, their_peak = zip(*rounds)
            memory = f"{max(peak):.0f}, {max(their_peak):.0f}" if row[1] in EPOCHS else ""
            line = (
                f"{named(row)} {max(we):.1f} | {max(they):.1f} | {spread(we, they)} | {max(tuned):.1f} | {spread(we, tuned)} | {memory} |")
            print(line, flush=True)
            write(a.out, row, line)


if __name__ == "__main__":
    main()
