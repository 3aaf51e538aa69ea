from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from onrecord import (
    Article,
    EmptyTextError,
    Extractor,
    InvalidTextError,
    LabelledArticle,
    Span,
    TextTooLongError,
)
from onrecord.backend import Backend, EncodedWindow
from onrecord.decoding import ReadingArrays
from onrecord.manifest import Limits
from tests.conftest import TEXT, Tiny


@pytest.fixture(scope="session")
def extractor(tiny: Tiny) -> Extractor:
    return Extractor.load(tiny.int8)


def spans(labelled: LabelledArticle) -> list[Span]:
    return [
        span
        for item in labelled.statements
        for span in (item.cue, item.source, item.target, *item.content)
        if span is not None
    ]


def test_the_tiny_model_says_something(extractor: Extractor) -> None:
    assert len(extractor.extract_one(TEXT).statements) > 2


def test_every_span_is_verbatim(extractor: Extractor) -> None:
    labelled = extractor.extract_one(TEXT * 5)
    assert all((TEXT * 5)[span.start : span.end] == span.text != "" for span in spans(labelled))


def test_statements_are_ordered_numbered_and_unique(extractor: Extractor) -> None:
    labelled = extractor.extract_one(Article(TEXT * 6, id="a1"))
    assert labelled.processing.windows > 1
    starts = [item.cue.start for item in labelled.statements]
    assert starts == sorted(set(starts))
    assert [item.id for item in labelled.statements] == [f"a1:{i}" for i in range(len(starts))]


def test_one_alone_equals_one_among_many(extractor: Extractor) -> None:
    texts = [TEXT, TEXT * 3, "Nothing here.", TEXT.upper()]
    together = list(extractor.extract(texts))
    alone = [extractor.extract_one(Article(text, id=str(i))) for i, text in enumerate(texts)]
    assert together == alone


def test_the_runtime_reports_to_nobody_and_leaves_nothing_behind(
    tiny: Tiny, tmp_path: Path
) -> None:
    said = {"CI", "ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"}
    environment = {name: value for name, value in os.environ.items() if name not in said}
    code = f"from onrecord import Extractor; Extractor.load({str(tiny.int8)!r}).extract_one('No.')"
    subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, "HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
    )
    assert list(tmp_path.rglob("*")) == []


def test_extraction_is_lazy(extractor: Extractor) -> None:
    seen = []

    def articles() -> object:
        for text in (TEXT, TEXT):
            seen.append(text)
            yield text

    stream = extractor.extract(articles())  # type: ignore[arg-type]
    next(stream)
    assert len(seen) == 1


