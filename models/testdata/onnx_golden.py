"""ONNX files and golden values for models/onnx_test.go: torchvision's networks, and a network of many layers.

    python3 -m venv --system-site-packages VENV && VENV/bin/pip install "numpy<2" onnx==1.14.1 onnxruntime==1.16.3
    VENV/bin/python models/testdata/onnx_golden.py [NAME ...]
    VENV/bin/python models/testdata/onnx_golden.py --save DIR [NAME ...]

torch 1.13 and torchvision 0.14 exported the files. It writes models/testdata/onnx/NAME.onnx.gz, without the values of
the weights: each is made up by torchvision_golden.py, from its name in the file, and models/onnx_test.go fills it in
again. onnx_golden.json has, for each network, onnxruntime's logits of two images of noise, and how fast a weighted sum of
the logits grows along two random directions of the pixels. The latter are finite differences in float64, by the
reference implementation of package onnx.

--save writes whole files, with their weights, to open them with -model onnx:DIR/NAME.onnx.
"""

import argparse
import gzip
import io
import json
import os
import sys
import warnings

import numpy as np
import onnx
import onnx.numpy_helper
import onnxruntime
import torch
import torchvision
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun
from torch import nn

from torchvision_golden import made_up, uniform

HERE = os.path.dirname(os.path.abspath(__file__))
LABELS = 40


class Layers(nn.Module):
    """Layers that the networks of torchvision lack, each with a kernel, a stride or a padding of its own. The input is
    NHWC, as in files from TensorFlow."""

    def __init__(self):
        super().__init__()
        self.even = nn.Conv2d(3, 16, 4, stride=2, padding=1)
        self.grouped = nn.Conv2d(16, 16, 3, padding=1, groups=4)
        self.widening = nn.Conv2d(16, 24, 3, padding=1, groups=2)
        self.dilated = nn.Conv2d(24, 24, 3, padding=2, dilation=2)
        self.oblong = nn.Conv2d(24, 16, (1, 5), padding=(0, 2))
        self.norm = nn.BatchNorm2d(16)
        self.depthwise = nn.Conv2d(16, 16, 5, stride=2, padding=(2, 2), groups=16)
        self.classifier = nn.Linear(16, LABELS)

    def forward(self, x):
        x = self.even(x.permute(0, 3, 1, 2))
        x = self.grouped(nn.functional.leaky_relu(x, 0.2))
        x = nn.functional.avg_pool2d(self.widening(x), 3, 2, padding=1)
        x = nn.functional.avg_pool2d(self.dilated(x), 2, 1, padding=1, count_include_pad=False)
        x = nn.functional.max_pool2d(nn.functional.hardswish(x), 3, 2, ceil_mode=True)
        x = self.oblong(nn.functional.pad(x, (1, 2, 0, 1)))
        x = torch.clamp(self.norm(torch.tanh(x)), -1, 2)
        x = x.roll(1, 3) * torch.sigmoid(x) / (1 + x * x)
        x = nn.functional.softmax(self.depthwise(x), 1) ** 3
        return self.classifier(x.flatten(2).mean(2)) * 30


def torchvision_net(name, **options):
    return getattr(torchvision.models, name)(num_classes=LABELS, **options)


def vit():
    return torchvision.models.VisionTransformer(
        image_size=64, patch_size=16, num_layers=3, num_heads=4, hidden_dim=64, mlp_dim=128, num_classes=LABELS)


# The network, the version of its operators, whether the exporter folds BatchNorm, and whether it has a free batch.
NETS = {
    "squeezenet1_1": (lambda: torchvision_net("squeezenet1_1"), 11, True, True),
    "resnet18": (lambda: torchvision_net("resnet18"), 15, False, True),
    "efficientnet_b0": (lambda: torchvision_net("efficientnet_b0"), 13, True, True),
    "mobilenet_v3_small": (lambda: torchvision_net("mobilenet_v3_small"), 14, True, False),
    "vit": (vit, 13, True, True),
    "layers": (Layers, 14, False, True),
}
SIDE = 64
MEAN, STD = np.float64([0.5, 0.4, 0.3]), np.float64([0.2, 0.3, 0.4])  # of Sidecar in the test
STEP = 1e-7  # small, so that hardly any ReLU changes its side


def export(name):
    make, opset, folds, free = NETS[name]
    torch.manual_seed(0)
    x = torch.zeros(2 if free else 1, 3, SIDE, SIDE)
    if name == "layers":
        x = x.permute(0, 2, 3, 1)
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            make().eval(), x, file, opset_version=opset, input_names=["pixels"], output_names=["logits"],
            dynamic_axes={"pixels": {0: "batch"}, "logits": {0: "batch"}} if free else None,
            training=torch.onnx.TrainingMode.EVAL if folds else torch.onnx.TrainingMode.PRESERVE)
    model = onnx.load_from_string(file.getvalue())
    for t in model.graph.initializer:
        if t.data_type == onnx.TensorProto.FLOAT:
            fill(t)
    for node in model.graph.node:
        node.doc_string = ""
    return model


