"""The one noun of the library: an `Extractor` turns articles into labelled articles."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from onrecord.actors import ActorRegistry, ActorResolver
from onrecord.backend import TOKENIZER_FILE, Backend, OnnxBackend
from onrecord.decoding import RawStatement, decode_cues, decode_readings
from onrecord.errors import CheckpointError, EmptyTextError, InvalidTextError, TextTooLongError
from onrecord.features import PieceReader, Pieces
from onrecord.manifest import Limits, Manifest, read_manifest
from onrecord.quotation import QuoteMarks
from onrecord.types import (
    Article,
    LabelledArticle,
    ModelInfo,
    Polarity,
    Processing,
    Span,
    Statement,
)
from onrecord.windows import Window, cut_windows, ends_sentence, text_mask

SHIPPED_CHECKPOINT = Path(__file__).parent / "checkpoint"
CHECKPOINT_VARIABLE = "ONRECORD_CHECKPOINT"


class Extractor:
    """Finds the statements of articles.

    Use `Extractor.load()`; the constructor is for those who bring a backend of their own.
    One extractor may be shared by threads.

    Args:
        backend: Runs the network.
        pieces: The tokenizer.
        manifest: Labels, limits and tuned settings.
        registry: A user's own actors, which win over everything else.

    Example:
        >>> from onrecord import Extractor
        >>> extractor = Extractor.load()
        >>> labelled = extractor.extract_one("The ministry rejected the plan.")
        >>> [statement.headline for statement in labelled.statements]  # doctest: +SKIP
        ['ministry opposes the plan']
    """

    def __init__(
        self,
        backend: Backend,
        pieces: PieceReader,
        manifest: Manifest,
        registry: ActorRegistry | None = None,
    ) -> None:
        self._backend = backend
        self._pieces = pieces
        self._resolver = ActorResolver(registry)
        self.manifest = manifest
        self.model = ModelInfo(manifest.name, manifest.version, manifest.sha256)

    @classmethod
    def load(
        cls,
        checkpoint: str | Path | None = None,
        *,
        threads: int = 1,
        registry: ActorRegistry | None = None,
    ) -> Extractor:
        """Load a checkpoint.

        Args:
            checkpoint: Its folder; by default that of `$ONRECORD_CHECKPOINT`, else the shipped one.
            threads: Threads of one forward pass.
            registry: A user's own actors.

        Raises:
            CheckpointError: If a file is missing, altered, or of another format version.
        """
        folder = Path(checkpoint or os.environ.get(CHECKPOINT_VARIABLE) or SHIPPED_CHECKPOINT)
        manifest = read_manifest(folder)
        try:
            pieces = PieceReader.from_file(folder / TOKENIZER_FILE)
        except Exception as error:
            raise CheckpointError(
                f"{folder / TOKENIZER_FILE} cannot be read ({error}); export the checkpoint again"
            ) from error
        return cls(OnnxBackend(folder, threads), pieces, manifest, registry)

    def variant(
        self, manifest: Manifest, *, wrap: Callable[[Backend], Backend] | None = None
    ) -> Extractor:
        """Return an extractor of the same weights with other settings; nothing is loaded again.

        Args:
            manifest: The other settings, such as `replace(extractor.manifest, decoding=...)`.
            wrap: Puts something between the extractor and what runs the network.
        """
        backend = self._backend if wrap is None else wrap(self._backend)
        return Extractor(backend, self._pieces, manifest)

    @property
    def limits(self) -> Limits:
        """What is accepted."""
        return self.manifest.limits

    def extract(
        self,
        articles: Iterable[Article | Mapping[str, Any] | str],
        *,
        threshold: float | None = None,
        registry: ActorRegistry | None = None,
    ) -> Iterator[LabelledArticle]:
        """Label articles lazily, in order.

        Args:
            articles: Articles, mappings with a `text`, or plain texts.
            threshold: Leave out statements of lower confidence.
            registry: A user's own actors, for this call only.

        Yields:
            One labelled article per article.

        Raises:
            ArticleError: When an article cannot be read; those before it have been yielded.
            ValueError: When the threshold is no number from 0 to 1.
        """
        for number, article in enumerate(articles):
            yield self.extract_one(
                as_article(article, default_id=str(number)), threshold=threshold, registry=registry
            )

    def extract_one(
        self,
        article: Article | Mapping[str, Any] | str,
        *,
        threshold: float | None = None,
        registry: ActorRegistry | None = None,
    ) -> LabelledArticle:
        """Label one article; arguments and errors as in `extract`."""
        article = as_article(article)
        self.check(article)
        _check_threshold(threshold)
        text = article.text
        pieces = self._pieces.read(text)
        settings = self.manifest.windows
        windows = cut_windows(
            text, pieces, size=settings.size, before=settings.before, after=settings.after
        )
        open_end = bool(windows) and not ends_sentence(text, int(pieces.ends[-1]))
        found = [
            raw
            for window in windows
            for raw in self._read_window(
                pieces, window, open_end=open_end and window.end == len(pieces)
            )
        ]
        quotes = QuoteMarks(text)
        statements = self._number(
            article, [self._statement(text, pieces, quotes, raw) for raw in found]
        )
        if threshold is not None:
            statements = [item for item in statements if item.confidence >= threshold]
        resolver = ActorResolver(registry) if registry is not None else self._resolver
        actors = resolver.resolve(article, statements)
        return LabelledArticle(
            article=article,
            statements=tuple(
                replace(item, actors=tuple(who))
                for item, who in zip(statements, actors, strict=True)
            ),
            processing=Processing(len(text), len(windows)),
            model=self.model,
        )

    def check(self, article: Article) -> None:
        """Raise the `ArticleError` that `extract` would raise for this article, if any."""
        limit = self.limits.max_characters
        if len(article.text) > limit:
            raise TextTooLongError(
                f"article {article.id!r} has {len(article.text):,} characters; at most {limit:,} "
                "are read: split it at a paragraph"
            )
        if "\0" in article.text:
            raise InvalidTextError(
                f"article {article.id!r} has a NUL character at {article.text.index(chr(0))}; "
                "news text has none: check how the file was read (UTF-16 read as bytes?)"
            )
        if not article.text or article.text.isspace():
            raise EmptyTextError(
                f"article {article.id!r} has no text (only white space); leave it out"
            )

    def _read_window(self, pieces: Pieces, window: Window, *, open_end: bool) -> list[RawStatement]:
        """Return the statements of one window, in pieces of the article.

        Where the text ends without a full stop, the encoder is shown one that belongs to no span,
        so that its absence changes nothing (ADR 0010).
        """
        ids = pieces.ids[window.first : window.end]
        continues = pieces.continues[window.first : window.end]
        prefix, suffix = len(self._pieces.prefix), len(self._pieces.suffix)
        shown, stop = ids, self._pieces.full_stop
        if open_end and stop is not None and len(ids) < self.manifest.windows.size:
            shown, suffix = np.append(ids, stop), suffix + 1
        encoded = self._backend.encode(self._pieces.window(shown))
        logits = encoded.cue[0, prefix : prefix + len(ids)]
        low, high = window.core_first - window.first, window.core_end - window.first
        decoding = self.manifest.decoding
        cues = [
            cue for cue in decode_cues(logits, continues, decoding.cue_bias) if low <= cue[0] < high
        ]
        if not cues:
            return []
        rows = np.array([[first + prefix, end + prefix] for first, end, _ in cues], dtype=np.int64)
        reading = self._backend.read(encoded, text_mask(len(ids), prefix, suffix), rows)
        if decoding.stance_bias:
            biased = reading.stance + np.asarray(decoding.stance_bias, dtype=np.float32)
            reading = replace(reading, stance=biased)
        return [
            _shift(raw, window.first)
            for raw in decode_readings(reading, cues, continues, self.manifest.left)
        ]

    def _statement(
        self, text: str, pieces: Pieces, quotes: QuoteMarks, raw: RawStatement
    ) -> Statement:
        """Return a raw statement with text, labels and confidence."""

        def span(value: tuple[int, int] | None) -> Span | None:
            return None if value is None else pieces.span(text, *value)

        content = tuple(pieces.span(text, *part) for part in raw.content)
        product = float(np.prod(raw.parts))
        calibration = self.manifest.calibration
        stance = self.manifest.stances[int(raw.stance.argmax())]
        return Statement(
            id="",
            cue=pieces.span(text, *raw.cue),
            source=span(raw.source),
            content=content,
            target=span(raw.target),
            stance=stance,
            conditional=raw.conditional >= self.manifest.decoding.conditional_threshold,
            quotation=quotes.quotation(content),
            confidence=float(np.interp(product, calibration.x, calibration.y)),
            scores=dict(zip(self.manifest.stances, raw.stance.tolist(), strict=True)),
            own_polarity=cast("Polarity | None", self.manifest.polarity.get(stance)),
        )

    @staticmethod
    def _number(article: Article, statements: list[Statement]) -> list[Statement]:
        """Return the statements in text order with their ids."""
        ordered = sorted(statements, key=lambda item: item.cue.start)
        return [replace(item, id=f"{article.id}:{i}") for i, item in enumerate(ordered)]


def _check_threshold(value: object) -> None:
    """Raise `ValueError` unless a threshold is None or a number from 0 to 1."""
    if value is None or (isinstance(value, int | float) and 0.0 <= value <= 1.0):
        return
    message = f"the threshold is {value!r}; legal: a number from 0 to 1, or None to keep all"
    raise ValueError(message)


def as_article(value: Article | Mapping[str, Any] | str, *, default_id: str = "article") -> Article:
    """Return an `Article` for whatever `Extractor.extract` takes.

    Args:
        value: An article, a mapping with a `text` (and `id`, `title`, `date`, others), or a text.
        default_id: Id where none is given.

    Raises:
        InvalidTextError: If there is no text, or it is not a string.
    """
    if isinstance(value, Article):
        return value
    if isinstance(value, str):
        return Article(text=value, id=default_id)
    if not isinstance(value, Mapping) or not isinstance(value.get("text"), str):
        given = type(value.get("text") if isinstance(value, Mapping) else value).__name__
        raise InvalidTextError(
            f"an article needs a `text` that is a string; {given} was given. Pass a string, an "
            "Article, or a mapping such as {'id': 'a1', 'text': '...'}"
        )
    fields = {key: value.get(key) for key in ("id", "title", "date")}
    for key, item in fields.items():
        if item is not None and not isinstance(item, str | int | float):
            raise InvalidTextError(
                f"an article's `{key}` must be a string; {type(item).__name__} was given"
            )
    return Article(
        text=value["text"],
        id=default_id if fields["id"] is None else str(fields["id"]),
        title=None if fields["title"] is None else str(fields["title"]),
        date=None if fields["date"] is None else str(fields["date"]),
        extra={k: v for k, v in value.items() if k not in ("text", "id", "title", "date")},
    )


def _shift(raw: RawStatement, by: int) -> RawStatement:
    """Return the statement with its piece spans moved right."""
    if by == 0:
        return raw

    def move(span: tuple[int, int]) -> tuple[int, int]:
        return span[0] + by, span[1] + by

    return replace(
        raw,
        cue=move(raw.cue),
        source=None if raw.source is None else move(raw.source),
        content=tuple(move(part) for part in raw.content),
        target=None if raw.target is None else move(raw.target),
    )
