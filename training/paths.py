"""Where the work files lie. They are large and reproducible, so they never enter the repository."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
MODELS = REPOSITORY / "models"
MANIFEST = Path(__file__).resolve().parent / "manifest.json"
MODEL_NAME = "hotset-code-6m"


def work_directory() -> Path:
    """The directory of all work files: $HOTSET_TRAINING, or ~/.cache/hotset-training."""
    chosen = os.environ.get("HOTSET_TRAINING")
    path = Path(chosen) if chosen else Path.home() / ".cache" / "hotset-training"
    path.mkdir(parents=True, exist_ok=True)
    return path


def downloads() -> Path:
    return work_directory() / "downloads"


def corpus_file(split: str) -> Path:
    """JSON Lines, one source file per line: {"language", "package", "path", "text"}. split: train | heldout."""
    return work_directory() / f"corpus-{split}.jsonl"


def heldout_folder() -> Path:
    """The held-out files one by one: <language>/<package>/<path>."""
    return work_directory() / "heldout"


def tokenizer_file() -> Path:
    return work_directory() / "tokenizer.model"


def checkpoint_file(run: str) -> Path:
    return work_directory() / f"{run}.checkpoint.pt"
