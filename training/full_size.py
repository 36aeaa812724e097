"""Train the full-size model on a GPU that is lent for minutes, in calls of a few minutes each.

    python3 -m training.full_size --out FOLDER [--packed FOLDER] [--back FOLDER] [--minutes 9] [--rehearse]

Every call does what is next: unpack the loads of training.pack, go on with training, export, measure, and lay what must
survive the machine into --out: the model in Q8_0, cut into pieces, and state.json. The same command is called until it
says that the training is finished. It goes on from the machine's own checkpoint; on a fresh machine from --back, the
folder that an earlier call brought back, with the weights of that file and an optimiser that starts anew; the loads may
come in a call after that one, where both together are too large.
Work files lie in $HOTSET_TRAINING. --rehearse does the same at toy size on a CPU. FULL_SIZE.md has the schedule.
"""

from __future__ import annotations

import argparse
import json
import signal
import time
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Callable, Optional

import torch

from . import fim, loader, machine, pack, pieces, validation
from .export_gguf import export
from .gguf import read
from .import_gguf import load_weights, shape_of
from .machine import PRODUCT_TYPE
from .paths import checkpoint_file, corpus_file, work_directory
from .recipes import FULL_SIZE, REHEARSAL, Recipe
from .shapes import SHAPES
from .tokenizer import load as load_tokenizer
from .train import LANGUAGES, Run, validate

TELL_STEPS = 20  # between two looks at the loss: each waits for the GPU
Clock = Callable[[], float]


class Log:
    """Lines for the terminal and for a file that comes back with the model."""

    def __init__(self) -> None:
        self.path = work_directory() / "full_size.log"

    def __call__(self, line: str) -> None:
        line = f"{datetime.now(timezone.utc):%H:%M:%S} {line}"
        print(line, flush=True)
        with open(self.path, "a") as file:
            file.write(line + "\n")


