"""Some of the corpus as plain files, for what works on folders: the engine's profile and predictors.

The same corpus and size give the same files. What is taken is spread over all packages.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from pathlib import Path

EXTENSIONS = {"python": ".py", "typescript": ".ts", "javascript": ".js", "cpp": ".cpp", "go": ".go", "rust": ".rs", "java": ".java",
              "html": ".html", "css": ".css", "json": ".json", "shell": ".sh"}
FILES = 120  # of each language at most
SHORTEST, LONGEST = 1_000, 30_000  # characters: neither stubs nor a file that is a language's whole sample


def rank(document: dict) -> int:
    return zlib.crc32(f"{document['package']}/{document.get('path', '')}/{len(document['text'])}".encode())


def write_sample(corpus: Path, folder: Path) -> dict[str, int]:
    """Puts up to FILES files of each language into folder. Returns the corpus's characters by language."""
    characters: Counter[str] = Counter()
    chosen: dict[str, list[tuple[int, str]]] = {}
    with open(corpus) as lines:
        for document in map(json.loads, lines):
            language, text = document["language"], document["text"]
            characters[language] += len(text)
            if SHORTEST <= len(text) <= LONGEST:
                best = chosen.setdefault(language, [])
                best.append((rank(document), text))
                if len(best) >= 2 * FILES:
                    chosen[language] = sorted(best)[:FILES]
    for language, texts in chosen.items():
        place = folder / language
        place.mkdir(parents=True, exist_ok=True)
        for number, (_, text) in enumerate(sorted(texts)[:FILES]):
            (place / f"{number}{EXTENSIONS.get(language, '.txt')}").write_text(text)
    return dict(characters.most_common())
