"""The model: LLaMA with a dReLU feed-forward block, written for bf16 matrix products on a CPU or GPU.

Letters in shapes: L layers, B rows, T tokens of a row, N = B*T, D width, F neurons, V vocabulary, H heads, G key/value
heads, K = D/H. Master weights and the residual stream are float32; matrix products read PRODUCT_TYPE, which is bfloat16
wherever the machine multiplies it fast (AVX512-BF16 at twice the speed of float32). The few operators between them have
hand-written gradients, for small operators, not products, cost most of a plain step.
"""

from __future__ import annotations

from typing import Any, Optional

import torch
from torch import Tensor, nn
from torch.nn import functional

from .machine import PRODUCT_TYPE
from .shapes import Shape


class RmsNorm(torch.autograd.Function):
    """x / rms(x), without a gain: the matrix that follows can take it up. float32 [..., D] -> PRODUCT_TYPE [..., D]."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, epsilon: float) -> Tensor:
        norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        scale = torch.rsqrt(norm * norm / x.shape[-1] + epsilon)
        y = x * scale
        ctx.save_for_backward(y, scale)
        return y.to(PRODUCT_TYPE)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        y, scale = ctx.saved_tensors
        gradient = gradient.float()
        along = (gradient * y).mean(-1, keepdim=True)
        return torch.addcmul(gradient, y, along, value=-1).mul_(scale), None


class Rotate(torch.autograd.Function):
    """Rotary positions, halves layout (export permutes to llama.cpp's pairs). [B, T, heads, K]; cos, sin [T, 1, K]."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        ctx.save_for_backward(cos, sin)
        return Rotate.turn(x, cos, sin)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        cos, sin = ctx.saved_tensors
        return Rotate.turn(gradient, cos, -sin), None, None

    @staticmethod
    def turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        half = x.shape[-1] // 2
        swapped = torch.cat((x[..., half:], x[..., :half]), -1)
        return torch.addcmul(x * cos, swapped, sin)


class DRelu(torch.autograd.Function):
    """relu(gate) * relu(up). penalty [F] is added to the gradient of h: the gradient of an L1 term, since h >= 0."""

    @staticmethod
    def forward(ctx: Any, gate_up: Tensor, penalty: Optional[Tensor]) -> Tensor:
        positive = gate_up.clamp_min(0)
        gate, up = positive.chunk(2, -1)
        ctx.save_for_backward(positive, penalty)
        return gate * up

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        positive, penalty = ctx.saved_tensors
        gate, up = positive.chunk(2, -1)
        if penalty is not None:
            gradient = gradient + penalty
        masked = torch.ops.aten.threshold_backward
        to_gate, to_up = masked(gradient * up, gate, 0), masked(gradient * gate, up, 0)
        return torch.cat((to_gate, to_up), -1), None


class WeightedCrossEntropy(torch.autograd.Function):
    """Sum of weights[n] * -log p(targets[n]), computed in slices so that no [N, V] array ever exists."""

    SLICE_CPU, SLICE_GPU = 1024, 16_384  # rows: what stays in a cache, what fills a device

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, head: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        total = hidden.new_zeros((), dtype=torch.float32)
        to_hidden, to_head = torch.empty_like(hidden), torch.zeros_like(head, dtype=torch.float32)
        size = WeightedCrossEntropy.SLICE_GPU if hidden.is_cuda else WeightedCrossEntropy.SLICE_CPU
        for start in range(0, len(hidden), size):
            part = slice(start, start + size)
            logits = (hidden[part] @ head.t()).float()
            chosen = targets[part, None]
            log_sum = torch.logsumexp(logits, -1, keepdim=True)
            total += ((log_sum - logits.gather(1, chosen))[:, 0] * weights[part]).sum()
            probabilities = logits.sub_(log_sum).exp_().scatter_add_(1, chosen, torch.full_like(log_sum, -1.0))
            gradient = probabilities.mul_(weights[part, None]).to(PRODUCT_TYPE)
            to_hidden[part] = gradient @ head
            to_head += gradient.t() @ hidden[part]
        ctx.save_for_backward(to_hidden, to_head)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None, None]:
        to_hidden, to_head = ctx.saved_tensors
        return to_hidden * gradient, (to_head * gradient).to(PRODUCT_TYPE), None, None


def causal_mask(length: int, group: int) -> Tensor:
    """For grouped_attention: PRODUCT_TYPE [group * T, T]."""
    return torch.full((length, length), float("-inf")).triu(1).to(PRODUCT_TYPE).repeat(group, 1)


def grouped_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """Causal attention, q scaled already. q [B, T, H, K], k and v [B, T, G, K] -> [B, H, T, K].

    The heads of one group share a product: their queries are stacked. Faster on a CPU than PyTorch's own."""
    rows, length, heads, width = q.shape
    kv_heads, group = k.shape[2], heads // k.shape[2]
    q = q.transpose(1, 2).reshape(rows * kv_heads, group * length, width)
    k, v = (part.transpose(1, 2).reshape(rows * kv_heads, length, width) for part in (k, v))
    scores = torch.bmm(q, k.transpose(1, 2)).add_(mask)
    return torch.bmm(torch.softmax(scores, -1), v).view(rows, heads, length, width)


def fused_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The same by PyTorch's kernels, which never write the scores to memory."""
    group = q.shape[2] // k.shape[2]
    k, v = (part.repeat_interleave(group, 2).transpose(1, 2) for part in (k, v))
    return functional.scaled_dot_product_attention(q.transpose(1, 2), k, v, is_causal=True, scale=1.0)


