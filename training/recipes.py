"""What a full-size run does when: everything that training.full_size needs to know beside its clock."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Shares (decay_from, penalty_from, penalty_full) are of the whole training time."""

    model: str  # name of the file
    shape: str
    tokens_per_step: int
    lengths: dict[int, float]  # tokens of a row -> share of steps
    muon_rate: float
    adam_rate: float
    penalty: float  # strength of the L1 term once it is full
    train_seconds: float
    checkpoint_seconds: float  # between two checkpoints, each with a look at held-out figures
    reserve_seconds: float  # of a call, kept free for export and bringing back
    workers: int
    tasks: int  # held-out infilling tasks by language
    decay_from: float = 0.60
    penalty_from: float = 0.30
    penalty_full: float = 0.50
    seed: int = 1
    warmup_steps: int = 60  # also after the optimiser started anew

    def rate_factor(self, progress: float, optimiser_steps: int) -> float:
        """On both learning rates: a warm-up in steps, constant, then a linear decay to 1%."""
        warm = min(1.0, (optimiser_steps + 1) / self.warmup_steps)
        return warm * max(0.01, min(1.0, (1 - progress) / (1 - self.decay_from)))

    def penalty_ramp(self, progress: float) -> float:
        """0 until penalty_from, 1 from penalty_full on: it is full before the rate falls, so that neurons can still move."""
        return min(1.0, max(0.0, (progress - self.penalty_from) / (self.penalty_full - self.penalty_from)))

    def stage(self, progress: float) -> str:
        if progress >= self.decay_from:
            return "sparsify, decay"
        return "sparsify" if progress > self.penalty_from else "train"


# FULL_SIZE.md has the reasons and the arithmetic.
FULL_SIZE = Recipe(model="hotset-code-42m", shape="42m", tokens_per_step=131_072, lengths={256: 0.3, 1024: 0.7}, muon_rate=0.02,
                   adam_rate=0.006, penalty=0.010, train_seconds=20.5 * 60, checkpoint_seconds=120, reserve_seconds=50, workers=6,
                   tasks=100)
REHEARSAL = Recipe(model="rehearsal", shape="toy", tokens_per_step=1024, lengths={128: 0.5, 256: 0.5}, muon_rate=0.02,
                   adam_rate=0.006, penalty=0.010, train_seconds=60, checkpoint_seconds=10, reserve_seconds=10, workers=2, tasks=4,
                   warmup_steps=10)
