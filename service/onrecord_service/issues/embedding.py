"""Vectors for short phrases: one vector per word piece, distilled from the MiniLM sentence model.

The whole sentence model is 22 MB as int8 and costs a forward pass per phrase; this table is a few
MB, needs numpy only, and embeds tens of thousands of phrases a second. What it loses is measured
in docs/adr/0043.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from onrecord.errors import CorpusError

TABLE = "phrase_vectors.npz"


@dataclass(frozen=True, slots=True)
class PhraseVectors:
    """A table of vectors and the tokenizer that finds the rows of a phrase.

    Args:
        tokenizer: Splits a phrase into word pieces.
        vectors: (pieces, dimensions), weighted so that rare pieces count more.
    """

    tokenizer: Tokenizer
    vectors: NDArray[np.float32]

    @classmethod
    def load(cls, path: Path | None = None) -> PhraseVectors:
        """Load a table.

        Args:
            path: Another table than the shipped one, with `vocabulary`, `codes` (int8) and
                `scales` (a float per row).

        Returns:
            The vectors.

        Raises:
            CorpusError: If the table cannot be read.
        """
        try:
            if path is not None:
                return cls._read(path)
            with resources.as_file(resources.files(__package__ or "").joinpath(TABLE)) as shipped:
                return cls._read(shipped)
        except (OSError, KeyError, ValueError) as error:
            raise CorpusError(
                f"phrase vectors {path or TABLE} cannot be read ({error});"
                " install onrecord again, or make them with onrecord-train phrase-vectors"
            ) from error

    @classmethod
    def _read(cls, path: Path) -> PhraseVectors:
        with np.load(path, allow_pickle=False) as table:
            pieces = bytes(table["vocabulary"]).decode("utf-8").split("\n")
            vectors = table["codes"].astype(np.float32) * table["scales"][:, None]
        vocabulary = {piece: number for number, piece in enumerate(pieces)}
        tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))  # noqa: S106 - a word piece
        tokenizer.normalizer = BertNormalizer(lowercase=True)
        tokenizer.pre_tokenizer = BertPreTokenizer()
        return cls(tokenizer, vectors.astype(np.float32))

    def embed(self, phrases: Sequence[str]) -> NDArray[np.float32]:
        """Embed phrases.

        Args:
            phrases: Any text; the order of words does not matter.

        Returns:
            (phrases, dimensions), of length 1; a phrase without a known piece is all zeros.
        """
        out = np.zeros((len(phrases), self.vectors.shape[1]), dtype=np.float32)
        for row, encoding in enumerate(self.tokenizer.encode_batch(list(phrases))):
            if encoding.ids:
                out[row] = self.vectors[encoding.ids].sum(axis=0)
        lengths = np.linalg.norm(out, axis=1, keepdims=True)
        return out / np.maximum(lengths, 1e-9)
