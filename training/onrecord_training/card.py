"""Generate MODEL_CARD.md and DATA_CARD.md from measured files and a hand-written template.

A template is Markdown with places such as `{{scores}}`; everything that is a figure, a hash or a
list of what was used comes from files, so that a card cannot drift from what was measured. The
front matter is in the format of the Hugging Face hub.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onrecord.errors import CorpusError
from onrecord.manifest import Manifest
from onrecord_training import pictures
from onrecord_training.check import Balance
from onrecord_training.converters import READERS, WRITERS
from onrecord_training.corpus import suggest
from onrecord_training.fragments import ROLES

TEMPLATES = Path(__file__).parent / "cards"
_PLACE = re.compile(r"\{\{\s*([\w-]+)\s*\}\}")
FIGURES = ("minimal_pairs", "invariance", "speed")
_NOT_MEASURED = "Not measured."
_HEADLINE = {
    "detection": "detection F1",
    "source": "source",
    "target": "target",
    "content": "content",
    "stance": "stance accuracy",
    "stance_macro": "stance macro-F1",
    "tuple": "full tuple F1",
    "source_stance": "source + stance F1",
    "actor": "actor",
    "represents": "represents",
}


@dataclass(frozen=True)
class CardFiles:
    """What a card is made from.

    Args:
        manifest: Of the checkpoint that the card describes, or None for a data card alone.
        evaluations: Output of `evaluate --json`, by name of the corpus, the main one first.
        fragments: Output of `evaluate --protocol polnear --json`, or None.
        calibration: Output of `calibrate --json`, or None.
        learning: `[records, tuple F1]` pairs by way of choosing the records, or None.
        corpora: Make-up of each corpus, for the data card.
        figures: What the benchmarks and golden tests wrote, by the names of `FIGURES`.
    """

    manifest: Manifest | None = None
    evaluations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    fragments: Mapping[str, Any] | None = None
    calibration: Mapping[str, Any] | None = None
    learning: Mapping[str, Sequence[Sequence[float]]] | None = None
    corpora: Sequence[Balance] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)


def render(template: str, files: CardFiles, *, picture_folder: Path, link: str) -> str:
    """Return the finished card and write its pictures.

    Args:
        template: Hand-written Markdown with `{{places}}`.
        files: The measured files.
        picture_folder: Where pictures are written.
        link: How the card links to that folder.

    Raises:
        CorpusError: If the template names a place that does not exist.
    """

    def fill(found: re.Match[str]) -> str:
        name = found[1]
        if name == "pictures":
            return draw_all(files, picture_folder, link)
        if name not in BLOCKS:
            legal = [*BLOCKS, "pictures"]
            message = f"the template's place {name!r} is not known{suggest(name, legal)}"
            raise CorpusError(message)
        return BLOCKS[name](files)

    return _PLACE.sub(fill, template)


def draw_all(files: CardFiles, folder: Path, link: str) -> str:
    """Write the pictures for which there are figures and return the Markdown that shows them."""
    lines = []

    def show(name: str, title: str, draw: Callable[..., None], *figures: Any) -> None:
        draw(*figures, folder / name, title)
        lines.append(f"![{title}]({link}/{name})")

    for number, (corpus, found) in enumerate(files.evaluations.items()):
        name = "confusion.png" if not number else f"confusion-{number}.png"
        title = f"Stances of matched statements, {corpus}"
        show(name, title, pictures.draw_confusion, found["labels"], found["confusion"])
    measured = {
        corpus: found["calibration"]
        for corpus, found in files.evaluations.items()
        if found.get("calibration")
    }
    if measured:
        corpus, first = next(iter(measured.items()))
        title = f"Reliability of the confidence, {corpus}"
        show("reliability.png", title, pictures.draw_reliability, first["bins"], first["ece"])
        curves = {corpus: found["selective"] for corpus, found in measured.items()}
        title = "Precision of the surest statements"
        show("selective.png", title, pictures.draw_selective, curves)
    if files.learning:
        title = pictures.LEARNING_TITLE
        show("learning.png", title, pictures.draw_learning, files.learning)
    return "\n\n".join(lines)


def read_template(given: str) -> str:
    """Return a template: `model` and `data` of the shipped checkpoint, `run`, or a file.

    Raises:
        CorpusError: If there is no such file.
    """
    path = TEMPLATES / f"{given}_card.md" if given in ("model", "data", "run") else Path(given)
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        message = f"{path}: cannot be read; give `model`, `data`, `run`, or a Markdown file"
        raise CorpusError(message) from error


def read_json(path: Path) -> Any:
    """Read a JSON file that another command wrote.

    Raises:
        CorpusError: If it is not there or not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"{path}: cannot be read as JSON ({error}); write it with --json"
        raise CorpusError(message) from error


