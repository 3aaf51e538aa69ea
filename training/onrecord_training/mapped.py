"""Checked corpora on disk, memory-mapped by `datasets`: a corpus may be larger than the memory.

The strict reader runs once per content of a file; its rows are kept as Arrow in the cache of
`datasets` and read lazily afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import overload

from datasets import Dataset, Features, Value
from datasets.exceptions import DatasetGenerationError

from onrecord.errors import CorpusError
from onrecord.manifest import file_sha256
from onrecord.types import STANCES
from onrecord_training.corpus import read_corpus
from onrecord_training.records import Record, parse_record


class MappedRecords(Sequence[Record]):
    """The records of one corpus file, in order, read from disk when they are asked for.

    Args:
        path: A corpus that `read_corpus` reads.
        stances: Legal labels.
        texts: File of the texts, for a corpus of offsets only.

    Raises:
        CorpusError: As `read_corpus`, naming file and line.
    """

    def __init__(
        self, path: Path, stances: Sequence[str] = STANCES, *, texts: Path | None = None
    ) -> None:
        self._stances = tuple(stances)
        source = {
            "path": str(path),
            "stances": self._stances,
            "texts": str(texts) if texts else None,
            "sha256": "+".join(file_sha256(item) for item in (path, texts) if item),
        }
        try:
            self._rows = Dataset.from_generator(
                _rows, features=Features({"record": Value("string")}), gen_kwargs=source
            )
        except DatasetGenerationError as error:
            cause = error.__cause__
            if isinstance(cause, CorpusError):
                raise cause from None
            if isinstance(cause, OSError):
                raise CorpusError(
                    f"{path}: cannot be kept on disk ({cause}); is the disk full?"
                ) from error
            raise CorpusError(f"{path}: cannot be read ({cause or error!r})") from error

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Record: ...

    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...

    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"record {index} of {len(self)}")
        return self._parse(self._rows[index % len(self)]["record"])

    def __iter__(self) -> Iterator[Record]:
        return (self._parse(row["record"]) for row in self._rows)

    def _parse(self, row: str) -> Record:
        return parse_record(json.loads(row), stances=self._stances)


def _rows(
    path: str, stances: tuple[str, ...], texts: str | None, sha256: str
) -> Iterator[dict[str, str]]:
    """Yield each record as JSON; `sha256` makes the cache follow the files' content."""
    del sha256
    for record in read_corpus(path, stances=stances, texts=texts):
        yield {"record": json.dumps(record.to_dict())}
