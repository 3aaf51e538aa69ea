"""Choose the texts that are most worth annotating next: uncertain, and unlike one another.

Uncertainty is the number of statements that the checkpoint expects to get wrong per hundred words,
so that a long text must pay for its length. Diversity is one minus the highest cosine similarity
(TF-IDF over words) to a text already chosen or annotated. Texts are taken greedily by the product.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from onrecord.errors import CorpusError
from onrecord_training.corpus import GoldStatement, Record

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped] # ships no types

Floats = npt.NDArray[np.float64]
_WORDS = 100
_FEWEST = 25


@dataclass(frozen=True)
class Choice:
    """A chosen text.

    Args:
        record: The text, with the predicted statements as pre-annotation and `selection` among its
            extra fields.
        uncertainty: Expected wrong statements per hundred words.
        diversity: One minus the similarity to the nearest text chosen before.
    """

    record: Record
    uncertainty: float
    diversity: float


def select(
    texts: Sequence[Record],
    count: int,
    *,
    known: Iterable[Record] = (),
    weight: float = 1.0,
) -> list[Choice]:
    """Return the texts to annotate next, the most useful first.

    Args:
        texts: Candidates with predicted statements, each with its `confidence`.
        count: How many to choose; all where there are fewer.
        known: Texts that are annotated already: what is like them is worth less.
        weight: Exponent of diversity; 0 chooses by uncertainty alone.

    Raises:
        CorpusError: If there is no candidate, or `count` is not positive.
    """
    if not texts or count < 1:
        message = f"{len(texts)} candidates, {count} to choose; give at least one of each"
        raise CorpusError(message)
    sure = np.array([uncertainty(record) for record in texts])
    vectors, old = _vectors(texts, list(known))
    nearest = np.zeros(len(texts))
    if old.shape[0]:
        for start in range(0, len(texts), 512):  # bounded memory: 512 x known similarities at once
            block = vectors[start : start + 512] @ old.T
            nearest[start : start + 512] = block.max(axis=1).toarray().ravel()
    left = np.ones(len(texts), dtype=bool)
    chosen: list[Choice] = []
    for _ in range(min(count, len(texts))):
        value = (sure + 1e-6) * np.clip(1 - nearest, 1e-6, 1) ** weight
        best = int(np.argmax(np.where(left, value, -1.0)))
        left[best] = False
        chosen.append(
            _choice(texts[best], float(sure[best]), float(1 - nearest[best]), len(chosen))
        )
        similar = (vectors @ vectors[best].T).toarray().ravel()
        nearest = np.maximum(nearest, similar)
    return chosen


def uncertainty(record: Record) -> float:
    """Return the expected number of wrong statements per hundred words of a text."""
    doubt = sum(1.0 - _confidence(item) for item in record.statements)
    return _WORDS * doubt / max(len(record.text.split()), _FEWEST)


def _confidence(statement: GoldStatement) -> float:
    return float(statement.extra.get("confidence", 1.0))


def _choice(record: Record, doubt: float, diversity: float, rank: int) -> Choice:
    told = {"rank": rank, "uncertainty": round(doubt, 4), "diversity": round(diversity, 4)}
    extra = {**record.extra, "selection": told}
    return Choice(dataclasses.replace(record, extra=extra), doubt, diversity)


def _vectors(texts: Sequence[Record], known: Sequence[Record]) -> tuple[csr_matrix, csr_matrix]:
    """Return unit TF-IDF rows of the candidates and of the known texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    model = TfidfVectorizer(sublinear_tf=True, min_df=1, max_df=1.0, max_features=50_000)
    rows = model.fit_transform([record.text for record in (*texts, *known)])
    return rows[: len(texts)], rows[len(texts) :]
