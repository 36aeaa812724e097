"""Make a checkpoint of an exported GGUF, so that training can go on where only the repository is at hand.

    python3 -m training.import_gguf [--model models/NAME.gguf] [--run RUN] [--seed 2]

Weights only: the optimiser starts anew. Choose another seed than the first run's, or it sees the same batches again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from .gguf import read
from .model import Shape
from .paths import MODEL_NAME, MODELS, checkpoint_file
from .train import Run

NAMES = {"q": "attn_q", "k": "attn_k", "v": "attn_v", "output": "attn_output", "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down"}


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
    shape = Shape()
    if metadata["llama.embedding_length"] != shape.width or metadata["llama.block_count"] != shape.layers:
        raise SystemExit(f"{arguments.model}: its shape is not that of model.py")
    run = Run(arguments.seed, muon_rate=0.0, adam_rate=0.0)
    load_weights(run, tensors)
    run.save(checkpoint_file(arguments.run))
    print(f"{checkpoint_file(arguments.run)}: weights of {arguments.model.name}")


if __name__ == "__main__":
    main()
