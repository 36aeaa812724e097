"""From a checkpoint to everything that ships: one command, which goes on where it was broken off.

    python3 -m training.release [--run RUN] [--name NAME] [--humaneval FILE] [--heldout FOLDER...]

The engine must be built (npm run setup). Stages, those of one line at the same time:
    export, text           the GGUF without predictors; some of the corpus as files to train predictors on
    predictors, calibrate  hotset profile --train-predictors; suggestions on held-out lines, to fit the confidence to
    assemble               predictors and confidence into the model's own file
    heldout, humaneval, neurons, reference   every figure, by the engine from the finished file; recorded logits for tests
    speed                  decoding against llama.cpp, alone on the machine
    publish                models/, its card, test/fixtures/embedded-logits.json, training/figures.json
Everything before the last stage lies in $HOTSET_TRAINING/release/NAME; a stage is done again where the checkpoint or the
command changed, the last one every time: it takes up what was measured since (training.sparsity_cost, the run's log).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable

import torch

from . import card, confidence, export_gguf, gguf, machine, predictors, reference, sparsity_cost, trainlog
from .paths import MANIFEST, MODEL_NAME, MODELS, REPOSITORY, checkpoint_file, corpus_file, heldout_folder, work_directory
from .sample_text import write_sample
from .shapes import Shape

CLI = REPOSITORY / "dist" / "cli.cjs"
FIXTURE = REPOSITORY / "test" / "fixtures" / "embedded-logits.json"
EVERY_TIME = ("publish",)
WORKERS = 2  # stages at the same time, one thread each
WANTED_RECALL = 0.995  # held-out code keeps a little less than what predictors are trained for
PREDICTOR_TOKENS, PROFILE_TOKENS = 40_000, 60_000
CALIBRATION_SEEDS, EVALUATION_SEED = (11, 13, 17), 7  # the confidence is judged on other lines than it was fitted to
CALIBRATION_LINES, EVALUATION_LINES = 60, 60  # of each language, and of each seed
EVALUATION_WINDOWS, TYPED_FILES = 8, 12  # of plain text for bits per byte, of each language; files of which a passage is typed again
QUALITY_FILES, QUALITY_TOKENS = 24, 600  # files, and tokens of each, for recall and agreement with dense


class Release:
    """The stages of one release, each named by its method. folder: where their outputs lie."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.run, self.name, self.type = arguments.run, arguments.name, arguments.type
        self.heldout_paths = [path.resolve() for path in arguments.heldout] or sorted(heldout_folder().glob("*/*"))
        self.humaneval_file = arguments.humaneval and arguments.humaneval.resolve()
        self.about = {"hardware": arguments.hardware, "watts": arguments.watts, "earlier_tokens": arguments.earlier_tokens,
                      "earlier_hours": arguments.earlier_hours}
        self.folder = work_directory() / "release" / self.name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.exported, self.model = self.folder / "exported" / f"{self.name}.gguf", self.folder / f"{self.name}.gguf"
        self.trained = self.exported.with_suffix(".predictors.gguf")
        self.profile = self.model.with_suffix(".profile.gguf")
        self.shows_progress = threading.local()

    def groups(self) -> list[list[Callable[[], None]]]:
        measured = [self.heldout, self.neurons, self.reference]
        if self.humaneval_file:
            measured.insert(1, self.humaneval)
        return [[self.export, self.text], [self.predictors, self.calibrate], [self.assemble], measured, [self.speed], [self.publish]]

    def key(self) -> str:
        """Changes with whatever changes the outputs."""
        checkpoint = hashlib.sha256(checkpoint_file(self.run).read_bytes()).hexdigest()
        return f"{checkpoint} {self.type} {[str(path) for path in self.heldout_paths]} {self.humaneval_file}"

    def json_file(self, stage: str) -> Path:
        return self.folder / f"{stage}.json"

    def hotset(self, stage: str, *arguments: object) -> None:
        """Runs the CLI and keeps its JSON. One of the commands that run at the same time shows its progress bar."""
        log = self.folder / f"{stage}.log"
        with open(self.json_file(stage).with_suffix(".part"), "w") as output, open(log, "w") as errors:
            shown = sys.stderr if getattr(self.shows_progress, "yes", False) else errors
            command = ["node", str(CLI), *map(str, arguments), "--json"]
            status = subprocess.run(command, stdout=output, stderr=shown, check=False).returncode
        if status != 0:
            raise SystemExit(f"stage {stage}: hotset ended with {status}: {log.read_text().strip() or 'see above'}; the same command goes on here")
        self.json_file(stage).with_suffix(".part").replace(self.json_file(stage))

    def export(self) -> None:
        state = torch.load(checkpoint_file(self.run), map_location="cpu")
        shape = Shape(**state["shape"])
        export_gguf.export(self.exported, shape, state["model"], self.type)
        self.keep("export", {"shape": shape.__dict__, "weights": shape.weights, "tokens": state["tokens"], "seconds": state["seconds"]})

    def text(self) -> None:
        shutil.rmtree(self.folder / "text", ignore_errors=True)
        characters = write_sample(corpus_file("train"), self.folder / "text")
        packages = json.loads(MANIFEST.read_text())
        self.keep("text", {"characters": characters, "packages": len(packages),
                           "heldout": sorted(p["name"] for p in packages if p["split"] == "heldout"),
                           "licences": sorted({p["licence"] for p in packages})})

    def predictors(self) -> None:
        self.hotset("predictors", "profile", self.exported, self.folder / "text", "--train-predictors", "--recall", WANTED_RECALL,
                    "--tokens", PREDICTOR_TOKENS, "--threads", 1, "--output", self.trained)

    def calibrate(self) -> None:
        for seed in CALIBRATION_SEEDS:
            self.evaluate(f"calibrate-{seed}", self.exported, *self.heldout_paths, "--tasks", CALIBRATION_LINES, "--windows", 1, "--keystrokes", 0, "--seed", seed)

    def assemble(self) -> None:
        gguf.amend(self.exported, *predictors.load(self.trained, self.exported), self.model)
        try:
            self.hotset("confidence", "evaluate", "confidence", *(self.json_file(f"calibrate-{seed}") for seed in CALIBRATION_SEEDS))
            confidence.write(self.model, confidence.load(self.json_file("confidence")))
        except SystemExit as error:  # too few right suggestions
            print(f"the model gets no confidence: {error}", file=sys.stderr)
        self.keep("assemble", {"bytes": self.model.stat().st_size})

    def heldout(self) -> None:
        self.evaluate("heldout", self.model, *self.heldout_paths, "--tasks", EVALUATION_LINES, "--windows", EVALUATION_WINDOWS,
                      "--keystrokes", TYPED_FILES, "--seed", EVALUATION_SEED)

    def humaneval(self) -> None:
        self.evaluate("humaneval", self.model, "--humaneval", self.humaneval_file)

    def evaluate(self, stage: str, model: Path, *arguments: object) -> None:
        self.hotset(stage, "evaluate", "infilling", *arguments, "--model", model, "--threads", 1)

    def neurons(self) -> None:
        self.hotset("profile", "profile", self.model, *self.heldout_paths, "--tokens", PROFILE_TOKENS, "--threads", 1, "--output", self.profile)
        self.hotset("quality", "bench", "--quality", *self.quality_files(), "--model", self.model, "--modes", "exact,predicted",
                    "--tokens", QUALITY_TOKENS, "--threads", 1)

    def quality_files(self) -> list[Path]:
        """Held-out files, the languages in turn."""
        files = sorted(file for path in self.heldout_paths for file in ([path] if path.is_file() else path.rglob("*.*")) if file.is_file())
        by_kind: dict[str, list[Path]] = {}
        for file in files:
            if file.stat().st_size >= 2 * QUALITY_TOKENS:
                by_kind.setdefault(file.suffix, []).append(file)
        kinds = [sorted(kind, key=lambda file: hashlib.sha256(file.name.encode()).digest()) for kind in by_kind.values() if len(kind) > 3]
        turns = (kind[turn] for turn in range(QUALITY_FILES) for kind in kinds if turn < len(kind))
        return [file for file, _ in zip(turns, range(QUALITY_FILES))]

    def reference(self) -> None:
        self.json_file("reference").write_text(json.dumps(reference.recording(self.model)) + "\n")

    def speed(self) -> None:
        self.hotset("speed", "bench", "--model", self.model, "--threads", 1, "--rounds", 30)

    def publish(self) -> None:
        figures = self.figures()
        for old in MODELS.glob("hotset-code-*.gguf"):
            old.unlink()
        for file in (self.model, self.profile):
            shutil.copy(file, MODELS / file.name)
        shutil.copy(self.json_file("reference"), FIXTURE)
        card.FIGURES.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
        card.write(figures)

    def keep(self, stage: str, figures: dict) -> None:
        self.json_file(stage).write_text(json.dumps(figures, indent=1) + "\n")

    def figures(self) -> dict:
        stages = ["export", "text", "predictors", "assemble", "heldout", "humaneval", "profile", "quality", "speed"]
        known = {stage: json.loads(self.json_file(stage).read_text()) for stage in stages if self.json_file(stage).exists()}
        log = work_directory() / f"{self.run}.log"
        cost = sparsity_cost.result_file()
        return card.condensed(known, {"name": self.name, "type": self.type, "run": self.about,
                                      "doublings": trainlog.doublings(log) if log.exists() else [],
                                      "sparsityCost": json.loads(cost.read_text()) if cost.exists() else None})


