"""What sparsity costs: one checkpoint trained on with and without the penalty, by the same batches and rates.

    python3 -m training.sparsity_cost [--checkpoint FILE] [--penalties 0 0.01] [--steps 320]

Each branch goes on for the same number of steps while the rate falls to nothing. Then both are judged on held-out code, in
bits per byte, and by the share of neurons that still fire. A broken-off command goes on at the branch's last checkpoint;
with another source, other steps or rates the branches are others and start anew. The result, sparsity-cost.json in the work
directory, goes into the next release's card.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

from . import fim, machine
from .evaluate import bits_per_byte
from .paths import MODEL_NAME, checkpoint_file, corpus_file, work_directory
from .tokenizer import load as load_tokenizer
from .train import LANGUAGES, TOKENS_PER_STEP, Run, activity, row_length

RATES = {"muon_rate": 0.015, "adam_rate": 0.003}
SAVE_STEPS = 40
WINDOWS = 64  # of held-out text, of each language


def result_file() -> Path:
    return work_directory() / "sparsity-cost.json"


def branch_file(source: Path, penalty: float, steps: int) -> Path:
    """Its name tells everything that the branch comes of, so that no other branch goes on with it or passes for it."""
    origin = f"{hashlib.sha256(source.read_bytes()).hexdigest()} {penalty!r} {steps} {TOKENS_PER_STEP} {sorted(RATES.items())}"
    return checkpoint_file(f"sparsity-cost-{penalty:g}-{hashlib.sha256(origin.encode()).hexdigest()[:12]}")


def train_branch(source: Path, penalty: float, steps: int, documents: fim.Documents) -> Run:
    """steps beyond the source's, with a linear decay."""
    own = branch_file(source, penalty, steps)
    first = Run.resumed(source, **RATES).step
    run = Run.resumed(own if own.exists() else source, **RATES)
    print(f"penalty {penalty:g}: {'goes on after' if own.exists() else 'begins at'} {run.step - first} of {steps} steps", flush=True)
    tokenizer = load_tokenizer()
    while run.step < first + steps:
        row = min(row_length(run.step, run.seed), run.model.shape.context)
        batch = fim.batch(documents, tokenizer, TOKENS_PER_STEP // row, row, f"{run.seed}:{run.step}")
        loss = run.advance(batch, max(0.01, 1 - (run.step - first) / steps), penalty, 1.0).item()
        if run.step % SAVE_STEPS == 0 or run.step == first + steps:
            run.save(own)
            print(f"penalty {penalty:g}: {run.step - first} of {steps} steps, loss {loss:.3f}", flush=True)
    return run


def judged(run: Run, penalty: float, heldout: fim.Documents) -> dict:
    """Bits per byte by language, their mean, and the mean share of activations that are not zero."""
    tokenizer = load_tokenizer()
    tokens = fim.batch(heldout, tokenizer, 16, min(512, run.model.shape.context), "activity").inputs
    by_layer = activity(run.model, tokens)
    bits = {language: bits_per_byte(lambda t: run.model.logits(t[None])[0].float(), tokenizer, heldout, language, WINDOWS) for language in LANGUAGES}
    return {"penalty": penalty, "bitsPerByte": bits, "mean": sum(bits.values()) / len(bits), "activity": sum(by_layer) / len(by_layer)}


def measure(source: Path, penalties: list[float], steps: int) -> dict:
    documents, heldout = fim.Documents(corpus_file("train")), fim.Documents(corpus_file("heldout"))
    rows = [judged(train_branch(source, penalty, steps, documents), penalty, heldout) for penalty in penalties]
    return {"tokens": steps * TOKENS_PER_STEP, "branches": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, default=checkpoint_file(MODEL_NAME + "-stable"))
    parser.add_argument("--penalties", type=float, nargs="+", default=[0.0, 0.01])
    parser.add_argument("--steps", type=int, default=320)
    arguments = parser.parse_args()
    if not arguments.checkpoint.is_file():
        parser.error(f"{arguments.checkpoint} is no file: train first (training.train), or name a checkpoint with --checkpoint")
    if arguments.steps < 1 or min(arguments.penalties) < 0:
        parser.error("--steps must be 1 or more, --penalties 0 or more")

    machine.prepare(background=True)
    try:
        result = measure(arguments.checkpoint, arguments.penalties, arguments.steps)
    except KeyboardInterrupt:
        raise SystemExit("interrupted: the same command goes on at the branch's last checkpoint") from None
    result_file().write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