def read_figures(paths: Sequence[Path]) -> dict[str, Any]:
    """Read and join files of `FIGURES` that the benchmarks and golden tests wrote.

    Raises:
        CorpusError: If a file is not such an object.
    """
    out: dict[str, Any] = {}
    for path in paths:
        told = read_json(path)
        if not isinstance(told, dict) or not told.keys() <= set(FIGURES):
            message = f"{path}: expected an object with some of {', '.join(FIGURES)}"
            raise CorpusError(message)
        out |= told
    return out


def _front_matter(files: CardFiles) -> str:
    manifest = _manifest(files)
    lines = [
        "library_name: onrecord",
        "pipeline_tag: token-classification",
        "tags: [quotation-extraction, stance, attribution, news, onnx]",
        "metrics: [f1, accuracy]",
    ]
    if files.evaluations:  # the hub refuses an empty list
        lines += ["model-index:", f"- name: {json.dumps(manifest.name)}", "  results:"]
    for corpus, found in files.evaluations.items():
        lines += [
            "  - task: {type: token-classification, name: statement extraction}",
            f"    dataset: {{type: onrecord, name: {json.dumps(corpus)}}}",
            "    metrics:",
            *(
                f"    - {{type: f1, name: {title}, value: {found['intervals'][name]['value']:.4f}}}"
                for name, title in _HEADLINE.items()
                if name in ("detection", "stance_macro", "tuple")
            ),
        ]
    return "\n".join([*lines, "---"])


def _identity(files: CardFiles) -> str:
    manifest = _manifest(files)
    rows = [
        ("name", f"{manifest.name} {manifest.version}"),
        ("stances", ", ".join(manifest.stances)),
        ("network", ", ".join(f"{key} {value}" for key, value in manifest.network.items())),
        ("longest article", f"{manifest.limits.max_characters:,} characters"),
        ("SHA-256 of manifest.json", f"`{manifest.sha256}`"),
        *((f"SHA-256 of {name}", f"`{value}`") for name, value in manifest.files.items()),
    ]
    return _table(("", ""), rows)


def _training(files: CardFiles) -> str:
    told = dict(_manifest(files).training)
    return "```json\n" + json.dumps(told, indent=1, ensure_ascii=False) + "\n```"


def _scores(files: CardFiles) -> str:
    rows = []
    for name, title in _HEADLINE.items():
        cells = []
        for found in files.evaluations.values():
            part = found["intervals"][name]
            cells.append(f"{part['value']:.3f} [{part['low']:.3f}, {part['high']:.3f}]")
        rows.append((title, *cells))
    sizes = [f"{found['report']['n_gold']} statements" for found in files.evaluations.values()]
    return _table(("", *files.evaluations), [("gold", *sizes), *rows])


def _stances(files: CardFiles) -> str:
    parts = []
    for corpus, found in files.evaluations.items():
        rows = [
            (label, str(item["n"]), f"{item['p']:.3f}", f"{item['r']:.3f}", f"{item['f1']:.3f}")
            for label, item in found["report"]["per_stance"].items()
        ]
        table = _table(("stance", "gold", "precision", "recall", "F1"), rows)
        parts.append(f"**{corpus}** (end to end)\n\n{table}")
    return "\n\n".join(parts)


def _slices(files: CardFiles) -> str:
    parts = []
    for corpus, found in files.evaluations.items():
        rows = [
            (
                row["name"],
                str(row["gold"]),
                *(f"{row[key]:.3f}" for key in ("found", "source", "target", "stance", "tuple_f1")),
            )
            for row in found["slices"]
            if not row["name"].startswith("stance:")
        ]
        head = ("kind", "gold", "found", "source", "target", "stance", "tuple F1")
        parts.append(f"**{corpus}**\n\n{_table(head, rows)}")
    return "\n\n".join(parts)


def _fragments(files: CardFiles) -> str:
    if files.fragments is None:
        return _NOT_MEASURED
    rows = [
        (
            role,
            *(
                f"{100 * files.fragments[reading][role][figure]:.1f}"
                for reading in ("exact", "begin")
                for figure in ("p", "r", "f1")
            ),
        )
        for role in ROLES
    ]
    return _table(("role", "exact P", "R", "F1", "begin P", "R", "F1"), rows)


