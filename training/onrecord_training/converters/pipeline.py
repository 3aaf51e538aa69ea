"""Import a corpus of any known format: read, map, repair, assemble, report."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from onrecord.errors import CorpusError
from onrecord_training.converters.agreement import Agreement, agreement
from onrecord_training.converters.assemble import assemble
from onrecord_training.converters.draft import ROLES, Draft, Fault, Item, Skip, check_draft
from onrecord_training.converters.mapping import LabelMap
from onrecord_training.corpus import Record, Reject

_SHOWN = 20


@dataclass
class ImportReport:
    """What happened to every document of an import.

    Args:
        source: File or folder that was read.
        format: Its format.
        read: Number of annotated documents (one per annotator).
        imported: Number of records written.
        skipped: Documents that the tool marks as not to be used, by reason.
        rejected: Documents with a fault, each with its place and reason.
        repaired: Spans whose offsets had to be changed, by way.
        notes: Things worth knowing, with counts.
        roles: Spans by role.
        stances: Statements by stance.
        annotators: Documents by annotator.
        agreement: Agreement of several annotators, or None.
    """

    source: str
    format: str
    read: int = 0
    imported: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    rejected: list[Reject] = field(default_factory=list)
    repaired: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)
    stances: Counter[str] = field(default_factory=Counter)
    annotators: Counter[str] = field(default_factory=Counter)
    agreement: Agreement | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable mapping."""
        return {
            **{
                # dataclasses.asdict cannot copy a Counter on Python 3.11.
                name: dict(value) if isinstance(value, Counter) else value
                for name, value in vars(self).items()
            },
            "rejected": [asdict(reject) for reject in self.rejected],
            "agreement": asdict(self.agreement) if self.agreement else None,
        }


@dataclass(frozen=True)
class Imported:
    """The records of an import, ready to be written, and its report."""

    records: list[Record]
    report: ImportReport


def import_items(
    items: Iterable[Item],
    labels: LabelMap,
    *,
    source: Path,
    format_name: str,
    annotator: str | None = None,
) -> Imported:
    """Turn what a reader found into records; a faulty document never loses the others.

    Args:
        items: Drafts, skips and faults in file order.
        labels: The label mapping.
        source: File or folder, for messages.
        format_name: Format, for the report.
        annotator: Whose annotation of a text is kept where there are several; by default that of
            the annotator with the most texts.

    Raises:
        CorpusError: If the file cannot be read as this format at all, or `annotator` is unknown.
    """
    report = ImportReport(str(source), format_name)
    versions: dict[str, dict[str, Record]] = defaultdict(dict)
    for item in items:
        report.read += 1
        if isinstance(item, Skip):
            report.skipped[item.reason] += 1
        elif isinstance(item, Fault):
            report.rejected.append(Reject(str(source), item.line, item.reason, item.id))
        else:
            _take(item, labels, versions, report)
    kept = _choose(versions, report, annotator)
    for record in kept:
        for statement in record.statements:
            report.stances[statement.stance or "(none)"] += 1
            for role in ROLES:
                report.roles[role] += len(statement.spans(role))
    report.imported = len(kept)
    report.agreement = agreement(list(versions.values()))
    return Imported(kept, report)


def print_report(report: ImportReport, console: Console) -> None:
    """Print the report: totals, what was repaired, what was rejected and why, labels, agreement."""
    console.print(
        f"{report.source} ({report.format}): {report.read} read, {report.imported} imported, "
        f"{sum(report.skipped.values())} skipped, {len(report.rejected)} rejected",
        highlight=False,
    )
    table = Table(show_header=False, box=None)
    sections = {
        "skipped": report.skipped,
        "repaired": report.repaired,
        "note": report.notes,
        "spans": report.roles,
        "stance": report.stances,
        "annotator": report.annotators,
    }
    for name, counts in sections.items():
        for key, count in counts.most_common():
            table.add_row(name, key, str(count))
    if report.agreement:
        for key, alpha in report.agreement.alpha.items():
            value = "nothing to compare" if alpha is None else f"{alpha:.3f}"
            table.add_row("alpha", f"{key} ({report.agreement.texts} texts)", value)
    console.print(table)
    for reject in report.rejected[:_SHOWN]:
        name = f" ({reject.id})" if reject.id else ""
        console.print(
            f"rejected {reject.line}{name}: {reject.reason}", markup=False, highlight=False
        )
    if len(report.rejected) > _SHOWN:
        console.print(f"... and {len(report.rejected) - _SHOWN} more; --report FILE lists all")


def _take(
    draft: Draft, labels: LabelMap, versions: dict[str, dict[str, Record]], report: ImportReport
) -> None:
    """Assemble one draft and file it under its text and annotator, or note why it is rejected."""
    name = str(draft.id or f"{Path(report.source).stem}-{draft.line}")
    try:
        check_draft(draft)
        who = draft.annotator or ""
        done = assemble(draft, labels, record_id=name)
        others = versions.get(name, {})
        if who in others:
            message = f"id {name!r} occurs twice; ids must be unique (per annotator)"
            raise CorpusError(message)  # noqa: TRY301 - one exit for every fault of a document
        if any(other.text != draft.text for other in others.values()):
            message = f"id {name!r} stands for different texts; ids must be unique"
            raise CorpusError(message)  # noqa: TRY301
    except CorpusError as error:
        report.rejected.append(Reject(report.source, draft.line, str(error), name))
        return
    versions[name][who] = done.record
    report.repaired.update(done.repairs)
    report.notes.update(done.notes)
    if who:
        report.annotators[who] += 1


def _choose(
    versions: dict[str, dict[str, Record]], report: ImportReport, annotator: str | None
) -> list[Record]:
    """Return one record per text."""
    if annotator is not None and annotator not in report.annotators:
        known = ", ".join(sorted(report.annotators)) or "none is named in this file"
        message = f"annotator {annotator!r} has no document; annotators: {known}"
        raise CorpusError(message)
    order: Sequence[str] = [
        name for name, _ in sorted(report.annotators.items(), key=lambda item: (-item[1], item[0]))
    ]
    kept = []
    for by_name in versions.values():
        if annotator is None:
            kept.append(min(by_name.items(), key=lambda item: _rank(order, item[0]))[1])
        elif annotator in by_name:
            kept.append(by_name[annotator])
        else:
            report.skipped[f"not annotated by {annotator}"] += 1
    return kept


def _rank(order: Sequence[str], name: str) -> int:
    return order.index(name) if name in order else len(order)
