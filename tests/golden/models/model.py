#!/usr/bin/env python3
"""The battery task's models in PyTorch, as plain as they can be said, with the names that galvani's files have.

    model.py golden FOLDER                        weights, inputs, outputs and gradients that the Rust tests compare with
    model.py predict MODEL.safetensors X.npy Y.npy     what a trained model says of X, batch x steps x 6 scaled features

Written from the papers, in 64-bit floats, without any trick for speed: Vaswani et al. 2017 (attention, sinusoids), Su et al.
2021 (rotary positions, halves of a head paired), Press et al. 2021 (linear bias), Shazeer 2020 (SwiGLU), Hendrycks and
Gimpel 2016 (GELU), Zhang and Sennrich 2019 (RMSNorm), Gu and Dao 2023 (Mamba-1), Dao and Gu 2024 (Mamba-2).
"""
import json, math, sys
import numpy, torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

WIDTH = 6


def linear(inputs, outputs):
    return nn.Linear(inputs, outputs, bias=False)


class Norm(nn.Module):
    def __init__(self, width, kind):
        super().__init__()
        self.weight, self.kind = nn.Parameter(torch.ones(width)), kind

    def forward(self, x):
        if self.kind == "Layer":
            x = x - x.mean(-1, keepdim=True)
        return x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-6) * self.weight


