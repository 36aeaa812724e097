"""Does induction form? The model must learn, within minutes, to copy a random sequence that it has just read.

Infilling needs that skill, and an earlier model never got it; so this runs before any long run.

    python3 -m training.copytest
"""

from __future__ import annotations

import torch

from . import machine
from .model import Model
from .optimiser import Optimiser
from .shapes import Shape

ROWS, HALF, STEPS = 64, 48, 200


def main() -> None:
    machine.prepare(background=True)
    shape = Shape()
    model, generator = Model(shape, seed=1), torch.Generator().manual_seed(2)
    optimiser = Optimiser(model, muon_rate=0.02, adam_rate=0.002)
    for step in range(STEPS + 1):
        first = torch.randint(7, shape.vocabulary, (ROWS, HALF), generator=generator)
        tokens = torch.cat((first, first), 1)
        inputs, targets = tokens[:, :-1], tokens[:, 1:]
        weights = torch.zeros(targets.shape)
        weights[:, HALF:] = 1.0
        loss = model.loss(inputs, targets, weights / weights.sum())
        if step % 20 == 0:
            print(f"step {step}: loss on the copied half {loss.item():.3f} nats (chance {torch.log(torch.tensor(4089.0)):.2f})", flush=True)
        loss.backward()
        optimiser.step(1.0)


if __name__ == "__main__":
    main()
