"""Do learning rates that suit one width suit another? Short runs at two toy widths, same batches, three rates each.

    python3 -m training.transfer [--steps 100]

The first table is over Muon's rate, the second over AdamW's (of the embedding); each holds the loss on held-out rows.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import torch

from . import fim, machine
from .paths import corpus_file
from .shapes import Shape
from .tokenizer import load as load_tokenizer
from .train import Run

WIDTHS = {width: Shape(layers=3, width=width, neurons=4 * width, heads=width // 32, kv_heads=width // 64, context=256) for width in (64, 192)}
MUON_RATES, ADAM_RATES = (0.01, 0.02, 0.04), (0.0015, 0.003, 0.006)
ROWS, LENGTH, HELD_ROWS = 8, 256, 64
WARMUP_STEPS = 20


def final_loss(shape: Shape, batches: list[fim.Batch], held: fim.Batch, muon_rate: float, adam_rate: float) -> float:
    """Nats per weighted token on the held-out rows, after a warm-up and a linear decay to zero."""
    run = Run(1, muon_rate, adam_rate, shape)
    for step, batch in enumerate(batches):
        run.advance(batch, min((step + 1) / WARMUP_STEPS, 1 - step / len(batches)), 0.0, 0.0)
    with torch.no_grad():
        return run.model.loss(held.inputs, held.targets, held.weights / held.weights.sum()).item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=100)
    steps = parser.parse_args().steps
    machine.prepare(background=True)
    tokenizer = load_tokenizer()
    train, heldout = fim.Documents(corpus_file("train")), fim.Documents(corpus_file("heldout"))
    batches = [fim.batch(train, tokenizer, ROWS, LENGTH, f"1:{step}") for step in range(steps)]
    held = fim.batch(heldout, tokenizer, HELD_ROWS, LENGTH, "transfer")
    shapes = {width: replace(shape, vocabulary=tokenizer.vocab_size()) for width, shape in WIDTHS.items()}
    tables = {"Muon": [(rate, rate, ADAM_RATES[1]) for rate in MUON_RATES], "AdamW": [(rate, MUON_RATES[1], rate) for rate in ADAM_RATES]}
    for name, rows in tables.items():
        for width, shape in shapes.items():
            losses = [f"{rate}: {final_loss(shape, batches, held, muon, adam):.3f}" for rate, muon, adam in rows]
            print(f"{name}, width {width}: " + ", ".join(losses), flush=True)


if __name__ == "__main__":
    main()