class Attention(nn.Module):
    def __init__(self, width, position, heads):
        super().__init__()
        self.packed, self.out = linear(width, 3 * width), linear(width, width)
        self.position, self.heads = position, heads

    def forward(self, x):
        batch, steps, width = x.shape
        head = width // self.heads
        q, k, v = self.packed(x).view(batch, steps, 3, self.heads, head).permute(2, 0, 3, 1, 4)
        place = torch.arange(steps, dtype=x.dtype)
        scores = torch.zeros(steps, steps, dtype=x.dtype)
        if "Rotary" in self.position:
            theta = self.position["Rotary"]["theta"]
            angle = place[:, None] * theta ** (-2 * torch.arange(head // 2, dtype=x.dtype) / head)
            turn = lambda z: torch.cat((z[..., :head // 2] * angle.cos() - z[..., head // 2:] * angle.sin(),
                                        z[..., head // 2:] * angle.cos() + z[..., :head // 2] * angle.sin()), -1)
            q, k = turn(q), turn(k)
        elif self.position == "LinearBias":
            sequence = lambda n: [2.0 ** (-8 * (i + 1) / n) for i in range(n)]
            below = 1 << (self.heads.bit_length() - 1)  # other numbers than powers of two: Press et al., appendix A, and their code
            slope = torch.tensor((sequence(below) + sequence(2 * below)[::2])[:self.heads], dtype=x.dtype)
            scores = -slope[:, None, None] * (place[:, None] - place[None, :])
        scores = scores + q @ k.transpose(-1, -2) / math.sqrt(head)
        scores = scores.masked_fill(torch.ones(steps, steps).triu(1).bool(), -math.inf)
        return self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, steps, width))


def convolve(x, weight, bias):
    rows = weight.shape[1]
    x = F.pad(x.transpose(1, 2), (rows - 1, 0))
    return F.silu(F.conv1d(x, weight[:, None], bias, groups=weight.shape[0]).transpose(1, 2))


class Mamba1(nn.Module):
    def __init__(self, width, state, expand, rows):
        super().__init__()
        channels, rank = expand * width, -(-width // 16)
        self.packed, self.out = linear(width, 2 * channels), linear(channels, width)
        self.filter, self.filter_bias = nn.Parameter(torch.empty(channels, rows)), nn.Parameter(torch.empty(channels))
        self.select, self.step = linear(channels, rank + 2 * state), linear(rank, channels)
        self.step_bias, self.skip = nn.Parameter(torch.empty(channels)), nn.Parameter(torch.empty(channels))
        self.decay = nn.Parameter(torch.empty(channels, state))
        self.split = [rank, state, state]

    def forward(self, x):
        x, through = self.packed(x).chunk(2, -1)
        x = convolve(x, self.filter, self.filter_bias)
        step, write, read = self.select(x).split(self.split, -1)
        step = F.softplus(self.step(step) + self.step_bias)
        rate = -self.decay.exp()
        state, out = torch.zeros(x.shape[0], *rate.shape, dtype=x.dtype), []
        for t in range(x.shape[1]):
            added = (step[:, t] * x[:, t])[..., None] * write[:, t, None]
            state = state * (step[:, t, :, None] * rate).exp() + added
            out.append((state * read[:, t, None]).sum(-1))
        return self.out((torch.stack(out, 1) + self.skip * x) * F.silu(through))


class Mamba2(nn.Module):
    def __init__(self, width, state, expand, rows, head):
        super().__init__()
        channels = expand * width
        heads, filtered = channels // math.gcd(channels, head), channels + 2 * state
        self.packed, self.out = linear(width, channels + filtered + heads), linear(channels, width)
        self.filter, self.filter_bias = nn.Parameter(torch.empty(filtered, rows)), nn.Parameter(torch.empty(filtered))
        self.step_bias, self.decay, self.skip = (nn.Parameter(torch.empty(heads)) for _ in range(3))
        self.norm = Norm(channels, "RootMeanSquare")
        self.split, self.inner, self.heads = [channels, filtered, heads], [channels, state, state], heads

    def forward(self, x):
        through, mixed, step = self.packed(x).split(self.split, -1)
        x, write, read = convolve(mixed, self.filter, self.filter_bias).split(self.inner, -1)
        step, rate = F.softplus(step + self.step_bias), -self.decay.exp()
        x = x.unflatten(-1, (self.heads, -1))
        state, out = 0, []
        for t in range(x.shape[1]):
            added = write[:, t, None, :, None] * (step[:, t, :, None] * x[:, t])[:, :, None]
            state = state * (step[:, t] * rate).exp()[..., None, None] + added
            out.append(torch.einsum("bn,bhnp->bhp", read[:, t], state))
        y = (torch.stack(out, 1) + self.skip[:, None] * x).flatten(2)
        return self.out(self.norm(y * F.silu(through)))


class FeedForward(nn.Module):
    def __init__(self, width, hidden, activation):
        super().__init__()
        self.packed, self.out = linear(width, (2 if activation == "SwiGLU" else 1) * hidden), linear(hidden, width)
        self.activation = activation

    def forward(self, x):
        if self.activation == "GELU":
            return self.out(F.gelu(self.packed(x)))
        gate, value = self.packed(x).chunk(2, -1)
        return self.out(F.silu(gate) * value)


class Block(nn.Module):
    def __init__(self, about):
        super().__init__()
        shape, architecture = about["hyperparameters"], about["architecture"]
        width, mixing, hidden = shape["dim_model"], shape["mixing"], round(shape["dim_model"] * architecture["feed_forward"])
        if "Attention" in mixing:
            self.mixer = Attention(width, mixing["Attention"]["position"], mixing["Attention"]["n_heads"])
        else:
            mamba, wide = architecture["family"]["Mamba"], mixing["Mamba"]["d_intermediate"]
            state = mamba.get("state") or (16 if mamba["version"] == 1 else 128)
            hidden = hidden if wide == 1 else wide
            inner = (width, state, mamba["expand"], mamba["convolution"])
            self.mixer = Mamba1(*inner) if mamba["version"] == 1 else Mamba2(*inner, mamba["head"])
        self.mixer_norm = Norm(width, shape["norm"])
        if hidden:
            self.feed_forward_norm, self.feed_forward = Norm(width, shape["norm"]), FeedForward(width, hidden, architecture["activation"])

    def forward(self, x):
        x = x + self.mixer(self.mixer_norm(x))
        return x + self.feed_forward(self.feed_forward_norm(x)) if hasattr(self, "feed_forward") else x


class Model(nn.Module):
    """Rows in, next rows out, both of scaled features; `about` is the file's metadata."""

    def __init__(self, about):
        super().__init__()
        shape, self.about = about["hyperparameters"], about
        self.input = linear(WIDTH, shape["dim_model"])
        self.blocks = nn.ModuleList(Block(about) for _ in range(shape["n_layer"]))
        self.norm = Norm(shape["dim_model"], shape["norm"])
        if not about["architecture"]["tied"]:
            self.output = linear(shape["dim_model"], WIDTH)
        mixing = shape["mixing"].get("Attention")
        self.sinusoidal = mixing is not None and mixing["position"] == "Sinusoidal"

    def forward(self, rows):
        mean, deviation, change = (torch.tensor(self.about["statistics"][name], dtype=rows.dtype) for name in ("mean", "deviation", "change"))
        inputs = (rows - mean) / deviation
        x = self.input(inputs)
        if self.sinusoidal:
            place, column = torch.arange(x.shape[1], dtype=x.dtype)[:, None], torch.arange(x.shape[2])
            angle = place / 10000.0 ** ((column - column % 2).to(x.dtype) / x.shape[2])
            x = x + torch.where(column % 2 == 0, angle.sin(), angle.cos())
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        y = x @ self.input.weight if self.about["architecture"]["tied"] else self.output(x)
        match self.about["architecture"]["predict"]:
            case "Change":
                y = rows + y * change
            case "Value":
                y = mean + y * deviation
            case "Residual":
                slope, offset, residual = (torch.tensor(self.about["statistics"]["linear"][name], dtype=rows.dtype) for name in ("slope", "offset", "residual"))
                y = rows + inputs @ slope + offset + y * residual
        return torch.cat((rows[..., :1], y[..., 1:]), -1)  # the current is given


STATISTICS = {"mean": [0.1, 0.5, 0.4, 0.3, 0.6, 0.2], "deviation": [0.5, 0.25, 0.3, 0.8, 0.4, 0.6], "change": [0.3, 0.2, 0.5, 0.4, 0.6, 0.1],
              "linear": {"slope": [[0.1 * ((3 * i + 5 * j) % 7) - 0.3 for j in range(WIDTH)] for i in range(WIDTH)], "offset": [0.0, 0.1, -0.2, 0.05, 0.3, -0.1],
                         "residual": [0.2, 0.1, 0.3, 0.25, 0.15, 0.05]}}


def golden(folder):
    cases = []
    add = lambda name, mixing, norm="RootMeanSquare", **architecture: cases.append((name, mixing, norm, architecture))
    for position, kind in (("ape", "Sinusoidal"), ("rope", {"Rotary": {"theta": 100.0}}), ("alibi", "LinearBias")):
        for norm, norm_kind in (("rms", "RootMeanSquare"), ("layer", "Layer")):
            for activation in ("SwiGLU", "GELU"):
                add(f"{position}-{norm}-{activation.lower()}", {"Attention": {"position": kind, "n_heads": 2}}, norm_kind, activation=activation)
    attention = {"Attention": {"position": "LinearBias", "n_heads": 4}}
    add("tied-value", attention, tied=True, predict="Value")
    add("residual", attention, predict="Residual")
    mamba = lambda version: {"Mamba": {"version": version, "state": 3, "expand": 2, "convolution": 3, "head": 4, "chunk": 3}}
    for version in (1, 2):
        for wide in (0, 1):
            add(f"mamba-{version}-{wide}", {"Mamba": {"d_intermediate": wide}}, family=mamba(version))
    for name, mixing, norm, architecture in cases:
        torch.manual_seed(1)
        about = {"format": "galvani-model-2",
                 "hyperparameters": {"mixing": mixing, "norm": norm, "dim_model": 8, "seq_len": 9, "n_layer": 2, "learning_rate": None},
                 "architecture": {"family": "Transformer", "predict": "Change", "feed_forward": 1.5, "activation": "SwiGLU", "tied": False,
                                  "initial_deviation": None} | architecture,
                 "statistics": STATISTICS}
        model = Model(about)
        for parameter in model.parameters():
            spread = 0.3 if parameter.dim() == 1 else 1.2 / math.sqrt(parameter.shape[1])
            nn.init.normal_(parameter, 1.0 if parameter.dim() == 1 else 0.0, spread)
        state = {key: value.detach().clone() for key, value in model.state_dict().items()}
        model = model.double()
        rows = torch.randn(2, 7, WIDTH)
        output = model(rows.double())
        (output * output).mean().backward()
        gradients = {f"gradient.{key}": value.grad.float() for key, value in model.named_parameters()}
        tensors = state | gradients | {"rows": rows, "output": output.detach().float()}
        save_file({key: value.contiguous() for key, value in tensors.items()}, f"{folder}/{name}.safetensors", {"galvani": json.dumps(about)})


def predict(weights, rows, out):
    with safe_open(weights, "pt") as file:
        model = Model(json.loads(file.metadata()["galvani"]))
        model.load_state_dict({key: file.get_tensor(key) for key in model.state_dict()})
    with torch.no_grad():
        numpy.save(out, model.double()(torch.tensor(numpy.load(rows), dtype=torch.float64)).float().numpy())


if __name__ == "__main__":
    {"golden": golden, "predict": predict}[sys.argv[1]](*sys.argv[2:])
