"""Writes the model card, models/README.md: the prose is card.md, every number comes from figures.json.

    python3 -m training.card        after a change of the prose; training.release calls it with new figures
"""

from __future__ import annotations

import json
from pathlib import Path
from string import Template
from typing import Callable, Iterable, Optional

from .paths import MODELS

ROOM = Path(__file__).resolve().parent
TEMPLATE, FIGURES, CARD = ROOM / "card.md", ROOM / "figures.json", MODELS / "README.md"
SHOWN_CONFIDENCES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4)
LANGUAGE_NAMES = {"python": "Python", "typescript": "TypeScript", "javascript": "JavaScript"}
SAMPLES = 2  # right and wrong ones of each language
LONGEST_SAMPLE = 90  # characters of a cell


def table(headings: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    head = list(headings)
    lines = [head, ["---"] * len(head), *([str(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def percent(share: Optional[float], digits: int = 1) -> str:
    return "–" if share is None else f"{100 * share:.{digits}f}%"


def listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def condensed(stages: dict[str, dict], run: dict) -> dict:
    """What the card needs of the outputs of a release's stages (release.py), and nothing about the machine's folders."""
    records = stages["heldout"].pop("records")
    stages["heldout"].pop("model", None)
    for stage in ("predictors", "profile"):
        for key in ("model", "predictors", "profile", "plot"):
            stages[stage].pop(key, None)
    if "humaneval" in stages:
        stages["humaneval"] = stages["humaneval"]["humaneval"]
    return {**run, **stages, "samples": samples(records)}


def samples(records: list[dict]) -> list[dict]:
    """The first right and the first wrong suggestions of each language, as they came."""
    chosen: list[dict] = []
    for language in sorted({record["language"] for record in records}):
        for right in (True, False):
            chosen += [r for r in records if r["language"] == language and r["right"] is right and "written" in r][:SAMPLES]
    return chosen


def doubling_table(rows: list[dict]) -> str:
    if not rows:
        return "(No log of the run is at hand.)"
    cells = ((f"{row['tokens'] / 1e6:.1f} M", f"{row['loss']:.3f}", f"{row['middle_loss']:.3f}" if "middle_loss" in row else "–",
              f"{row['exact']}/{row['tasks']}" if "exact" in row else "–", percent(row.get("activity"))) for row in rows)
    return table(("tokens", "loss", "middle", "exact", "activity"), cells)


def language_table(languages: dict[str, dict]) -> str:
    rows = ((name, row["files"], f"{row['bitsPerByte']:.3f}", f"{row['exact']}/{row['tasks']}", percent(row["exact"] / max(1, row["tasks"])))
            for name, row in languages.items())
    return table(("language", "files", "bits per byte", "right", "share"), rows)


def humaneval_line(score: Optional[dict]) -> str:
    if score is None:
        return "HumanEval was not measured."
    tasks = score["tasks"]
    return (f"HumanEval, single-line infilling: {score['exact']} of {tasks} lines exactly the solution's ({percent(score['exact'] / tasks)}); "
            f"the tests pass for {score['passed']} (pass@1 {percent(score['passed'] / tasks)}).")


def keystroke_line(score: Optional[dict]) -> str:
    if score is None:
        return "Keystrokes were not counted."
    return (f"Passages of {score['files']} held-out files typed again: {percent(score['saved'])} of {score['characters']} keystrokes saved where whole suggestions are "
            f"accepted, {percent(score['savedWordByWord'])} with others taken word by word; {score['accepted']} of {score['shown']} suggestions shown were right as a whole.")


def confidence_text(calibration: Optional[dict]) -> str:
    if calibration is None:
        return "Not measured."
    points = [p for p in calibration["curve"] if any(abs(p["threshold"] - c) < 1e-9 for c in SHOWN_CONFIDENCES)]
    rows = ((f"{p['threshold']:.2f}", percent(p["share"]), percent(p["precision"])) for p in points)
    made = "\n\nThis model has no weights yet: the product of the tokens' probabilities stands in for them." if calibration["weights"] is None else ""
    return (table(("confidence at least", "shown", "of these right"), rows)
            + f"\n\nExpected calibration error {calibration['expectedCalibrationError']:.3f}, Brier score {calibration['brier']:.3f}.{made}")


def neuron_table(profile: dict, quality: list[dict], predictors: dict) -> str:
    recalls = next(row["recallByLayer"] for row in quality if row["mode"] == "predicted")
    layers = zip(profile["layers"], recalls, predictors["layers"])
    rows = [(number, percent(skew["activity"]), percent(skew["livingCarriers"], 0), percent(skew["dead"]), part["hidden"], percent(recall))
            for number, (skew, recall, part) in enumerate(layers)]
    every = profile["all"]
    rows.append(("all", percent(every["activity"]), percent(every["livingCarriers"], 0), percent(every["dead"]), "", ""))
    return table(("layer", "activity", "carriers", "never fired", "predictor's hidden units", "recall"), rows)


def sparsity_section(figures: dict) -> str:
    """Each branch against the one with the least penalty. Figures of a release from before it was asked for have none."""
    if "sparsityCost" not in figures:
        return ""
    cost = figures["sparsityCost"]
    return f"\n\n### What sparsity costs\n{sparsity_text(cost) if cost else 'This was not measured.'}"


def sparsity_text(cost: dict) -> str:
    base, *others = sorted(cost["branches"], key=lambda branch: branch["penalty"])
    others = [branch for branch in others if branch["penalty"] != base["penalty"]]
    headings = ["", penalty_name(base), *(heading for branch in others for heading in (penalty_name(branch), "difference"))]

    def row(title: str, figure: Callable[[dict], float], shown: Callable[[float], str]) -> list[str]:
        against = (cell for branch in others for cell in (shown(figure(branch)), f"{100 * (figure(branch) / figure(base) - 1):+.2f}%"))
        return [title, shown(figure(base)), *against]

    rows = [row(f"{LANGUAGE_NAMES.get(language, language)}, bits per byte", lambda b, name=language: b["bitsPerByte"][name], "{:.3f}".format)
            for language in base["bitsPerByte"]]
    rows += [row("all, bits per byte", lambda b: b["mean"], "{:.3f}".format), row("activity", lambda b: b["activity"], percent)]
    return (f"`python3 -m training.sparsity_cost`: one checkpoint trained on for {cost['tokens'] / 1e6:.1f} M tokens with the L1 penalty and without it, by the same\n"
            f"batches and rates, then judged on held-out text, in PyTorch:\n\n{table(headings, rows)}")


def penalty_name(branch: dict) -> str:
    return f"penalty {branch['penalty']:g}" if branch["penalty"] else "no penalty"


def mode_table(quality: list[dict]) -> str:
    rows = ((row["mode"], percent(row["computed"]), percent(row["recall"]), percent(row["agreement"], 2), f"{row['bitsPerByte']:.4f}") for row in quality)
    return table(("mode", "gates computed", "recall", "next token as dense", "bits per byte"), rows)


def speed_table(rows: list[dict]) -> str:
    cells = ((f"{row['decoder']} {row['mode']}", f"{row['decodeTokensPerSecond']:.0f}", f"{row['ratioToLlamaCpp']:.2f}", f"{row['bytesPerToken'] / 1e6:.1f}") for row in rows)
    return table(("decoder and mode", "tokens/s", "against llama.cpp", "MB read for a token"), cells)


def code(text: str) -> str:
    """One cell of a table; line feeds are shown."""
    shown = text.expandtabs(2).replace("|", "\\|").replace("\n", "⏎")
    fence = "``" if "`" in shown else "`"
    return f"{fence} {shown} {fence}" if fence == "``" else f"`{shown}`" if shown.strip() else "(nothing)"


def sample_tables(chosen: list[dict]) -> str:
    if not chosen:
        return "None were kept."
    parts = []
    for right, title in ((True, "Right, the first of each language's tasks:"), (False, "Wrong, picked in the same way:")):
        rows = ((sample["language"], code(sample["before"].split("\n")[-1][-LONGEST_SAMPLE:]), code(sample["wanted"][:LONGEST_SAMPLE]), code(sample["written"][:LONGEST_SAMPLE]))
                for sample in chosen if sample["right"] is right)
        parts += [title, "", table(("language", "before the cursor", "wanted", "written"), rows), ""]
    return "\n".join(parts).rstrip()


def values(figures: dict) -> dict[str, object]:
    """The template's placeholders."""
    shape, corpus, run = figures["export"]["shape"], figures["text"], figures["run"]
    megabytes = {name: count / 1e6 for name, count in corpus["characters"].items()}
    return {
        "name": figures["name"], "type": figures["type"].upper(), "megabytes": f"{figures['assemble']['bytes'] / 1e6:.1f}",
        "parameters": f"{figures['export']['weights'] / 1e6:.2f} M", "width": shape["width"], "layers": shape["layers"], "heads": shape["heads"],
        "head_width": shape["width"] // shape["heads"], "kv_heads": shape["kv_heads"], "neurons": f"{shape['neurons']:,}", "context": f"{shape['context']:,}",
        "vocabulary": f"{shape['vocabulary']:,}",
        "corpus_megabytes": f"{sum(megabytes.values()):.0f}", "corpus_languages": listed([f"{name} {size:.0f}" for name, size in megabytes.items()]),
        "packages": corpus["packages"], "licences": ", ".join(corpus["licences"]), "heldout_packages": ", ".join(corpus["heldout"]),
        "tokens": f"{(figures['export']['tokens'] + run['earlier_tokens']) / 1e6:.1f}", "hours": f"{(figures['export']['seconds'] + run['earlier_hours'] * 3600) / 3600:.1f}",
        "hardware": run["hardware"], "watts": f"{run['watts']:.0f}",
        "kilowatt_hours": f"{(figures['export']['seconds'] / 3600 + run['earlier_hours']) * run['watts'] / 1000:.2f}",
        "doublings": doubling_table(figures["doublings"]), "languages": language_table(figures["heldout"]["languages"]),
        "humaneval": humaneval_line(figures.get("humaneval")), "keystrokes": keystroke_line(figures["heldout"]["keystrokes"]),
        "confidence": confidence_text(figures["heldout"]["confidence"]),
        "neuron_table": neuron_table(figures["profile"], figures["quality"], figures["predictors"]), "modes": mode_table(figures["quality"]), "sparsity": sparsity_section(figures),
        "speed": speed_table(figures["speed"]), "samples": sample_tables(figures["samples"]),
    }


def write(figures: dict, path: Path = CARD) -> None:
    path.write_text(Template(TEMPLATE.read_text()).substitute(values(figures)))


if __name__ == "__main__":
    write(json.loads(FIGURES.read_text()))
