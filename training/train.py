"""Training: constant learning rate for as long as there is time, then a linear decay that the clock starts.

    python3 -m training.train --stop-at 2030-01-01T08:40 --decay-minutes 20

The same command resumes from the last checkpoint. Where the decay begins, the state is kept apart (RUN-stable), so that
a later run can go on at the full rate:  --from-stable.
Batches depend only on the seed and the step's number; the schedule, which follows the clock, is logged with every line.
"""

from __future__ import annotations

import argparse
import itertools
import os
import signal
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Optional

import torch
from torch import Tensor

from . import fim, machine, validation
from .machine import PRODUCT_TYPE
from .model import Model
from .optimiser import Optimiser
from .paths import MODEL_NAME, checkpoint_file, corpus_file, work_directory
from .shapes import SHAPES, Shape
from .tokenizer import load as load_tokenizer

TOKENS_PER_STEP = 8192
# Attention at 1,024 tokens makes a step a third slower than at 256, so most steps are short ones.
LENGTHS = {256: 0.65, 512: 0.25, 1024: 0.10}
SHORT_STEPS = 600  # at first only short rows: nothing far away can be used yet
WARMUP_STEPS = 30
CHECKPOINT_SECONDS = 300
LANGUAGES = ("python", "typescript", "javascript")


def row_length(step: int, seed: int, lengths: dict[int, float] = LENGTHS, short_steps: int = SHORT_STEPS) -> int:
    """Drawn with the shares of lengths (their keys, in tokens); the first one for the first short_steps."""
    draw = torch.rand((), generator=torch.Generator().manual_seed(seed * 1_000_003 + step)).item()
    shares = dict(zip(lengths, itertools.accumulate(lengths.values())))
    return next((length for length, share in shares.items() if step < short_steps or draw < share), max(lengths))


def rate_factor(step: int, seconds_left: float, decay_seconds: float) -> float:
    warm = min(1.0, (step + 1) / WARMUP_STEPS)
    return warm * max(0.01, min(1.0, seconds_left / decay_seconds))


def penalties(shape: Shape, strength: float, ramp: float) -> Optional[Tensor]:
    """L1 weight of each neuron [F], from 0 for the first to twice the strength for the last, divided by F.

    The slope makes skew: what is needed often is cheapest in the first neurons, which become the hot ones."""
    if strength * ramp == 0:
        return None
    return torch.linspace(0, 2, shape.neurons).mul(strength * ramp / shape.neurons)


class Run:
    """Everything that a checkpoint holds, and how to advance it by one step. seconds: spent on training steps."""

    def __init__(self, seed: int, muon_rate: float, adam_rate: float, shape: Shape = SHAPES["6m"], device: str = "cpu") -> None:
        self.seed, self.step, self.tokens, self.seconds = seed, 0, 0, 0.0
        self.device = device
        self.model = Model(shape, seed).to(device)
        self.optimiser = Optimiser(self.model, muon_rate, adam_rate)

    @classmethod
    def resumed(cls, path: Path, muon_rate: float, adam_rate: float, device: str = "cpu") -> Run:
        """The run that the checkpoint holds, whatever its shape. Without an optimiser's state in it, that starts anew."""
        state = torch.load(path, map_location="cpu")
        run = cls(state["seed"], muon_rate, adam_rate, Shape(**state["shape"]), device)
        run.model.load_state_dict(state["model"])
        if "optimiser" in state:
            run.optimiser.load_state_dict(state["optimiser"])
        run.step, run.tokens, run.seconds = state["step"], state["tokens"], state["seconds"]
        return run

    def save(self, path: Path) -> None:
        state = {"shape": self.model.shape.__dict__, "model": self.model.state_dict(), "optimiser": self.optimiser.state_dict(),
                 "seed": self.seed, "step": self.step, "tokens": self.tokens, "seconds": self.seconds}
        torch.save(state, path.with_suffix(".new"))
        os.replace(path.with_suffix(".new"), path)

    def advance(self, batch: fim.Batch, factor: float, strength: float, ramp: float) -> Tensor:
        """One step; the mean loss of the batch in nats per (weighted) token, a scalar still on the device."""
        penalty = penalties(self.model.shape, strength, ramp)
        if penalty is not None:
            penalty = (penalty / batch.inputs.numel()).to(PRODUCT_TYPE).to(self.device)
        elif self.device == "cuda":  # always there, so that a compiled layer stays as it is when the penalty sets in
            penalty = torch.zeros(self.model.shape.neurons, dtype=PRODUCT_TYPE, device=self.device)
        inputs, targets, weights = (part.to(self.device, non_blocking=True) for part in batch[:3])
        loss = self.model.loss(inputs, targets, weights / weights.sum(), penalty)
        loss.backward()
        self.optimiser.step(factor)
        self.step += 1
        self.tokens += batch.inputs.numel()
        return loss.detach()


