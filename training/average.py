"""Average the weights of several checkpoints of one run: much of what a falling learning rate gives, at no training cost.

For a model that must be had while a run is still at its full rate.

    python3 -m training.average --run NEW_RUN CHECKPOINT...
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from .paths import checkpoint_file


def mean(states: list[dict]) -> dict:
    """The last checkpoint with the mean of all weights. Its optimiser state is left out: it fits none of them."""
    weights = {name: torch.stack([state["model"][name] for state in states]).mean(0) for name in states[0]["model"]}
    last = max(states, key=lambda state: state["step"])
    return {**{key: value for key, value in last.items() if key != "optimiser"}, "model": weights}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("--run", required=True, help="name of the run that the mean is stored as")
    arguments = parser.parse_args()
    state = mean([torch.load(path) for path in arguments.checkpoints])
    torch.save(state, checkpoint_file(arguments.run))
    print(f"{checkpoint_file(arguments.run)}: mean of {len(arguments.checkpoints)} checkpoints, {state['tokens'] / 1e6:.1f} M tokens seen")


if __name__ == "__main__":
    main()
