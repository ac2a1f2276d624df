"""Makes the small files of torchpickle_test.go, in PyTorch's zip and its legacy layout.

    python3 models/internal/torchpickle/testdata/make.py

Any PyTorch since 1.6 does.
"""

import collections
import pathlib

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
