"""How a corpus is read."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field

from onrecord.errors import CorpusError

from .records import FieldMap


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Options of all readers.

    Args:
        fields: Which column or key holds which field.
        encoding: Encoding of text files; UTF-8 unless named.
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
        try:
            codecs.lookup(self.encoding)
        except LookupError as error:
            raise CorpusError(
                f"encoding {self.encoding!r} is unknown; use utf-8, cp1252, latin-1, utf-16 ..."
            ) from error
