"""Look over corpora before training on them: leaks, balance, suspicious records, guideline lint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from onrecord.errors import CorpusError
from onrecord.types import STANCES
from onrecord_training.corpus import Record, Reject, scan_corpus
from onrecord_training.duplicates import THRESHOLD, Duplicate, near_duplicates, shared_articles
from onrecord_training.lint import Finding, lint
from onrecord_training.metrics import Predicted, tally
from onrecord_training.standoff import is_detached

FEW = 20
SURE = 0.9
_SHOWN = 5


@dataclass(frozen=True)
class Balance:
    """How a split is made up.

    Args:
        split: Its name.
        records: Number of records.
        empty: Records without a statement: they teach what is none.
        statements: Number of statements.
        stances: Statements by stance; `(none)` where it is not annotated.
        no_source: Share of statements without a source.
        no_target: The same for targets.
        conditional: Share of conditional statements.
    """

    split: str
    records: int
    empty: int
    statements: int
    stances: Mapping[str, int]
    no_source: float
    no_target: float
    conditional: float


@dataclass(frozen=True)
class CheckReport:
    """Everything that was found.

    Args:
        balance: Make-up of each split.
        problems: What is wrong with a split as a whole.
        leaks: Near-identical texts of two splits.
        shared: Articles with records in two splits: the same `article`, or id up to its `#`.
        findings: Lint, by record.
        rejects: Records that cannot be read.
    """

    balance: list[Balance]
    problems: list[str]
    leaks: list[Duplicate]
    shared: list[Duplicate]
    findings: list[tuple[str, Finding]]
    rejects: list[Reject]

    @property
    def serious(self) -> bool:
        """Whether training on it as it is would be wrong.

        A shared article is as bad as a shared text: its passages tell the same people, the same
        quarrel and often the same sentence again.
        """
        return bool(self.problems or self.leaks or self.shared or self.rejects)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable mapping."""
        return {
            "balance": [{**asdict(item), "stances": dict(item.stances)} for item in self.balance],
            "problems": self.problems,
            "leaks": [asdict(item) for item in self.leaks],
            "shared": [asdict(item) for item in self.shared],
            "findings": [{"split": split, **asdict(item)} for split, item in self.findings],
            "rejects": [asdict(item) for item in self.rejects],
        }


def read_splits(
    paths: Sequence[Path], *, stances: Sequence[str] = STANCES, texts: Path | None = None
) -> tuple[dict[str, list[Record]], list[Reject]]:
    """Read each file as a split named after it; bad records are returned beside the good ones.

    Args:
        paths: House JSONL files.
        stances: The legal stance labels.
        texts: File of the texts, for those of them that are offsets only (see `standoff.py`).

    Raises:
        CorpusError: If a file cannot be read at all.
    """
    splits: dict[str, list[Record]] = {}
    rejects = []
    for path in paths:
        name = path.stem
        if any(name == other.stem for other in paths if other != path):
            name = f"{path.parent.name}/{name}"
        if name in splits:
            name = str(path)
        splits[name] = []
        detached = is_detached(path)
        its_texts = texts if detached else None
        for item in scan_corpus(path, stances=stances, texts=its_texts):
            if isinstance(item, Reject):
                rejects.append(item)
            else:
                splits[name].append(item)
        if not splits[name]:
            remedy = "run `onrecord-train import` first"
            if detached and not texts:
                remedy = "give the articles that it points into with `--texts`"
            message = f"{path}: no record of it can be read; {remedy}"
            raise CorpusError(message)
    return splits, rejects


def check(
    splits: Mapping[str, Sequence[Record]],
    rejects: Sequence[Reject] = (),
    *,
    threshold: float = THRESHOLD,
    predicted: Mapping[str, Predicted] | None = None,
) -> CheckReport:
    """Look over splits; the first one is the one to train on.

    Args:
        splits: Records by name of split.
        rejects: Records that could not be read, to be reported along.
        threshold: Least similarity of two texts to count as a leak.
        predicted: Statements of a model by split, whose confident disagreements are listed.
    """
    balance = make_up(splits)
    findings = [
        (name, finding)
        for name, records in splits.items()
        for record in records
        for finding in lint(record)
    ]
    for name, given in (predicted or {}).items():
        findings += [(name, finding) for finding in disagreements(splits[name], given)]
    return CheckReport(
        balance=balance,
        problems=_problems(balance),
        leaks=near_duplicates(splits, threshold=threshold),
        shared=shared_articles(splits),
        findings=findings,
        rejects=list(rejects),
    )


def make_up(splits: Mapping[str, Sequence[Record]]) -> list[Balance]:
    """Return how each split is made up."""
    return [_balance(name, records) for name, records in splits.items()]


