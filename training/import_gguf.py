"""Make a checkpoint of an exported GGUF, so that training can go on where only the repository is at hand.

    python3 -m training.import_gguf [--model models/NAME.gguf] [--run RUN] [--seed 2]

Weights only: the optimiser starts anew. Choose another seed than the first run's, or it sees the same batches again.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .gguf import read
from .paths import MODEL_NAME, MODELS, checkpoint_file
from .shapes import Shape
from .train import Run

SHAPE_KEYS = {
    "layers": "block_count", "width": "embedding_length", "neurons": "feed_forward_length", "heads": "attention.head_count",
    "kv_heads": "attention.head_count_kv", "context": "context_length", "vocabulary": "vocab_size", "rope_base": "rope.freq_base",
    "norm_epsilon": "attention.layer_norm_rms_epsilon",
}
NAMES = {"q": "attn_q", "k": "attn_k", "v": "attn_v", "output": "attn_output", "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down"}


def shape_of(metadata: dict[str, Any]) -> Shape:
    """The shape that a GGUF of ours was exported from. SystemExit where it lacks a key."""
    try:
        values = {field: metadata[f"llama.{key}"] for field, key in SHAPE_KEYS.items()}
    except KeyError as missing:
        raise SystemExit(f"the file lacks {missing}: only models made by training.export_gguf can be imported") from None
    # The file holds float32: 1e-5 returns as 9.99999975e-06.
    return Shape(**{field: float(f"{value:.7g}") if isinstance(value, float) else value for field, value in values.items()})


def halves_order(weights: np.ndarray, heads: int) -> np.ndarray:
    """The inverse of export_gguf.pairs_order."""
    rows, columns = weights.shape
    return weights.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def load_weights(run: Run, tensors: dict[str, np.ndarray]) -> None:
    shape = run.model.shape
    heads = {"q": shape.heads, "k": shape.kv_heads}
    weights = {"embedding": torch.from_numpy(tensors["token_embd.weight"].copy())}
    for name, exported in NAMES.items():
        layers = [tensors[f"blk.{layer}.{exported}.weight"] for layer in range(shape.layers)]
        weights[name] = torch.from_numpy(np.stack([halves_order(w, heads[name]) if name in heads else w for w in layers]))
    run.model.load_state_dict(weights)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODELS / f"{MODEL_NAME}.gguf")
    parser.add_argument("--run", default=MODEL_NAME)
    parser.add_argument("--seed", type=int, default=2)
    arguments = parser.parse_args()
    metadata, tensors = read(arguments.model)
    run = Run(arguments.seed, muon_rate=0.0, adam_rate=0.0, shape=shape_of(metadata))
    load_weights(run, tensors)
    run.save(checkpoint_file(arguments.run))
    print(f"{checkpoint_file(arguments.run)}: weights of {arguments.model.name}")


if __name__ == "__main__":
    main()
