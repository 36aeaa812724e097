"""Cut a file into pieces that a transfer with a size limit takes, and put it together again.

    python3 -m training.pieces FOLDER OUTPUT      FOLDER: what a call of training.full_size brought back
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

PIECE_BYTES = 16_000_000
STATE = "state.json"


def split(path: Path, folder: Path, size: int = PIECE_BYTES) -> dict[str, Any]:
    """Write the pieces of path into folder; what join needs to know of them."""
    data = path.read_bytes()
    names = []
    for start in range(0, len(data), size):
        names.append(f"{path.name}.{len(names)}")
        (folder / names[-1]).write_bytes(data[start : start + size])
    return {"name": path.name, "sha256": hashlib.sha256(data).hexdigest(), "pieces": names}


def join(folder: Path, output: Path) -> dict[str, Any]:
    """Write the file whose pieces lie in folder; the state that came with it. SystemExit where something is missing."""
    if not (folder / STATE).exists():
        raise SystemExit(f"{folder} holds no {STATE}: name the folder that a call of training.full_size brought back")
    state = json.loads((folder / STATE).read_text())
    file = state["file"]
    missing = [name for name in file["pieces"] if Path(name).name != name or not (folder / name).exists()]
    if missing:
        raise SystemExit(f"{folder} lacks {', '.join(missing)}: fetch every file of the call")
    data = b"".join((folder / name).read_bytes() for name in file["pieces"])
    if hashlib.sha256(data).hexdigest() != file["sha256"]:
        raise SystemExit(f"the pieces in {folder} are damaged or of different calls: fetch them again")
    output.write_bytes(data)
    return state


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    state = join(arguments.folder, arguments.output)
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e6:.1f} MB after {state['tokens'] / 1e6:.0f} M tokens")


if __name__ == "__main__":
    main()
