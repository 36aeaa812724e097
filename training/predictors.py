"""Put trained predictors into the model's own file, where the engine looks for them first.

    hotset profile models/NAME.gguf TEXT... --train-predictors --recall 0.995
    python3 -m training.predictors [--model models/NAME.gguf] [--predictors models/NAME.predictors.gguf]

For each layer blk.N.fc1.weight [R, D] and blk.N.fc2.weight [F, R], byte for byte as they were trained, and the keys
hotset.predictor.* (docs/engine.md).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from .gguf import Raw, Typed, amend, read_raw
from .paths import MODEL_NAME, MODELS

ARCHITECTURE = b"hotset.predictors"


def predictors_path(model: Path) -> Path:
    return model.with_suffix(".predictors.gguf")


def load(predictors: Path, model: Path) -> tuple[dict[str, Typed], dict[str, Raw]]:
    """Keys and matrices for the model's file. Raises ValueError where they do not fit it."""
    metadata, tensors = read_raw(predictors)
    architecture = metadata.get("general.architecture")
    if architecture is None or architecture.value != ARCHITECTURE:
        raise ValueError(f"{predictors}: holds no predictors; train them with hotset profile --train-predictors")
    shape, _ = read_raw(model)
    layers, width, neurons = (shape[f"llama.{key}"].value for key in ("block_count", "embedding_length", "feed_forward_length"))
    for layer in range(layers):
        fc1, fc2 = (tensors.get(f"blk.{layer}.{name}.weight") for name in ("fc1", "fc2"))
        if fc1 is None or fc2 is None or fc1.shape[1] != width or fc2.shape != (neurons, fc1.shape[0]):
            raise ValueError(f"{predictors}: the predictor of layer {layer} does not fit {model}; train the predictors again")
    # Whose they are is plain where they lie in the model's own file.
    keys = {key: entry for key, entry in metadata.items() if key.startswith("hotset.predictor.")}
    return keys, tensors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODELS / f"{MODEL_NAME}.gguf")
    parser.add_argument("--predictors", type=Path, help="those beside the model when left out")
    parser.add_argument("--output", type=Path, help="the model's file when left out")
    arguments = parser.parse_args()
    predictors = arguments.predictors or predictors_path(arguments.model)
    output = arguments.output or arguments.model
    try:
        amend(arguments.model, *load(predictors, arguments.model), output)
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from error
    print(f"{output}: {output.stat().st_size / 1e6:.1f} MB, with the predictors of {predictors.name}")


if __name__ == "__main__":
    main()