def test_a_threshold_leaves_out_the_less_sure(extractor: Extractor) -> None:
    every = extractor.extract_one(TEXT).statements
    middle = sorted(item.confidence for item in every)[len(every) // 2]
    kept = extractor.extract_one(TEXT, threshold=middle).statements
    assert 0 < len(kept) < len(every)
    assert all(item.confidence >= middle for item in kept)


def test_scores_are_probabilities(extractor: Extractor) -> None:
    for item in extractor.extract_one(TEXT).statements:
        assert sum(item.scores.values()) == pytest.approx(1, abs=1e-4)
        assert 0 <= item.confidence <= 1
        assert max(item.scores, key=lambda name: item.scores[name]) == item.stance


@pytest.mark.parametrize("text", ["", "   \n\t "])
def test_empty_text_is_refused(extractor: Extractor, text: str) -> None:
    with pytest.raises(EmptyTextError, match="no text"):
        extractor.extract_one(text)


def test_nul_is_refused_with_its_place(extractor: Extractor) -> None:
    with pytest.raises(InvalidTextError, match="NUL character at 3"):
        extractor.extract_one("abc\0def")


def test_too_long_a_text_is_refused_with_size_and_limit(tiny: Tiny) -> None:
    from dataclasses import replace

    loaded = Extractor.load(tiny.fp32)
    loaded.manifest = replace(loaded.manifest, limits=Limits(1000))
    with pytest.raises(TextTooLongError, match="1,001 characters; at most 1,000"):
        loaded.extract_one("a" * 1001)


@pytest.mark.parametrize("value", [{"id": "x"}, {"text": 3}, 7, {"text": "a", "id": ["b"]}])
def test_what_is_not_an_article_is_refused(extractor: Extractor, value: object) -> None:
    with pytest.raises(InvalidTextError):
        extractor.extract_one(value)  # type: ignore[arg-type]


def test_other_fields_pass_through_and_ours_win(extractor: Extractor) -> None:
    given_fields = {"id": 7, "text": TEXT, "desk": "foreign", "statements": ["theirs"]}
    out = extractor.extract_one(given_fields).to_dict()
    assert (out["id"], out["desk"]) == ("7", "foreign")
    assert all(isinstance(item, dict) for item in out["statements"])


@settings(max_examples=30, deadline=None)
@given(text=st.text(min_size=1, max_size=200))
def test_any_unicode_survives(text: str, extractor: Extractor) -> None:
    if text.isspace() or "\0" in text:
        return
    labelled = extractor.extract_one(text)
    assert all(text[span.start : span.end] == span.text for span in spans(labelled))
    json.dumps(labelled.to_dict())


@pytest.mark.parametrize("unit", ["codepoint", "utf16", "utf8"])
def test_offsets_fit_the_unit(extractor: Extractor, unit: str) -> None:
    text = "🙂 " + TEXT.replace("Varga", "Vargå")
    out = extractor.extract_one(text).to_dict(offset_unit=unit)  # type: ignore[arg-type]
    assert out["statements"]
    for item in out["statements"]:
        cue = item["cue"]
        if unit == "utf16":
            data = text.encode("utf-16-le")[2 * cue["start"] : 2 * cue["end"]].decode("utf-16-le")
        elif unit == "utf8":
            data = text.encode()[cue["start"] : cue["end"]].decode()
        else:
            data = text[cue["start"] : cue["end"]]
        assert data == cue["text"]


def test_the_encoder_is_shown_the_full_stop_that_a_text_lacks(extractor: Extractor) -> None:
    class Spy:
        def __init__(self, inner: Backend) -> None:
            self.inner = inner

        def encode(self, pieces: NDArray[np.int64]) -> EncodedWindow:
            shown.append(pieces.tolist())
            return self.inner.encode(pieces)

        def read(self, *arguments: Any) -> ReadingArrays:
            return self.inner.read(*arguments)

    spied = extractor.variant(extractor.manifest, wrap=Spy)
    seen, found = {}, {}
    for end in (".", "", "!", '."'):
        shown: list[list[int]] = []
        text = f"{TEXT}\n\n{TEXT.rstrip('.')}{end}"
        found[end] = spied.extract_one(text)
        seen[end] = shown
    assert TEXT.endswith(".")
    assert len(seen[""]) > 1
    assert seen[""] == seen["."]
    assert seen["!"] != seen["."] != seen['."']
    assert all(span.end <= len(found[""].article.text) for span in spans(found[""]))
    last = len(found[""].article.text)
    with_, without = (
        [item.cue for item in found[end].statements if item.cue.end < last] for end in (".", "")
    )
    assert with_ == without


def test_a_long_document_takes_linear_windows(extractor: Extractor) -> None:
    short = extractor.extract_one(TEXT * 4).processing.windows
    long = extractor.extract_one(TEXT * 40).processing.windows
    assert long <= 11 * short


@pytest.mark.parametrize("threshold", [float("nan"), 2, -0.1, "0.5"])
def test_a_threshold_that_is_no_share_is_refused(extractor: Extractor, threshold: Any) -> None:
    with pytest.raises(ValueError, match="legal: a number from 0 to 1"):
        extractor.extract_one(TEXT, threshold=threshold)