@torch.no_grad()
def activity(model: Model, tokens: Tensor) -> list[float]:
    """Share of non-zero activations by layer."""
    record: list[Tensor] = []
    model.hidden(tokens.to(model.embedding.device), record=record)
    return [(h > 0).float().mean().item() for h in record]


def validate(run: Run, tasks: dict[str, list[fim.Cut]], tokenizer, tokens: Tensor) -> str:
    """One line of figures: infilling exact matches and middle-only loss by language, activity by layer."""
    parts = []
    for language, cuts in tasks.items():
        outcome = validation.solve(run.model.logits, tokenizer, cuts, limit=min(384, run.model.shape.context))
        parts.append(f"{language} exact {outcome.exact}/{outcome.tasks} middle {outcome.middle_loss:.3f}")
    return "; ".join(parts) + "; activity % " + " ".join(f"{100 * a:.1f}" for a in activity(run.model, tokens))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", default=MODEL_NAME)
    parser.add_argument("--shape", choices=SHAPES, default="6m", help="of a new run; a checkpoint holds its own")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stop-at", required=True, help="UTC, as 2030-01-01T08:40")
    parser.add_argument("--decay-minutes", type=float, required=True)
    parser.add_argument("--from-stable", action="store_true", help="resume from before the decay")
    parser.add_argument("--muon-rate", type=float, default=0.02)
    parser.add_argument("--adam-rate", type=float, default=0.003)
    parser.add_argument("--penalty", type=float, default=0.0, help="strength of the L1 term")
    parser.add_argument("--penalty-from", type=int, default=0, help="tokens seen when its ramp starts")
    parser.add_argument("--penalty-ramp", type=int, default=4_000_000, help="tokens that the ramp lasts")
    parser.add_argument("--validate-minutes", type=float, default=10)
    arguments = parser.parse_args()

    machine.prepare(background=True)
    stop = datetime.fromisoformat(arguments.stop_at).replace(tzinfo=timezone.utc).timestamp()
    path, stable = checkpoint_file(arguments.run), checkpoint_file(arguments.run + "-stable")
    source = stable if arguments.from_stable else path
    if source.exists():
        run = Run.resumed(source, arguments.muon_rate, arguments.adam_rate)
    else:
        run = Run(arguments.seed, arguments.muon_rate, arguments.adam_rate, SHAPES[arguments.shape])
    tokenizer = load_tokenizer()
    documents, heldout = fim.Documents(corpus_file("train")), fim.Documents(corpus_file("heldout"))
    tasks = {language: validation.line_tasks(heldout, language, 100, 900) for language in LANGUAGES}
    held_tokens = fim.batch(heldout, tokenizer, 16, 512, "activity").inputs
    log = open(work_directory() / f"{arguments.run}.log", "a", buffering=1)

    def tell(line: str) -> None:
        log.write(f"{datetime.now(timezone.utc):%H:%M:%S} step {run.step} tokens {run.tokens / 1e6:.2f}M {line}\n")

    terminated: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: terminated.append(number))  # the step in hand is finished and kept
    tell(f"start: {vars(arguments)}")
    saved = validated = time.time()
    decaying, average = False, 0.0
    while time.time() < stop and not terminated:
        began = time.time()
        factor = rate_factor(run.step, stop - began, arguments.decay_minutes * 60)
        if factor < 1 and run.step > WARMUP_STEPS and not decaying:
            decaying = True
            run.save(stable)
        length = row_length(run.step, run.seed)
        batch = fim.batch(documents, tokenizer, TOKENS_PER_STEP // length, length, f"{run.seed}:{run.step}")
        ramp = min(1.0, max(0.0, (run.tokens - arguments.penalty_from) / arguments.penalty_ramp))
        loss = run.advance(batch, factor, arguments.penalty, ramp).item()
        run.seconds += time.time() - began
        average = loss if average == 0 else 0.95 * average + 0.05 * loss
        if run.step % 20 == 0:
            tell(f"loss {average:.3f} rate x{factor:.2f} penalty x{ramp:.2f} {TOKENS_PER_STEP / (time.time() - began):.0f} tokens/s")
        if time.time() - saved > CHECKPOINT_SECONDS:
            run.save(path)
            saved = time.time()
        if time.time() - validated > arguments.validate_minutes * 60 or run.step == 100:
            tell("validation: " + validate(run, tasks, tokenizer, held_tokens))
            validated = time.time()
    run.save(path)
    tell("end: " + validate(run, tasks, tokenizer, held_tokens))


if __name__ == "__main__":
    main()