class Call:
    """One call. clock: seconds; everything that depends on time reads it."""

    def __init__(self, recipe: Recipe, out: Path, minutes: float, clock: Clock = time.monotonic) -> None:
        self.recipe, self.out, self.clock = recipe, out, clock
        self.until = clock() + minutes * 60 - recipe.reserve_seconds
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.stopped = False
        self.log = Log()

    @property
    def checkpoint(self) -> Path:
        return checkpoint_file(self.recipe.model)

    def progress(self, run: Run) -> float:
        return run.seconds / self.recipe.train_seconds

    def unpack(self, packed: Optional[Path]) -> None:
        for load in sorted(packed.glob("load-*")) if packed else []:
            self.log(f"setup: {load.name} " + ("unpacked" if pack.unpack(load) else "was there already"))

    def start(self, back: Optional[Path]) -> Run:
        """Where training stands: the machine's checkpoint, else what was brought back, else the beginning."""
        rates = self.recipe.muon_rate, self.recipe.adam_rate
        if self.checkpoint.exists():
            run, source = Run.resumed(self.checkpoint, *rates, self.device), "the checkpoint"
        elif back:
            run, source = self.run_of(back), f"what {back.name} brought back"
            run.save(self.checkpoint)
        else:
            run, source = Run(self.recipe.seed, *rates, SHAPES[self.recipe.shape], self.device), "the beginning"
        self.log(f"setup: {run.model.shape.weights / 1e6:.1f} M weights on {self.device}, from {source}: step {run.step}, "
                 f"{run.tokens / 1e6:.1f} M tokens, {100 * self.progress(run):.0f}% of the training time")
        return run

    def run_of(self, back: Path) -> Run:
        """The batches go on where they were: the seed and the step came back as well."""
        file = work_directory() / "brought-back.gguf"
        state = pieces.join(back, file)
        metadata, tensors = read(file)
        run = Run(state["seed"], self.recipe.muon_rate, self.recipe.adam_rate, shape_of(metadata), self.device)
        load_weights(run, tensors)
        run.step, run.tokens, run.seconds = state["step"], state["tokens"], state["seconds"]
        return run

    def train(self, run: Run) -> str:
        """Until the training time or the call's is over; the last held-out figures."""
        recipe = self.recipe
        tokenizer, heldout = load_tokenizer(), fim.Documents(corpus_file("heldout"))
        steps = loader.Steps(fim.Documents(corpus_file("train")), tokenizer, recipe.tokens_per_step, recipe.lengths, run.seed)
        batches = loader.batches(steps, run.step, recipe.workers)  # before the model is warm: workers make batches meanwhile
        tasks = {language: validation.line_tasks(heldout, language, recipe.tasks, 900) for language in LANGUAGES}
        held_tokens = fim.batch(heldout, tokenizer, 16, min(512, run.model.shape.context), "activity").inputs
        self.warm_up(run)
        self.log(f"train: {recipe}")
        saved = before = self.clock()
        told_tokens, told = run.tokens, before
        while self.progress(run) < 1 and before < self.until and not self.stopped:
            progress = self.progress(run)
            factor, ramp = recipe.rate_factor(progress, run.optimiser.steps), recipe.penalty_ramp(progress)
            loss = run.advance(next(batches), factor, recipe.penalty, ramp)
            if run.step % TELL_STEPS == 0:
                self.tell(run, loss.item(), factor, ramp, (run.tokens - told_tokens) / max(self.clock() - told, 1e-3))
                told_tokens, told = run.tokens, self.clock()
            now = self.clock()
            run.seconds, before = run.seconds + now - before, now
            if now - saved > recipe.checkpoint_seconds:
                run.save(self.checkpoint)
                self.log("held out: " + validate(run, tasks, tokenizer, held_tokens))
                saved = before = self.clock()
                told_tokens, told = run.tokens, before
        run.save(self.checkpoint)
        figures = validate(run, tasks, tokenizer, held_tokens)
        self.log("held out: " + figures)
        return figures

    def tell(self, run: Run, loss: float, factor: float, ramp: float, speed: float) -> None:
        progress = self.progress(run)
        self.log(f"{self.recipe.stage(progress)}: step {run.step} tokens {run.tokens / 1e6:.1f} M loss {loss:.3f} rate x{factor:.2f} "
                 f"penalty x{ramp:.2f} {speed:.0f} tokens/s, {100 * progress:.1f}% of the training time")
        if not loss < float("inf"):
            raise SystemExit("the loss is no number any more; the last checkpoint is intact: call again with half the --muon-rate")

    def warm_up(self, run: Run) -> None:
        """On a GPU: compile the layers for every length of rows, or say why not and do without."""
        if self.device == "cpu":
            return
        began, rows = self.clock(), self.recipe.tokens_per_step
        run.model.compile_layers()
        try:
            for length in self.recipe.lengths:
                tokens = torch.zeros(rows // length, length, dtype=torch.int64, device=self.device)
                penalty = torch.zeros(run.model.shape.neurons, dtype=PRODUCT_TYPE, device=self.device)
                run.model.loss(tokens, tokens, torch.ones_like(tokens, dtype=torch.float32), penalty).backward()
        except Exception as error:  # whatever a compiler throws: uncompiled training is a third slower, and works
            run.model.interpret_layers()
            self.log(f"setup: not compiled, {type(error).__name__}: {str(error).splitlines()[0]}")
        run.model.zero_grad(set_to_none=True)
        self.log(f"setup: warm after {self.clock() - began:.0f} s")

    def bring_back(self, run: Run, figures: str) -> bool:
        """Lay what must survive the machine into out; whether the training is finished."""
        self.out.mkdir(parents=True, exist_ok=True)
        file = work_directory() / f"{self.recipe.model}.gguf"
        export(file, run.model.shape, {name: values.cpu() for name, values in run.model.state_dict().items()}, "q8_0")
        finished = self.progress(run) >= 1
        state = {"finished": finished, "seed": run.seed, "step": run.step, "tokens": run.tokens, "seconds": run.seconds,
                 "held_out": figures, "file": pieces.split(file, self.out)}
        self.log(f"bring back: {file.stat().st_size / 1e6:.1f} MB in {len(state['file']['pieces'])} pieces; "
                 + ("the training is finished" if finished else f"{100 * self.progress(run):.0f}% of the training time used: call again"))
        (self.out / pieces.STATE).write_text(json.dumps(state, indent=1) + "\n")
        (self.out / "log.txt").write_bytes(self.log.path.read_bytes())
        return finished

    def __call__(self, packed: Optional[Path] = None, back: Optional[Path] = None) -> bool:
        self.unpack(packed)
        run = self.start(back)
        if not corpus_file("train").exists():
            self.log("setup: there is no corpus yet: call again with a load of training.pack and --packed")
            return False
        return self.bring_back(run, self.train(run))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for what comes back")
    parser.add_argument("--packed", type=Path, help="folder with loads of training.pack")
    parser.add_argument("--back", type=Path, help="folder that an earlier call brought back; read only where there is no checkpoint")
    parser.add_argument("--minutes", type=float, default=9, help="of this call, by the clock")
    parser.add_argument("--train-minutes", type=float, help="of all calls together, instead of the recipe's")
    parser.add_argument("--muon-rate", type=float, help="instead of the recipe's")
    parser.add_argument("--penalty", type=float, help="instead of the recipe's")
    parser.add_argument("--rehearse", action="store_true", help="toy size on a CPU")
    arguments = parser.parse_args()
    recipe = REHEARSAL if arguments.rehearse else FULL_SIZE
    seconds = arguments.train_minutes and arguments.train_minutes * 60
    changes = {"train_seconds": seconds, "muon_rate": arguments.muon_rate, "penalty": arguments.penalty}
    recipe = replace(recipe, **{name: value for name, value in changes.items() if value is not None})
    machine.prepare(background=arguments.rehearse)
    call = Call(recipe, arguments.out, arguments.minutes)
    signal.signal(signal.SIGTERM, lambda *_: setattr(call, "stopped", True))  # the step in hand is finished and kept
    call(arguments.packed, arguments.back)


if __name__ == "__main__":
    main()