def print_check(report: CheckReport, console: Console) -> None:
    """Print the report, with a few examples of each rule."""
    console.print(_table(report.balance))
    serious = list(report.problems)
    serious += _first(f"same wording: {_pair(p)} ({p.similarity:.0%})" for p in report.leaks)
    serious += _first(f"same article: {_pair(p)}" for p in report.shared)
    if report.shared:
        serious.append(
            "records of one article belong in one split; where two files only count alike, give "
            "each record its `article`"
        )
    serious += [f"unreadable: {item.file}:{item.line}: {item.reason}" for item in report.rejects]
    for line in serious:
        console.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
    for line in _finding_lines(report.findings):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def disagreements(
    records: Sequence[Record], predicted: Predicted, *, sure: float = SURE
) -> Iterator[Finding]:
    """Yield where a confident model contradicts the annotation: the first places to look again.

    Args:
        records: Annotated records that the model was not trained on (cross-validation).
        predicted: Its statements by record id, with `confidence` and `scores`.
        sure: Least confidence of the model.
    """
    table = tally(records, predicted)
    for record, pairs in zip(records, table.pairs, strict=True):
        matched = {pair.predicted_index for pair in pairs}
        for pair in pairs:
            gold, given = pair.gold.stance, pair.predicted.stance or ""
            score = float(pair.predicted.extra.get("scores", {}).get(given, 0.0))
            if not pair.stance and score >= sure:
                message = f"annotated {gold}, the model says {given} ({score:.0%})"
                yield Finding("hint", "model-stance", record.id, pair.gold_index, message)
        for number, statement in enumerate(predicted.get(record.id, ())):
            score = float(statement.extra.get("confidence", 0.0))
            if number not in matched and score >= sure and statement.cue:
                cue = record.slice(statement.cue)
                message = f"the model finds a statement at {cue!r} ({score:.0%})"
                yield Finding("hint", "model-statement", record.id, None, message)


def _pair(pair: Duplicate) -> str:
    return f"{pair.left} and {pair.right}"


def _first(lines: Iterable[str]) -> list[str]:
    """Return the first few lines and how many there are in all, where there are more."""
    lines = list(lines)
    more = [f"... {len(lines)} of these"] if len(lines) > _SHOWN else []
    return lines[:_SHOWN] + more


def _table(balance: Sequence[Balance]) -> Table:
    table = Table(title="make-up")
    table.add_column("")
    for item in balance:
        table.add_column(item.split, justify="right")
    rows = ("records", "empty", "statements", "no_source", "no_target", "conditional")
    for name in rows:
        values = [getattr(item, name) for item in balance]
        cells = [f"{value:.1%}" if isinstance(value, float) else str(value) for value in values]
        table.add_row(name.replace("_", " "), *cells)
    for stance in sorted({stance for item in balance for stance in item.stances}):
        table.add_row(stance, *(str(item.stances.get(stance, 0)) for item in balance))
    return table


def _finding_lines(findings: Sequence[tuple[str, Finding]]) -> Iterator[str]:
    counts = Counter((finding.level, finding.rule) for _, finding in findings)
    for (level, rule), count in sorted(counts.items()):
        yield f"{level} {rule}: {count}"
        for split, finding in [pair for pair in findings if pair[1].rule == rule][:_SHOWN]:
            where = "" if finding.statement is None else f" statement {finding.statement}"
            yield f"    {split}/{finding.record}{where}: {finding.message}"


def _balance(name: str, records: Sequence[Record]) -> Balance:
    statements = [item for record in records for item in record.statements]
    total = max(len(statements), 1)
    return Balance(
        split=name,
        records=len(records),
        empty=sum(not record.statements for record in records),
        statements=len(statements),
        stances=Counter(item.stance or "(none)" for item in statements),
        no_source=sum(item.source is None for item in statements) / total,
        no_target=sum(item.target is None for item in statements) / total,
        conditional=sum(item.conditional for item in statements) / total,
    )


def _problems(balance: Sequence[Balance]) -> list[str]:
    """Return what makes a split unfit: nothing in it, one class, or a class not trained on."""
    out = []
    for item in balance:
        if not item.statements:
            out.append(f"{item.split}: no statement; nothing can be learned or measured on it")
        elif len(item.stances) == 1 and "(none)" not in item.stances:
            (only,) = item.stances
            out.append(f"{item.split}: every statement is {only!r}; a split needs several stances")
    train, *others = balance
    for item in others:
        for stance in sorted(set(item.stances) - set(train.stances)):
            count = item.stances[stance]
            out.append(f"{item.split}: {count} statements {stance!r}, none of it in {train.split}")
    out += [
        f"{train.split}: only {count} statements {stance!r}; at least {FEW} are needed to learn it"
        for stance, count in sorted(train.stances.items())
        if train.statements >= FEW * len(train.stances) and count < FEW
    ]
    return out