def fill(t):
    """Fills a weight with its made-up values. torchvision_golden.py takes their range from the end of the name."""
    name = t.name
    if len(t.dims) == 1 and not name.endswith(("running_mean", "running_var")) and not is_scale(name):
        name += ".bias"
    t.raw_data = made_up(name, list(t.dims)).numpy().tobytes()


def is_scale(name):
    """Whether a vector scales a normalisation."""
    return name.endswith("weight") and any(part in name for part in (".ln", "bn", "downsample.1", "norm"))


def emptied(model):
    empty = onnx.ModelProto()
    empty.CopyFrom(model)
    for t in empty.graph.initializer:
        if t.data_type == onnx.TensorProto.FLOAT:
            t.ClearField("raw_data")
    return gzip.compress(empty.SerializeToString(), mtime=0)


def padded(x, pads, value):
    """x as a torch tensor, with ONNX's padding: before all axes, then after them."""
    return nn.functional.pad(torch.from_numpy(np.ascontiguousarray(x)), (pads[1], pads[3], pads[0], pads[2]), value=value)


class Conv(OpRun):
    """The reference implementation takes minutes; torch computes the same in float64."""

    def _run(self, x, w, b=None, auto_pad=None, dilations=None, group=1, kernel_shape=None, pads=None, strides=None):
        y = nn.functional.conv2d(padded(x, pads or (0,) * 4, 0), torch.from_numpy(w.copy()), None if b is None else torch.from_numpy(b.copy()),
                                 tuple(strides or (1, 1)), 0, tuple(dilations or (1, 1)), group or 1)
        return (y.numpy(),)


class MaxPool(OpRun):
    def _run(self, x, auto_pad=None, ceil_mode=0, dilations=None, kernel_shape=None, pads=None, storage_order=None, strides=None):
        y = nn.functional.max_pool2d(padded(x, pads or (0,) * 4, -np.inf), tuple(kernel_shape), tuple(strides), ceil_mode=bool(ceil_mode))
        return (y.numpy(),)


def in_float64(model):
    """The same network in float64."""
    wide = onnx.ModelProto()
    wide.CopyFrom(model)
    convert = lambda t: onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(t).astype(np.float64), t.name)
    for t in wide.graph.initializer:
        if t.data_type == onnx.TensorProto.FLOAT:
            t.CopyFrom(convert(t))
    for node in wide.graph.node:
        for a in node.attribute:
            if a.name == "value" and a.t.data_type == onnx.TensorProto.FLOAT:
                a.t.CopyFrom(convert(a.t))
            if node.op_type == "Cast" and a.i == onnx.TensorProto.FLOAT:
                a.i = onnx.TensorProto.DOUBLE
    for value in [*wide.graph.input, *wide.graph.output]:
        value.type.tensor_type.elem_type = onnx.TensorProto.DOUBLE
    del wide.graph.value_info[:]
    return ReferenceEvaluator(wide, new_ops=[Conv, MaxPool])


def golden(name, model):
    pixels = np.float64(np.float32(uniform("pixels", 2 * SIDE * SIDE * 3))).reshape(2, SIDE, SIDE, 3)

    def feed(pixels, kind):
        x = ((pixels - MEAN) / STD).astype(kind)
        return {"pixels": x if name == "layers" else np.ascontiguousarray(x.transpose(0, 3, 1, 2))}

    def run(session, pixels, kind):
        parts = [pixels] if NETS[name][3] else np.split(pixels, 2)  # a file with a fixed batch takes one image at a time
        return np.concatenate([session.run(None, feed(part, kind))[0] for part in parts])

    logits = run(onnxruntime.InferenceSession(model.SerializeToString()), pixels, np.float32)
    wide = in_float64(model)
    readout = np.float64([((37 * k) % 11 - 5) / 5 for k in range(LABELS)])
    assert np.abs(run(wide, pixels, np.float64) - logits).max() < 1e-4 * np.abs(logits).max(), name
    slopes = []
    for number in range(2):
        direction = uniform(f"direction {number}", pixels.size).reshape(pixels.shape) - 0.5
        up, down = (run(wide, pixels + step * direction, np.float64) for step in (STEP, -STEP))
        slopes.append(float(((up - down) @ readout).sum() / (2 * STEP)))
    print(f"{name}: logits to {np.abs(logits).max():.3g}, slopes {slopes}", file=sys.stderr)
    return {"logits": [float(f"{v:.7g}") for v in logits.reshape(-1)], "slopes": slopes}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--save", metavar="DIR")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    path = f"{HERE}/onnx_golden.json"
    nets = json.load(open(path)) if os.path.exists(path) else {}
    for name in arguments.names or NETS:
        model = export(name)
        if arguments.save:
            onnx.save(model, f"{arguments.save}/{name}.onnx")
            continue
        nets[name] = golden(name, model)
        os.makedirs(f"{HERE}/onnx", exist_ok=True)
        with open(f"{HERE}/onnx/{name}.onnx.gz", "wb") as file:
            file.write(emptied(model))
    if not arguments.save:
        with open(path, "w") as file:
            json.dump(nets, file)


if __name__ == "__main__":
    main()
