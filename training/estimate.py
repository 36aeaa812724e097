"""What a shape costs on a GPU: arithmetic and memory traffic per token of training, and tokens in a given time.

    python3 -m training.estimate [--shape 42m] [--teraflops 790] [--terabytes 4.3] [--minutes 22.5]

The rates are those of a large bf16 product and a large copy on the device, of which training reaches the shares below.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from .recipes import FULL_SIZE
from .shapes import SHAPES, Shape

PRODUCT_SHARE, TRAFFIC_SHARE = 0.5, 0.7  # of the published rates, reached by products of these sizes and by small operators
F32, BF16 = 4, 2


@dataclass(frozen=True)
class Cost:
    """Of one token, forward and backward."""

    flops: float
    traffic: float  # bytes between the small operators, not counting what a product reads and writes


def attention_flops(shape: Shape, length: int) -> float:
    """Causal scores and mixtures; the fused backward computes the scores a second time: 3.5 times the forward pass."""
    return 3.5 * shape.layers * 2 * length * shape.width


def traffic(shape: Shape, fused: bool) -> float:
    """Values read and written by norms, rotation, dReLU and residuals of all layers, and by the loss.

    Counted from model.py, operator by operator; fused: a compiler joins each run of small operators into one pass."""
    stream = (12 if fused else 34) * F32 * shape.width
    feed_forward = (9 if fused else 22) * BF16 * shape.neurons
    rotation = (4 if fused else 16) * BF16 * (shape.heads + shape.kv_heads) * shape.head_width
    loss = (BF16 * 3 + F32 * 8) * shape.vocabulary
    return shape.layers * (stream + feed_forward + rotation) + loss


def cost(shape: Shape, lengths: dict[int, float], fused: bool) -> Cost:
    attention = sum(share * attention_flops(shape, length) for length, share in lengths.items())
    return Cost(6 * shape.weights + attention, traffic(shape, fused))


def tokens_per_second(cost: Cost, teraflops: float, terabytes: float) -> float:
    return 1 / (cost.flops / (teraflops * 1e12 * PRODUCT_SHARE) + cost.traffic / (terabytes * 1e12 * TRAFFIC_SHARE))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, default=FULL_SIZE.shape)
    parser.add_argument("--teraflops", type=float, default=790, help="of a large bf16 product")
    parser.add_argument("--terabytes", type=float, default=4.3, help="per second, of a large copy, read and written")
    parser.add_argument("--minutes", type=float, default=FULL_SIZE.train_seconds / 60)
    arguments = parser.parse_args()
    shape = SHAPES[arguments.shape]
    print(f"{shape.weights / 1e6:.1f} M weights, {shape.weights / 32 * 34 / 1e6:.1f} MB in Q8_0")
    for fused in (False, True):
        each = cost(shape, FULL_SIZE.lengths, fused)
        speed = tokens_per_second(each, arguments.teraflops, arguments.terabytes)
        print(f"{'compiled' if fused else 'uncompiled'}: {each.flops / 1e6:.0f} MFLOP and {each.traffic / 1e6:.2f} MB a token, "
              f"{speed / 1e6:.2f} M tokens/s, {speed * arguments.minutes * 60 / 1e9:.2f} G tokens in {arguments.minutes:g} minutes")


if __name__ == "__main__":
    main()