def perform(release: Release) -> None:
    """Runs what is not done yet, and tells how long each stage took."""
    key = release.key()
    for group in release.groups():
        key = hashlib.sha256(f"{key} {[stage.__name__ for stage in group]}".encode()).hexdigest()
        missing = [stage for stage in group if not is_done(release, stage, key)]
        with ThreadPoolExecutor(WORKERS) as workers:
            for running in [workers.submit(timed, release, stage, key, stage is missing[0]) for stage in missing]:
                running.result()


def marker(release: Release, stage: Callable[[], None]) -> Path:
    return release.folder / f"{stage.__name__}.done"


def is_done(release: Release, stage: Callable[[], None], key: str) -> bool:
    path = marker(release, stage)
    return stage.__name__ not in EVERY_TIME and path.exists() and path.read_text() == key


def timed(release: Release, stage: Callable[[], None], key: str, shows_progress: bool) -> None:
    release.shows_progress.yes = shows_progress
    began = time.monotonic()
    stage()
    marker(release, stage).write_text(key)
    print(f"{stage.__name__}: {time.monotonic() - began:.0f} s", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", default=MODEL_NAME)
    parser.add_argument("--name", default=MODEL_NAME, help="of the model and its file")
    parser.add_argument("--type", choices=export_gguf.TYPES, default="f16")
    parser.add_argument("--heldout", type=Path, nargs="*", default=[], help="files and folders, those of training.corpus when left out")
    parser.add_argument("--humaneval", type=Path, help="HumanEval-SingleLineInfilling.jsonl.gz; not measured when left out")
    parser.add_argument("--earlier-tokens", type=int, default=0, help="seen before the checkpoint's run began, which it does not count")
    parser.add_argument("--earlier-hours", type=float, default=0, help="of training steps before it")
    parser.add_argument("--hardware", default="two shared CPU cores (Zen 4)", help="trained on; for the card")
    parser.add_argument("--watts", type=float, default=30, help="what of it was in use draws; for the card's energy")
    arguments = parser.parse_args()
    machine.prepare(threads=1)
    for needed, remedy in ((CLI, "run npm run setup"), (checkpoint_file(arguments.run), "train first, or training.import_gguf"),
                           (corpus_file("train"), "run training.corpus")):
        if not needed.exists():
            raise SystemExit(f"{needed} is missing: {remedy}")
    release = Release(arguments)
    if not release.heldout_paths:
        raise SystemExit(f"{heldout_folder()} holds no held-out files: run training.corpus, or name some with --heldout")
    try:
        perform(release)
    except KeyboardInterrupt:
        raise SystemExit("broken off; the same command goes on here") from None


if __name__ == "__main__":
    main()