def _calibration(files: CardFiles) -> str:
    rows = []
    for corpus, found in files.evaluations.items():
        told = found.get("calibration")
        if told:
            at = told["precision"]
            cells = (f"{told['ece']:.3f}", *(f"{at[key]:.3f}" for key in ("50%", "80%", "100%")))
            rows.append((corpus, *cells))
    head = ("corpus", "ECE of the shipped curve", "right at 50 % coverage", "at 80 %", "at 100 %")
    text = _table(head, rows) if rows else "The predictions carry no confidence."
    if files.calibration:
        text += (
            f"\n\nCalibration error (10 equal-mass bins) of the {files.calibration['kind']} curve, "
            f"cross-fitted by article: **{files.calibration['ece']:.3f}**; of the raw confidence "
            f"{files.calibration['ece_raw']:.3f} ({files.calibration['statements']} statements).\n"
            "\nThe two differ. The table's first column takes the one curve that is shipped and "
            "says how far its confidence is off on each corpus: a fair test on a corpus that the "
            "curve was not fitted on, too low a figure on the one that it was. The cross-fitted "
            "figure stays within the corpus that the curve was fitted on, and judges each part "
            "of its articles by a curve fitted on the others: what to expect on further articles "
            "of the same kind."
        )
    return text


def _corpora(files: CardFiles) -> str:
    head = ("corpus", "records", "without statement", "statements", "no source", "conditional")
    rows = [
        (
            item.split,
            str(item.records),
            str(item.empty),
            str(item.statements),
            f"{item.no_source:.1%}",
            f"{item.conditional:.1%}",
        )
        for item in files.corpora
    ]
    stances = sorted({stance for item in files.corpora for stance in item.stances})
    by_stance = [
        (stance, *(str(item.stances.get(stance, 0)) for item in files.corpora))
        for stance in stances
    ]
    names = [item.split for item in files.corpora]
    return f"{_table(head, rows)}\n\n{_table(('stance', *names), by_stance)}"


def _converters(_files: CardFiles) -> str:
    rows = [(name, "yes", "yes" if name in WRITERS else "") for name in READERS]
    return _table(("format", "read", "written"), rows)


def _minimal_pairs(files: CardFiles) -> str:
    told = files.figures.get("minimal_pairs")
    if not told:
        return _NOT_MEASURED
    rows = [
        (
            row["text"].replace(row["cue"], f"**{row['cue']}**", 1),
            row["meant"],
            ", ".join(row["at_cue"]) or "nothing",
            ", ".join(f"{cue}: {stance}" for cue, stance in row["elsewhere"]),
        )
        for row in told["listed"]
    ]
    head = ("text", "meant", "found at the cue", "found elsewhere")
    return (
        f"{told['right']} of {told['total']} come out right, with the stance at the cue; "
        f"{told['surplus']} come out with more than the one statement. "
        f"Those that are wrong or have more:\n\n{_table(head, rows)}"
    )


def _invariance(files: CardFiles) -> str:
    told = files.figures.get("invariance")
    if not told:
        return _NOT_MEASURED
    changes = next(iter(told.values()))
    rows = [(change, *(f"{of[change]:.3f}" for of in told.values())) for change in changes]
    return _table(("change", *told), rows)


def _speed(files: CardFiles) -> str:
    told = files.figures.get("speed")
    if not told:
        return _NOT_MEASURED
    rows = [
        (
            str(row["threads"]),
            row["path"],
            f"{row['articles_per_second']:.2f}",
            f"{row['p50_ms']:.0f}",
            f"{row['ratio']:.2f}",
        )
        for row in told
    ]
    return _table(("threads", "path", "articles/s", "p50 ms", "ratio"), rows)


BLOCKS: dict[str, Callable[[CardFiles], str]] = {
    "front-matter": _front_matter,
    "identity": _identity,
    "training": _training,
    "scores": _scores,
    "stances": _stances,
    "slices": _slices,
    "fragments": _fragments,
    "calibration": _calibration,
    "corpora": _corpora,
    "converters": _converters,
    "minimal-pairs": _minimal_pairs,
    "invariance": _invariance,
    "speed": _speed,
}


def _manifest(files: CardFiles) -> Manifest:
    if files.manifest is None:
        message = "this template describes a checkpoint; name its folder with --checkpoint"
        raise CorpusError(message)
    return files.manifest


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
