"""Put the weights of a model's confidence, which `hotset evaluate confidence` fitted, into its GGUF.

    hotset evaluate infilling HELDOUT --model NAME.gguf --json > records.json
    hotset evaluate confidence records.json --json > weights.json
    python3 -m training.confidence weights.json NAME.gguf
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path

from . import gguf

KEY = "hotset.confidence.weights"
COUNT = 4  # bias, w_sum, w_min, w_count


def load(path: Path) -> list[float]:
    """The weights that the command printed. Raises ValueError where it did not."""
    try:
        weights = json.loads(path.read_text())["weights"]
        if len(weights) == COUNT and all(map(math.isfinite, weights)):
            return weights
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise ValueError(f"{path}: no output of `hotset evaluate confidence --json`; make it again")


def write(model: Path, weights: list[float]) -> None:
    gguf.amend(model, {KEY: gguf.Typed(gguf.ARRAY, weights, gguf.FLOAT32)}, {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("model", type=Path)
    arguments = parser.parse_args()
    try:
        weights = load(arguments.weights)
    except ValueError as error:
        sys.exit(str(error))
    write(arguments.model, weights)
    print(f"{arguments.model}: {KEY} written")


if __name__ == "__main__":
    main()
