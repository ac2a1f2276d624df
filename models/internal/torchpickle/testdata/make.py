"""Makes the small files of torchpickle_test.go and ../../place_test.go, in PyTorch's zip and its legacy layout.

    python3 models/internal/torchpickle/testdata/make.py

Any PyTorch since 1.6 does.
"""

import argparse
import collections
import copy
import pathlib

import numpy
import torch

here = pathlib.Path(__file__).parent
values = torch.arange(6, dtype=torch.float32) / 4
state = collections.OrderedDict(
    plain=values.view(2, 3),
    transposed=values.view(2, 3).t(),  # a view of the same storage, column by column
    tail=values[4:],
    half=torch.tensor([1.5, -2.0, 65504.0]).half(),
    brain=torch.tensor([1.5, -2.0, 3e38]).bfloat16(),
    double=torch.tensor([[0.1]], dtype=torch.float64),
    count=torch.tensor(-7),
    flags=torch.tensor([True, False]),
    empty=torch.zeros(0, 4),
    parameter=torch.nn.Parameter(torch.tensor([8.0])),
)
state._metadata = collections.OrderedDict({"": {"version": 1}})  # as every module's has
torch.save(state, here / "tiny_zip.pth")
torch.save(state, here / "tiny_legacy.pth", _use_new_zipfile_serialization=False)
torch.save({"tensor": values, "epoch": 3}, here / "checkpoint.pth", _use_new_zipfile_serialization=False)


# Checkpoints, as people save them: of a network that was trained for one step.
torch.manual_seed(0)
network = torch.nn.Sequential(collections.OrderedDict(
    conv=torch.nn.Conv2d(1, 2, 1, bias=False), norm=torch.nn.BatchNorm2d(2), fc=torch.nn.Linear(2, 3)))
start = torch.arange(64) / 64
with torch.no_grad():
    at = 0
    for parameter in network.parameters():
        parameter.copy_(start[at : at + parameter.numel()].view(parameter.shape))
        at += parameter.numel()
state = network.state_dict()


def optimised(kind, **settings):
    """The states of an optimiser and of a schedule after one step, on a copy."""
    trained = copy.deepcopy(network)
    optimiser = kind(trained.parameters(), **settings)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, milestones=[30, 60, 60])
    trained.fc(trained.norm(trained.conv(torch.ones(2, 1, 2, 2))).mean((2, 3))).sum().backward()
    optimiser.step()
    schedule.step()
    return {"optimizer": optimiser.state_dict(), "scheduler": schedule.state_dict()}


def prefixed(prefix, tensors=state):
    return collections.OrderedDict((prefix + name, value) for name, value in tensors.items())


average = torch.optim.swa_utils.AveragedModel(network)
average.update_parameters(network)
sgd, adam = optimised(torch.optim.SGD, lr=0.1, momentum=0.9), optimised(torch.optim.Adam, lr=1e-3)
files = {
    # PyTorch's own ImageNet example, with DataParallel
    "imagenet": {"epoch": 3, "arch": "tiny", "state_dict": torch.nn.DataParallel(network).state_dict(),
                 "best_acc1": torch.tensor(71.5), **sgd},
    # Lightning: the network is a field of a class that also holds a loss with weights
    "lightning": {"epoch": 3, "global_step": 2**40, "pytorch-lightning_version": "2.1.0", "loops": {"fit_loop": {"state_dict": {}}},
                  "callbacks": {"ModelCheckpoint": {"best_model_score": torch.tensor(0.5), "best_model_path": "a.ckpt", "best_k_models": {}}},
                  "state_dict": {**prefixed("model."), "loss.weight": torch.ones(3)},
                  "optimizer_states": [adam["optimizer"]], "lr_schedulers": [adam["scheduler"]], "hparams_name": None,
                  "hyper_parameters": {"lr": 1e-3, "betas": (0.9, 0.999), "nesterov": False}},
    "compiled": {"model_state_dict": prefixed("module._orig_mod."), "loss": 0.25, "rng": torch.get_rng_state()[:8], **adam},
    "averaged": average.state_dict(),
    "twice": {"model": state, "model_ema": average.state_dict(), **sgd},
    "distilled": {"net": {**prefixed("student."), **prefixed("teacher.")}},
    "shared": {"state_dict": state, "model": state},
    "arguments": {"state_dict": state, "args": argparse.Namespace(lr=0.1)},
    "numpy": {"state_dict": state, "best": numpy.float64(0.5)},
    "whole": network,
}
for name, value in files.items():
    torch.save(value, here / f"checkpoint_{name}.pth", _use_new_zipfile_serialization=name != "compiled")
