"""Group the wordings of targets, by themselves or along a user's own list of issues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from onrecord.errors import CorpusError
from onrecord_service.corpus.extras import need
from onrecord_service.corpus.issue_file import normalize_target
from onrecord_service.report.positions import fold_issue

SIMILARITY = 0.56
"""Least similarity of two wordings of one issue, where F1 on the annotated pairs is best."""

FUNCTION_WORDS = {
    *("a", "an", "and", "any", "as", "at", "by", "for", "from", "in", "its", "of", "on", "or"),
    *("that", "the", "their", "these", "this", "those", "to", "with"),
}

CLUSTERED = 4000
"""Most wordings that are clustered with one another; rarer ones join the nearest group."""

BLOCK = 2048

LONGEST = 12
"""Most words of a target that is grouped; the vectors of long ones are near everything."""

QUESTIONS = frozenset({"what", "who", "how", "whether"})
"""First words of targets that say nothing without the article, and name no issue."""


class Embedder(Protocol):
    """Turns phrases into vectors of length 1."""

    def embed(self, phrases: Sequence[str]) -> NDArray[np.float32]:
        """Embed phrases: (phrases, dimensions)."""
        ...


@dataclass(frozen=True, slots=True)
class Match:
    """Where a target belongs.

    Args:
        target: The target as the article words it.
        issue: The issue, or empty if a user's list has none that is near enough.
        similarity: To the issue's nearest wording, in [-1, 1].
        statements: How many statements have this target.
    """

    target: str
    issue: str
    similarity: float
    statements: int


def count_targets(articles: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """Count the wordings of targets in labelled articles."""
    counts: Counter[str] = Counter()
    for article in articles:
        for statement in article["statements"]:
            if statement.get("target"):
                counts[normalize_target(statement["target"]["text"])] += 1
    return counts


def group_targets(
    counts: Counter[str], embedder: Embedder, *, similarity: float = SIMILARITY
) -> list[Match]:
    """Group wordings that mean one issue; a group is called by its commonest wording.

    Average-linkage clustering of the commonest `CLUSTERED` wordings; every rarer one joins the
    group whose center is near enough, or stays alone. A wording of more than `LONGEST` words stays
    alone whatever it is near to.

    Args:
        counts: Wordings and how often each occurs.
        embedder: Turns wordings into vectors.
        similarity: Least mean similarity inside a group.

    Returns:
        A match per wording, by issue, commonest first.

    Raises:
        CorpusError: If scikit-learn is not installed.
    """
    folded: dict[str, Counter[str]] = {}
    for wording, count in counts.items():
        folded.setdefault(fold_issue(wording), Counter())[wording] += count
    if not folded:
        return []
    ranked = sorted(folded, key=lambda key: (-folded[key].total(), key))
    keys = [key for key in ranked if len(key.split()) <= LONGEST]
    long = [key for key in ranked if len(key.split()) > LONGEST]
    names: dict[str | int, str] = {key: _commonest(folded[key]) for key in long}
    vectors = _views([_commonest(folded[key]) for key in [*keys, *long]], embedder)
    if not keys:
        return _matches(folded, names, long, vectors)
    head = vectors[:, : min(CLUSTERED, len(keys))]
    labels = _cluster(head, similarity)
    centers = np.stack([_centers(view, labels) for view in head])
    names.update(_names(keys[:CLUSTERED], labels, folded))
    for start in range(CLUSTERED, len(keys), BLOCK):
        block = keys[start : start + BLOCK]
        near = _similarity(vectors[:, start : start + len(block)], centers)  # (wordings, groups)
        for key, row in zip(block, near, strict=True):
            best = int(row.argmax())
            enough = float(row[best]) >= similarity
            names[key] = names[int(best)] if enough else _commonest(folded[key])
    return _matches(folded, names, [*keys, *long], vectors)


def match_issues(
    counts: Counter[str],
    issues: Mapping[str, Sequence[str]],
    embedder: Embedder,
    *,
    similarity: float = SIMILARITY,
) -> list[Match]:
    """Give each wording the issue of a user's list that it is nearest to.

    Args:
        counts: Wordings and how often each occurs.
        issues: Issue to wordings of it, from `read_issues`.
        embedder: Turns wordings into vectors.
        similarity: Least similarity; a target below it gets no issue.

    Returns:
        A match per wording, in order of frequency.
    """
    phrases = [(issue, phrase) for issue, words in issues.items() for phrase in (issue, *words)]
    known = _views([phrase for _, phrase in phrases], embedder)  # (2, phrases, dimensions)
    exact = {fold_issue(phrase): issue for issue, phrase in phrases}
    wordings = sorted(counts, key=lambda wording: (-counts[wording], wording))
    found = []
    for start in range(0, len(wordings), BLOCK):
        block = wordings[start : start + BLOCK]
        near = _similarity(_views(block, embedder), known)  # (wordings, phrases)
        for wording, row in zip(block, near, strict=True):
            best = int(row.argmax())
            score = round(float(row[best]), 4)
            issue = exact.get(fold_issue(wording))
            if issue is None:
                issue = phrases[best][0] if score >= similarity else ""
            found.append(Match(wording, issue, score, counts[wording]))
    return found


def read_issues(path: Path) -> dict[str, list[str]]:
    """Read a user's list of issues.

    Args:
        path: YAML: a mapping from the name of an issue to a list of wordings of it (or nothing),
            or a list of names.

    Returns:
        Issue to wordings.

    Raises:
        CorpusError: If the file cannot be read or is of another shape.
    """
    yaml = need("yaml")
    try:
        value = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CorpusError(f"issues {path} cannot be read: {error}") from error
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        value = dict.fromkeys(value)
    if not isinstance(value, dict) or not value:
        raise CorpusError(f"issues {path}: {_SHAPE}")
    issues = {}
    for name, words in value.items():
        phrases = words if isinstance(words, list) else [words] if words else []
        if not isinstance(name, str) or not all(isinstance(word, str) for word in phrases):
            raise CorpusError(f"issues {path}, at {name!r}: {_SHAPE}")
        issues[name] = phrases
    return issues


_SHAPE = "write 'Name of the issue: [a wording, another wording]', or a list of names"


def without_names(phrase: str) -> str:
    """Leave out the words that begin with a capital; a phrase that is all names stays as it is.

    Two targets that name the same country are near one another whatever is said of it. Without the
    names it shows whether they are about the same thing (docs/adr/0072).
    """
    words = [word for word in phrase.split() if not word.lstrip("\"'“‘(").lstrip()[:1].isupper()]
    return " ".join(words) if set(words) - FUNCTION_WORDS else phrase


def _views(phrases: Sequence[str], embedder: Embedder) -> NDArray[np.float32]:
    """Embed phrases with and without their names: (2, phrases, dimensions)."""
    whole = [fold_issue(phrase) for phrase in phrases]
    return np.stack([embedder.embed(whole), embedder.embed([*map(without_names, phrases)])])


def _similarity(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the smaller of the similarities with and without names.

    Args:
        one: (2, n, dimensions).
        other: (2, m, dimensions).

    Returns:
        (n, m).
    """
    smaller: NDArray[np.float32] = np.minimum(one[0] @ other[0].T, one[1] @ other[1].T)
    return smaller