def block(shape: Shape, x: Tensor, qkv: Tensor, output: Tensor, gate_up: Tensor, down: Tensor, cos: Tensor, sin: Tensor,
          mask: Optional[Tensor], penalty: Optional[Tensor]) -> tuple[Tensor, Tensor]:
    """One layer: x float32 [B, T, D] -> (x [B, T, D], h PRODUCT_TYPE [B, T, F]). Without a mask, attention is fused."""
    rows, length, _ = x.shape
    heads = functional.linear(RmsNorm.apply(x, shape.norm_epsilon), qkv)
    heads = heads.view(rows, length, shape.heads + 2 * shape.kv_heads, shape.head_width)
    rotated = Rotate.apply(heads[:, :, : shape.heads + shape.kv_heads], cos, sin)
    q, k, v = rotated[:, :, : shape.heads], rotated[:, :, shape.heads :], heads[:, :, -shape.kv_heads :]
    mixed = fused_attention(q, k, v) if mask is None else grouped_attention(q, k, v, mask)
    x = x + functional.linear(mixed.transpose(1, 2).reshape(rows, length, shape.width), output)
    h = DRelu.apply(functional.linear(RmsNorm.apply(x, shape.norm_epsilon), gate_up), penalty)
    return x + functional.linear(h, down), h


class Model(nn.Module):
    """Weights of one kind are stacked over the layers ([L, out, in]): the optimiser then treats them in one batch."""

    def __init__(self, shape: Shape, seed: int) -> None:
        super().__init__()
        self.shape, self.block = shape, block
        generator = torch.Generator().manual_seed(seed)

        def stack(rows: int, columns: int, scale: float = 1.0) -> nn.Parameter:
            values = torch.randn(shape.layers, rows, columns, generator=generator) * scale * columns**-0.5
            return nn.Parameter(values)

        kv_width = shape.kv_heads * shape.head_width
        self.embedding = nn.Parameter(torch.randn(shape.vocabulary, shape.width, generator=generator) * 0.02)
        self.q, self.k, self.v = stack(shape.width, shape.width), stack(kv_width, shape.width), stack(kv_width, shape.width)
        self.gate, self.up = stack(shape.neurons, shape.width), stack(shape.neurons, shape.width)
        # Blocks start as the identity: their output matrices are zero.
        self.output, self.down = stack(shape.width, shape.width, 0.0), stack(shape.width, shape.neurons, 0.0)
        positions = torch.arange(shape.context)[:, None]
        frequencies = shape.rope_base ** (-torch.arange(0, shape.head_width, 2) / shape.head_width)
        angles = (positions * frequencies).repeat(1, 2)[:, None]
        sign = torch.ones(shape.head_width)
        sign[: shape.head_width // 2] = -1
        self.register_buffer("cos", angles.cos().to(PRODUCT_TYPE), persistent=False)
        self.register_buffer("sin", (angles.sin() * sign).to(PRODUCT_TYPE), persistent=False)

    def hidden(self, tokens: Tensor, penalty: Optional[Tensor] = None, record: Optional[list[Tensor]] = None) -> Tensor:
        """tokens [B, T] -> PRODUCT_TYPE [B, T, D], ready for the head. record collects h [B, T, F] of every layer."""
        shape, length = self.shape, tokens.shape[1]
        # The attention scale is a power of two, so it may sit in q without rounding.
        qkv = torch.cat((self.q * shape.head_width**-0.5, self.k, self.v), 1).to(PRODUCT_TYPE)
        gate_up = torch.cat((self.gate, self.up), 1).to(PRODUCT_TYPE)
        output, down = self.output.to(PRODUCT_TYPE), self.down.to(PRODUCT_TYPE)
        cos, sin = self.cos[:length], self.sin[:length]
        mask = None if tokens.is_cuda else causal_mask(length, shape.heads // shape.kv_heads)
        x = functional.embedding(tokens, self.embedding)
        # Evaluation has rows of any length, and compiling for each would take longer than the evaluation.
        run_layer = self.block if torch.is_grad_enabled() else block
        for layer in range(shape.layers):
            x, h = run_layer(shape, x, qkv[layer], output[layer], gate_up[layer], down[layer], cos, sin, mask, penalty)
            if record is not None:
                record.append(h)
        return RmsNorm.apply(x, shape.norm_epsilon)

    def compile_layers(self) -> None:
        """Fuse each layer's small operators. One layer is compiled, for every length of rows anew, and used for all."""
        self.block = torch.compile(block, dynamic=False)

    def interpret_layers(self) -> None:
        self.block = block

    def loss(self, tokens: Tensor, targets: Tensor, weights: Tensor, penalty: Optional[Tensor] = None) -> Tensor:
        """Sum of weighted losses. tokens, targets, weights [B, T]."""
        hidden = self.hidden(tokens, penalty).view(-1, self.shape.width)
        return WeightedCrossEntropy.apply(hidden, self.embedding.to(PRODUCT_TYPE), targets.reshape(-1), weights.reshape(-1))

    def logits(self, tokens: Tensor, record: Optional[list[Tensor]] = None) -> Tensor:
        """float32 [B, T, V] on the CPU, wherever the model is; for evaluation only."""
        hidden = self.hidden(tokens.to(self.embedding.device), record=record)
        return (hidden @ self.embedding.to(PRODUCT_TYPE).t()).cpu().float()
