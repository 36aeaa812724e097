"""Sources for tests: code that nobody wrote, in three languages, and the same for ever.

What a test trains on must not change with the project's own files: figures of a small model move with its last digit.
"""

from __future__ import annotations

import random

LANGUAGES = ("python", "typescript", "javascript")
FILES, FUNCTIONS = 50, 10
WORDS = (
    "account block buffer cache chunk client column count cursor depth entry error event field file filter first frame "
    "graph group handle head index input item key label last layer length limit line list mark match message mode model "
    "name node offset order output owner page parent part path place point queue range rate record request result root "
    "row score section sequence server session share shape size slot source span start state step stream sum table tail "
    "task text time title token total tree type unit update user value vector version weight width window word"
).split()


def name(draw: random.Random) -> str:
    """Of one word or two."""
    return "_".join(draw.sample(WORDS, draw.choice((1, 1, 2))))


def statement(language: str, names: list[str], draw: random.Random) -> list[str]:
    """Lines, without the indentation of the block they stand in."""
    python, end = language == "python", "" if language == "python" else ";"
    one, other = draw.choice(names), draw.choice(names)
    number, word = draw.randrange(100), draw.choice(WORDS)
    kind = draw.randrange(5)
    if kind == 0:
        names.append(new := name(draw))
        return [f"{new} = {one} + {number}" if python else f"const {new} = {one} + {number};"]
    if kind == 1:
        condition = f"{one} > {other}"
        return [f"if {condition}:", f"    return {one}"] if python else [f"if ({condition}) {{", f"  return {one};", "}"]
    if kind == 2:
        if python:
            return [f"for {word} in {other}:", f"    {one}.append({word})"]
        return [f"for (const {word} of {other}) {{", f"  {one}.push({word});", "}"]
    if kind == 3:
        return [f"{one}.{word} = {other}.{draw.choice(WORDS)}({number}){end}"]
    return [f'print("{word} {draw.choice(WORDS)}", {one})' if python else f'console.log("{word} {draw.choice(WORDS)}", {one});']


def function(language: str, draw: random.Random) -> str:
    names = [name(draw) for _ in range(draw.randrange(1, 4))]
    if language == "python":
        head, indentation, tail = f"def {name(draw)}({', '.join(names)}):", "    ", "\n"
    else:
        typed = [f"{one}: {draw.choice(('number', 'string', 'Entry[]'))}" if language == "typescript" else one for one in names]
        head, indentation, tail = f"export function {name(draw)}({', '.join(typed)}) {{", "  ", "\n}\n"
    lines = [line for _ in range(draw.randrange(2, 8)) for line in statement(language, names, draw)]
    end = f"return {draw.choice(names)}" + ("" if language == "python" else ";")
    return "\n".join([head, *(indentation + line for line in [*lines, end])]) + tail


def source(language: str, number: int) -> str:
    """The text of one file."""
    draw = random.Random(f"{language} {number}")
    return "\n".join(function(language, draw) for _ in range(FUNCTIONS))