def _cluster(vectors: NDArray[np.float32], similarity: float) -> NDArray[np.int64]:
    """Return a group number per phrase, from vectors (2, phrases, dimensions)."""
    if vectors.shape[1] == 1:
        return np.zeros(1, dtype=np.int64)
    distance = np.clip(1 - _similarity(vectors, vectors), 0, None)
    np.fill_diagonal(distance, 0)
    clustering = need("sklearn.cluster").AgglomerativeClustering(
        n_clusters=None,
        metric="precomputed",
        linkage="average",
        distance_threshold=1 - similarity,
    )
    labels: NDArray[np.int64] = clustering.fit_predict(distance)
    return labels


def _centers(vectors: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float32]:
    centers = np.zeros((int(labels.max()) + 1, vectors.shape[1]), dtype=np.float32)
    np.add.at(centers, labels, vectors)
    lengths = np.linalg.norm(centers, axis=1, keepdims=True)
    unit: NDArray[np.float32] = (centers / np.maximum(lengths, 1e-9)).astype(np.float32)
    return unit


def _names(
    keys: Sequence[str], labels: NDArray[np.int64], folded: Mapping[str, Counter[str]]
) -> dict[str | int, str]:
    """Return the name of each group, by its number and by each key in it."""
    members: dict[int, Counter[str]] = {}
    for key, label in zip(keys, labels.tolist(), strict=True):
        members.setdefault(label, Counter()).update(folded[key])
    names: dict[str | int, str] = {label: _commonest(words) for label, words in members.items()}
    names.update({key: names[label] for key, label in zip(keys, labels.tolist(), strict=True)})
    return names


def _commonest(words: Counter[str]) -> str:
    """Return the commonest wording; one that can name an issue goes before all that cannot."""
    return min(words, key=lambda word: (not _can_name(word), -words[word], len(word), word))


def _can_name(wording: str) -> bool:
    first = wording.split(maxsplit=1)[:1]
    return "[" not in wording and not {word.lower() for word in first} & QUESTIONS


def _matches(
    folded: Mapping[str, Counter[str]],
    names: Mapping[str | int, str],
    keys: Sequence[str],
    vectors: NDArray[np.float32],
) -> list[Match]:
    place = {key: number for number, key in enumerate(keys)}
    sizes: Counter[str] = Counter()
    for key in keys:
        sizes[names[key]] += folded[key].total()

    def rows() -> Iterator[Match]:
        for key in keys:
            issue = names[key]
            here, there = place[key], place[fold_issue(issue)]
            pair = _similarity(vectors[:, [here]], vectors[:, [there]])
            near = float(pair[0, 0])
            for wording, count in folded[key].items():
                yield Match(wording, issue, round(near, 4), count)

    return sorted(rows(), key=lambda m: (-sizes[m.issue], m.issue, -m.statements, m.target))
