"""An independent dense decoder in float32, to check engines against: it shares no code with model.py.

    python3 -m training.reference MODEL.gguf --output logits.json [--text FILE] [--tokens 64]
    python3 -m training.reference MODEL.gguf --output argmax.json --argmax 200

It reads any `llama` or `qwen2` GGUF whose tensors are F32, F16 or Q8_0, with the activation silu, relu or drelu
(`<arch>.hidden_activation`, silu where the key is missing). The format of the output is in README.md.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
from pathlib import Path
from typing import Optional

import numpy as np
import torch
from torch import Tensor

from .gguf import read

ACTIVATIONS = {
    "silu": lambda gate, up: torch.nn.functional.silu(gate) * up,
    "relu": lambda gate, up: gate.clamp_min(0) * up,
    "drelu": lambda gate, up: gate.clamp_min(0) * up.clamp_min(0),
}
TOP, FULL_POSITIONS = 16, 8


class Llama:
    """One model file. logits() takes a whole sequence at once; there is no cache to get wrong."""

    def __init__(self, path: Path) -> None:
        self.metadata, arrays = read(path)
        self.weights = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}
        self.architecture = self.metadata["general.architecture"]
        if self.architecture not in ("llama", "qwen2"):
            raise ValueError(f"{path}: architecture {self.architecture} is neither llama nor qwen2")
        self.layers, self.width = self.key("block_count"), self.key("embedding_length")
        self.neurons = self.key("feed_forward_length")
        self.heads = self.key("attention.head_count")
        self.kv_heads = self.key("attention.head_count_kv", self.heads)
        self.head_width = self.key("attention.key_length", self.width // self.heads)
        self.epsilon = self.key("attention.layer_norm_rms_epsilon")
        self.rope_base = self.key("rope.freq_base", 10_000.0)
        self.rope_width = self.key("rope.dimension_count", self.head_width)
        self.activation = ACTIVATIONS[self.key("hidden_activation", "silu")]

    def key(self, name: str, default=None):
        value = self.metadata.get(f"{self.architecture}.{name}", default)
        if value is None:
            raise ValueError(f"the file lacks {self.architecture}.{name}")
        return value

    def weight(self, name: str) -> Tensor:
        return self.weights[name + ".weight"]

    def linear(self, x: Tensor, name: str) -> Tensor:
        return torch.nn.functional.linear(x, self.weight(name), self.weights.get(name + ".bias"))

    def norm(self, x: Tensor, name: str) -> Tensor:
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon) * self.weight(name)

    def rotate(self, x: Tensor) -> Tensor:
        """x [T, heads, K]. llama rotates neighbouring pairs (2i, 2i+1), qwen2 halves (i, i + R/2), of the first R values."""
        half = self.rope_width // 2
        angles = torch.outer(torch.arange(len(x)), self.rope_base ** (-torch.arange(half) / half))[:, None]
        turn = torch.polar(torch.ones_like(angles), angles)
        turned, rest = x[..., : self.rope_width], x[..., self.rope_width :]
        if self.architecture == "llama":
            pairs = torch.view_as_complex(turned.reshape(*turned.shape[:-1], half, 2).contiguous())
            turned = torch.view_as_real(pairs * turn).flatten(-2)
        else:
            product = torch.complex(turned[..., :half].contiguous(), turned[..., half:].contiguous()) * turn
            turned = torch.cat((product.real, product.imag), -1)
        return torch.cat((turned, rest), -1)

    def attention(self, x: Tensor, block: str) -> Tensor:
        """x [T, D] -> [T, D], causal."""
        length, group = len(x), self.heads // self.kv_heads
        q = self.rotate(self.linear(x, block + "attn_q").view(length, self.heads, self.head_width)).transpose(0, 1)
        k = self.rotate(self.linear(x, block + "attn_k").view(length, self.kv_heads, self.head_width)).transpose(0, 1)
        v = self.linear(x, block + "attn_v").view(length, self.kv_heads, self.head_width).transpose(0, 1)
        scores = q @ k.repeat_interleave(group, 0).transpose(1, 2) / self.head_width**0.5
        future = torch.ones(length, length, dtype=torch.bool).triu(1)
        mixed = scores.masked_fill(future, float("-inf")).softmax(-1) @ v.repeat_interleave(group, 0)
        return self.linear(mixed.transpose(0, 1).reshape(length, -1), block + "attn_output")

    @torch.no_grad()
    def logits(self, tokens: Tensor, record: Optional[list[Tensor]] = None) -> Tensor:
        """tokens [T] -> [T, V]. record collects the activations h [T, F] of every layer."""
        x = self.weight("token_embd")[tokens]
        for layer in range(self.layers):
            block = f"blk.{layer}."
            x = x + self.attention(self.norm(x, block + "attn_norm"), block)
            y = self.norm(x, block + "ffn_norm")
            h = self.activation(self.linear(y, block + "ffn_gate"), self.linear(y, block + "ffn_up"))
            if record is not None:
                record.append(h)
            x = x + self.linear(h, block + "ffn_down")
        head = "output" if "output.weight" in self.weights else "token_embd"
        return self.linear(self.norm(x, "output_norm"), head)


def fixed_tokens(model: Llama, count: int, seed: int = 1) -> Tensor:
    """A sequence that needs no tokenizer: BOS, then what the model itself finds probable, sampled with a seed."""
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.tensor([model.metadata.get("tokenizer.ggml.bos_token_id", 1)])
    while len(tokens) < count:
        probabilities = model.logits(tokens)[-1].softmax(-1)
        tokens = torch.cat((tokens, torch.multinomial(probabilities, 1, generator=generator)))
    return tokens


def greedy(model: Llama, start: Tensor, count: int) -> list[int]:
    """count tokens after start, each the most probable one (the lowest id among equals)."""
    tokens = start
    for _ in range(count):
        tokens = torch.cat((tokens, model.logits(tokens)[-1].argmax()[None]))
    return tokens[len(start) :].tolist()


def base64_float32(values: Tensor) -> str:
    return base64.b64encode(values.numpy().astype("<f4").tobytes()).decode()


def recorded(tokens: Tensor, logits: Tensor) -> dict:
    """Top values and a checksum at every position; the whole row at FULL_POSITIONS of them, evenly spread."""
    positions = sorted({round(i * (len(tokens) - 1) / (FULL_POSITIONS - 1)) for i in range(FULL_POSITIONS)})
    summary = {}
    for position, row in enumerate(logits):
        best = row.topk(TOP)
        summary[str(position)] = {
            "ids": best.indices.tolist(), "values": [round(v, 5) for v in best.values.tolist()],
            "mean": round(row.mean().item(), 6), "std": round(row.std().item(), 6), "max": round(row.max().item(), 5),
        }
    return {"positions": positions, "logits": summary, "full": {str(p): base64_float32(logits[p]) for p in positions}}


def recording(path: Path, count: int = 64) -> dict:
    """The logits of count fixed tokens, and how many of them each neuron of every layer was active for, [L][F]."""
    model, record = Llama(path), []
    tokens = fixed_tokens(model, count)
    logits = model.logits(tokens, record)
    return {"model_sha256": sha256(path), "tokens": tokens.tolist(), **recorded(tokens, logits),
            "active": [(h > 0).sum(0).tolist() for h in record]}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--tokens", type=int, default=64, help="length of the fixed sequence")
    parser.add_argument("--argmax", type=int, default=0, help="instead of logits: so many greedy tokens after 16 fixed ones")
    arguments = parser.parse_args()
    if arguments.argmax:
        model = Llama(arguments.model)
        start = fixed_tokens(model, 16)
        result = {"model_sha256": sha256(arguments.model), "tokens": start.tolist(), "greedy": greedy(model, start, arguments.argmax)}
    else:
        result = recording(arguments.model, arguments.tokens)
    arguments.output.write_text(json.dumps(result) + "\n")
    print(f"{arguments.output}: {len(result['tokens'])} tokens, model {result['model_sha256'][:12]}")


if __name__ == "__main__":
    main()
