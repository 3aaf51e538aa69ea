"""How a corpus is read."""

from __future__ import annotations

from dataclasses import dataclass, field

from .encodings import names_of
from .records import FieldMap


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Options of all readers.

    Args:
        fields: Which column or key holds which field.
        encoding: Encoding of text files, or several to try in turn; UTF-8 unless named.
        format: Name of a format to use whatever the file is called (".jsonl"), or None.
        keep_text: Whether the output repeats each article's text.
        sheet: Name of the sheet of a spreadsheet; None reads the first.

    Raises:
        CorpusError: If the encoding is unknown.
    """

    fields: FieldMap = field(default_factory=FieldMap)
    encoding: str = "utf-8"
    format: str | None = None
    keep_text: bool = True
    sheet: str | None = None

    def __post_init__(self) -> None:
        names_of(self.encoding)
