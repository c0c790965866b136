#!/usr/bin/env python3
"""The transformer's forward pass, loss and one directional derivative in 64-bit floats, without any library.

    python3 forward.py > forward.json

Written from the papers, not from the Rust code: Vaswani et al. 2017 (attention, sinusoids), Su et al. 2021 (rotary
positions, halves of a head paired), Press et al. 2021 (linear bias), Shazeer 2020 (SwiGLU), Zhang and Sennrich 2019
(root mean square normalisation). Weights are a formula of their index, so that both sides can write them down.
"""
import json, math

WIDTH, D, HEADS, LAYERS, STEPS, HIDDEN = 6, 8, 2, 2, 7, 12
HEAD = D // HEADS


def weight(number, count, scale):
    """Entry i of tensor `number`: a low-discrepancy sequence in [-scale, scale]."""
    return [scale * (2 * ((number * 0.754877666 + (i + 1) * 0.618033988749895) % 1.0) - 1) for i in range(count)]


def matrix(number, rows, columns):
    flat = weight(number, rows * columns, 1.5 / math.sqrt(rows))
    return [flat[r * columns:(r + 1) * columns] for r in range(rows)]


def gain(number):
    return [1 + 0.3 * g for g in weight(number, D, 1.0)]


def times(rows, m):
    return [[sum(a * m[k][j] for k, a in enumerate(row)) for j in range(len(m[0]))] for row in rows]


def norm(rows, g, kind):
    out = []
    for row in rows:
        mean = sum(row) / D if kind == "LayerNorm" else 0.0
        row = [a - mean for a in row]
        scale = 1 / math.sqrt(sum(a * a for a in row) / D + 1e-6)
        out.append([a * scale * b for a, b in zip(row, g)])
    return out


def rotate(vector, position, theta):
    out = list(vector)
    for i in range(HEAD // 2):
        angle = position * theta ** (-2 * i / HEAD)
        a, b = vector[i], vector[i + HEAD // 2]
        out[i] = a * math.cos(angle) - b * math.sin(angle)
        out[i + HEAD // 2] = b * math.cos(angle) + a * math.sin(angle)
    return out


def attention(rows, packed, out, pe):
    qkv = times(rows, packed)
    mixed = [[0.0] * D for _ in rows]
    for h in range(HEADS):
        cut = lambda row, part: row[part * D + h * HEAD:part * D + (h + 1) * HEAD]
        q, k, v = ([cut(row, part) for row in qkv] for part in range(3))
        if pe == "RoPE":
            q, k = ([rotate(x, t, 100.0) for t, x in enumerate(xs)] for xs in (q, k))
        slope = 2 ** (-8 * (h + 1) / HEADS) if pe == "ALiBi" else 0.0
        for t in range(len(rows)):
            scores = [sum(a * b for a, b in zip(q[t], k[s])) / math.sqrt(HEAD) - slope * (t - s) for s in range(t + 1)]
            e = [math.exp(s - max(scores)) for s in scores]
            for s in range(t + 1):
                for i in range(HEAD):
                    mixed[t][h * HEAD + i] += e[s] / sum(e) * v[s][i]
    return times(mixed, out)


def feed_forward(rows, packed, out):
    silu = lambda a: a / (1 + math.exp(-a))
    return times([[silu(r[i]) * r[i + HIDDEN] for i in range(HIDDEN)] for r in times(rows, packed)], out)


def weights():
    shapes = {"input": (WIDTH, D), "output": (D, WIDTH), "norm.gain": None}
    for i in range(LAYERS):
        shapes |= {f"blocks.{i}.attention_norm.gain": None, f"blocks.{i}.attention.packed": (D, 3 * D), f"blocks.{i}.attention.out": (D, D),
                   f"blocks.{i}.feed_forward_norm.gain": None, f"blocks.{i}.feed_forward.packed": (D, 2 * HIDDEN), f"blocks.{i}.feed_forward.out": (HIDDEN, D)}
    return {name: gain(n) if shape is None else matrix(n, *shape) for n, (name, shape) in enumerate(sorted(shapes.items()))}


def forward(x, w, pe, kind):
    h = times(x, w["input"])
    if pe == "APE":
        for t, row in enumerate(h):
            for i in range(D):
                angle = t / 10000 ** ((i - i % 2) / D)
                row[i] += math.cos(angle) if i % 2 else math.sin(angle)
    add = lambda a, b: [[p + q for p, q in zip(r, s)] for r, s in zip(a, b)]
    for i in range(LAYERS):
        b = f"blocks.{i}."
        h = add(h, attention(norm(h, w[b + "attention_norm.gain"], kind), w[b + "attention.packed"], w[b + "attention.out"], pe))
        h = add(h, feed_forward(norm(h, w[b + "feed_forward_norm.gain"], kind), w[b + "feed_forward.packed"], w[b + "feed_forward.out"]))
    return times(norm(h, w["norm.gain"], kind), w["output"])


def gradient(x, w, pe, kind):
    """Central differences of the mean square output for one entry of each tensor."""
    loss = lambda: sum(a * a for row in forward(x, w, pe, kind) for a in row) / (len(x) * WIDTH)
    out = {}
    for name, tensor in sorted(w.items()):
        row, i = (tensor, 3) if isinstance(tensor[0], float) else (tensor[1], 2)
        kept, step = row[i], 1e-5
        row[i] = kept + step; up = loss()
        row[i] = kept - step; down = loss()
        row[i] = kept
        out[name] = (up - down) / (2 * step)
    return out


x = [weight(50 + t, WIDTH, 1.0) for t in range(STEPS)]
w = weights()
flat = {name: tensor if isinstance(tensor[0], float) else [a for row in tensor for a in row] for name, tensor in w.items()}
cases = [{"pe_type": pe, "norm_type": kind, "output": sum(forward(x, w, pe, kind), []), "gradient": gradient(x, w, pe, kind)}
         for pe in ("APE", "RoPE", "ALiBi") for kind in ("RMSNorm", "LayerNorm")]
print(json.dumps({"written_by": "tests/golden/learning/forward.py", "input": sum(x, []), "weights": flat, "cases": cases}))
