"""The shapes of our models, by name. A checkpoint and a GGUF hold their shape; a name only starts a new run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    layers: int = 6
    width: int = 256
    neurons: int = 768
    heads: int = 4
    kv_heads: int = 2
    context: int = 1024
    vocabulary: int = 4096
    rope_base: float = 10_000.0
    norm_epsilon: float = 1e-5

    @property
    def head_width(self) -> int:
        return self.width // self.heads

    @property
    def block_weights(self) -> int:
        """Weights of one layer: attention and feed-forward block."""
        attention = 2 * self.width * (self.heads + self.kv_heads) * self.head_width
        return attention + 3 * self.width * self.neurons

    @property
    def weights(self) -> int:
        """Of the whole model. Embedding and head are the same matrix; the norms have no gains."""
        return self.vocabulary * self.width + self.layers * self.block_weights


SHAPES = {
    "6m": Shape(),
    # 44.3 MB in Q8_0 (34 bytes for 32 weights), which leaves room for vocabulary and predictors below 48 MB.
    "42m": Shape(layers=9, width=512, neurons=2048, heads=8, kv_heads=4, vocabulary=12_288),
    # Trains in seconds; for rehearsals and tests.
    "toy": Shape(layers=2, width=128, neurons=192, heads=4, kv_heads=2, context=256, vocabulary=512),
}
