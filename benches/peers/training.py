#!/usr/bin/env python3
"""Rows a second that PyTorch trains on, of processor time of one thread, or of wall time on a graphics card: the model of
`benches/training.rs` and `benches/card.rs`.

    training.py [--compile] [--device cuda:0 --bf16] [--width 64 --layers 4 --heads 4 --steps 128 --batch 16 --factor 2.75 --timed 20]

Fused attention, AdamW in two groups over all weights at once, clipping by the global norm. Prints [rows a second, parameters, peak memory in MB on a card].
Tested with PyTorch 2.15.
"""
import argparse, json, time
import torch
from torch import nn
from torch.nn import functional as F

WARM_UP = 5  # steps; compiling is in them


class Block(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.heads = heads
        self.mixer_norm, self.feed_forward_norm = nn.RMSNorm(width, 1e-6), nn.RMSNorm(width, 1e-6)
        self.packed, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.wide, self.back = nn.Linear(width, 2 * hidden, bias=False), nn.Linear(hidden, width, bias=False)

    def forward(self, x, cosine, sine):
        batch, steps, width = x.shape
        head = width // self.heads
        q, k, v = self.packed(self.mixer_norm(x)).view(batch, steps, 3, self.heads, head).permute(2, 0, 3, 1, 4)

        def turn(z):
            first, second = z.chunk(2, -1)
            return torch.cat((first * cosine - second * sine, second * cosine + first * sine), -1)

        mixed = F.scaled_dot_product_attention(turn(q), turn(k), v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, steps, width))
        gate, value = self.wide(self.feed_forward_norm(x)).chunk(2, -1)
        return x + self.back(F.silu(gate) * value)


class Decoder(nn.Module):
    def __init__(self, width, layers, heads, steps, factor):
        super().__init__()
        self.input, self.output = nn.Linear(6, width, bias=False), nn.Linear(width, 6, bias=False)
        self.blocks = nn.ModuleList(Block(width, heads, round(factor * width)) for _ in range(layers))
        self.norm = nn.RMSNorm(width, 1e-6)
        half = width // heads // 2
        angle = torch.arange(steps)[:, None] * 1e4 ** (-torch.arange(half) / half)
        self.register_buffer("cosine", angle.cos())
        self.register_buffer("sine", angle.sin())

    def forward(self, x):
        x = self.input(x)
        for block in self.blocks:
            x = block(x, self.cosine, self.sine)
        return self.output(self.norm(x))


def main():
    parser = argparse.ArgumentParser()
    for name, kind, default in (("width", int, 64), ("layers", int, 4), ("heads", int, 4), ("steps", int, 128), ("batch", int, 16),
                                ("factor", float, 2.75), ("timed", int, 20)):
        parser.add_argument(f"--{name}", type=kind, default=default)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--bf16", action="store_true")
    a = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    card = a.device != "cpu"
    clock = time.perf_counter if card else time.process_time
    model = Decoder(a.width, a.layers, a.heads, a.steps, a.factor).to(a.device)
    forward = torch.compile(model) if a.compile else model
    groups = [dict(params=[p for p in model.parameters() if p.dim() > 1], weight_decay=0.01),
              dict(params=[p for p in model.parameters() if p.dim() <= 1], weight_decay=0.0)]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95), **({"fused": True} if card else {"foreach": True}))
    x, y = torch.randn(2, a.batch, a.steps, 6, device=a.device)
    for step in range(WARM_UP + a.timed):
        if step == WARM_UP:
            if card:
                torch.cuda.synchronize()
            began = clock()
        with torch.autocast(a.device.split(":")[0], torch.bfloat16, enabled=a.bf16):
            loss = ((forward(x) - y) ** 2).mean((0, 1)).sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if not card:
            loss.item()
    if card:
        torch.cuda.synchronize()
    seconds = (clock() - began) / a.timed
    memory = [torch.cuda.max_memory_allocated() / 1e6] if card else []
    print(json.dumps([a.batch * a.steps / seconds, sum(p.numel() for p in model.parameters())] + memory))


main()
