#!/usr/bin/env python3
"""A small network in PyTorch as a trial of `galvani run`, on the device that galvani gives it.

    pip install . torch
    galvani run examples/python/pytorch.ron

The budget is epochs. Model, optimizer and random numbers are saved after each, so that a promotion, or a trial that was
interrupted, goes on with the very numbers of one that was not. By hand, without galvani: `python examples/python/pytorch.py`.
"""
import os

import galvani
import torch
from torch import nn

trial = galvani.trial({"learning_rate": 1e-3, "width": 64, "dropout": 0.1, "optimizer": "adam"}, budget=3)
# `CUDA_VISIBLE_DEVICES` is set for each trial where the experiment has `slots: ["gpu:*"]`.
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.manual_seed(trial.seed)

# A damped oscillation with noise: the same data in every trial.
data = torch.Generator().manual_seed(0)
inputs = torch.rand(4096, 2, generator=data) * 4 - 2
targets = (torch.exp(-inputs[:, :1] ** 2) * torch.sin(4 * inputs[:, 1:])) + 0.05 * torch.randn(4096, 1, generator=data)
inputs, targets = inputs.to(device), targets.to(device)
training, validation = slice(0, 3072), slice(3072, None)

width = trial["width"]
model = nn.Sequential(
    nn.Linear(2, width), nn.GELU(), nn.Dropout(trial["dropout"]), nn.Linear(width, width), nn.GELU(), nn.Linear(width, 1)
).to(device)
if trial["optimizer"] == "adam":
    optimizer = torch.optim.AdamW(model.parameters(), lr=trial["learning_rate"])
else:
    momentum = trial.config.get("momentum", 0.9)
    optimizer = torch.optim.SGD(model.parameters(), lr=trial["learning_rate"], momentum=momentum)

state = trial.checkpoint / "state.pt"
epochs = 0
if state.exists():
    saved = torch.load(state, map_location=device, weights_only=True)
    epochs = saved["epochs"]
    model.load_state_dict(saved["model"])
    optimizer.load_state_dict(saved["optimizer"])

BATCH = 256


def validate():
    """The mean square error on the validation set."""
    model.eval()
    with torch.no_grad():
        return nn.functional.mse_loss(model(inputs[validation]), targets[validation]).item()


cost = validate()
while epochs < trial.budget:
    # The order, and what dropout draws, depend on the seed and the epoch, not on what this process did before.
    torch.manual_seed(trial.seed + epochs)
    model.train()
    order = torch.randperm(3072).to(device)
    for batch in order.split(BATCH):
        optimizer.zero_grad()
        # Where a device had no memory left, galvani asks for the batch in pieces; its gradient is the sum of theirs.
        for piece in batch.chunk(trial.micro_batch_divisor):
            loss = nn.functional.mse_loss(model(inputs[piece]), targets[piece], reduction="sum") / len(batch)
            loss.backward()
        optimizer.step()
    epochs += 1
    cost = validate()
    draft = state.with_suffix(".draft")
    torch.save({"epochs": epochs, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, draft)
    os.replace(draft, state)
    trial.report(cost, epochs)
trial.finish(cost, weights=sum(weight.numel() for weight in model.parameters()))
