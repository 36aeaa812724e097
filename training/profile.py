"""Count how often each neuron of the exported model is active on held-out code, and write the profile beside the model.

    python3 -m training.profile [--model models/NAME.gguf] [--tokens 200000]

The profile is a GGUF: one F32 tensor blk.N.activation_frequency [F] per layer, and keys that name model and corpus.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import torch

from . import fim, machine
from .gguf import F32, FLOAT32, STRING, U64, Typed, write
from .paths import MODEL_NAME, MODELS, corpus_file
from .reference import Llama
from .tokenizer import load as load_tokenizer

ROWS, LENGTH = 4, 512
THRESHOLD = 0.0  # a neuron counts as active where its activation is above this
CORPUS = "held-out files of the training corpus, mostly suffix-first infilling prompts"


def frequencies(model: Llama, documents: fim.Documents, tokens: int) -> tuple[torch.Tensor, int]:
    """([L, F] share of tokens for which each neuron was active, tokens counted). The padding of rows is not counted."""
    tokenizer = load_tokenizer()
    active = torch.zeros(model.layers, model.neurons, dtype=torch.float64)
    counted = 0
    while counted < tokens:
        batch = fim.batch(documents, tokenizer, ROWS, LENGTH, f"profile:{counted}")
        for inputs, weights in zip(batch.inputs, batch.weights):
            last = int(weights.nonzero().max()) + 1
            record: list[torch.Tensor] = []
            model.logits(inputs[:last], record)
            active += torch.stack([(h > THRESHOLD).sum(0) for h in record])
            counted += last
    return (active / counted).float(), counted


def profile_path(model: Path) -> Path:
    return model.with_suffix(".profile.gguf")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODELS / f"{MODEL_NAME}.gguf")
    parser.add_argument("--tokens", type=int, default=200_000)
    arguments = parser.parse_args()
    machine.prepare()
    shares, counted = frequencies(Llama(arguments.model), fim.Documents(corpus_file("heldout")), arguments.tokens)
    metadata = {
        "general.architecture": Typed(STRING, "hotset.profile"),
        "hotset.profile.model_sha256": Typed(STRING, hashlib.sha256(arguments.model.read_bytes()).hexdigest()),
        "hotset.profile.corpus": Typed(STRING, CORPUS),
        "hotset.profile.tokens": Typed(U64, counted),
        "hotset.profile.threshold": Typed(FLOAT32, THRESHOLD),
    }
    write(profile_path(arguments.model), metadata,
          {f"blk.{layer}.activation_frequency": (share.numpy(), F32) for layer, share in enumerate(shares)})
    print(f"{profile_path(arguments.model)}: {counted} tokens, mean activity {100 * shares.mean():.2f}%")


if __name__ == "__main__":
    main()
