"""A fake that labels the page's own example by hand, with crossing and nested parts."""

from __future__ import annotations

from onrecord.types import (
    Actor,
    Article,
    Entity,
    LabelledArticle,
    Processing,
    Span,
    Statement,
)
from tests.service.fakes import FakeExtractor

_NORVANIA = Entity("Norvania", "state")
_UNION = Entity("Calder Union", "organisation")
_VARGA = Actor("Ilse Varga", "person", None, "named", _NORVANIA, 0.95)
_ROWS = (
    # source, cue, content, target, stance, conditional, confidence, actor
    (
        "Norvania",
        "has consistently rejected",
        ("any foreign base on the Sund islands",),
        "any foreign base on the Sund islands",
        "opposes",
        False,
        0.94,
        Actor("Norvania", "state", None, "named", _NORVANIA, 0.99),
    ),
    (
        "Norvanian Foreign Minister Ilse Varga",
        "said",
        ("her government would send two hospital ships to the strait once a ceasefire holds",),
        "two hospital ships",
        "commits",
        True,
        0.83,
        _VARGA,
    ),
    (
        "Varga",
        "told",
        ("“We will not accept a garrison on our doorstep,”", "“Anyone who builds one"),
        "a garrison on our doorstep",
        "opposes",
        False,
        0.88,
        _VARGA,
    ),
    (
        "The Calder Union",
        "called on",
        ("both sides to withdraw their patrol boats",),
        "withdraw their patrol boats",
        "demands",
        False,
        0.91,
        Actor("Calder Union", "organisation", None, "named", _UNION, 0.9),
    ),
    (
        "Its envoy, Tomas Reyl",
        "warned",
        ("a second winter without a deal would empty the fishing villages",),
        "a second winter without a deal",
        "warns",
        False,
        0.79,
        Actor("Tomas Reyl", "person", None, "named", _UNION, 0.9),
    ),
    (
        "He",
        "did not rule out",
        ("a larger mission",),
        "a larger mission",
        "considers",
        False,
        0.71,
        Actor("Tomas Reyl", "person", None, "coreference", _UNION, 0.7),
    ),
    (
        "opposition leader Marek Dunn",
        "accused",
        ("the minister of “selling the islands for applause”",),
        "the minister",
        "accuses",
        False,
        0.66,
        Actor("Marek Dunn", "person", None, "named", None, 0.9),
    ),
    (
        "The ministry",
        "denied",
        ("any sale had been discussed",),
        "any sale had been discussed",
        "denies",
        False,
        0.58,
        Actor("ministry", "group", None, "unresolved", None, 0.2, "no ministry is named"),
    ),
)


class PageExtractor(FakeExtractor):
    """Labels the page's example; any other text as `FakeExtractor` does."""

    def extract_one(self, article: Article, *, threshold: float | None = None) -> LabelledArticle:
        if "Norvania has consistently" not in article.text or "Marek Dunn" not in article.text:
            return super().extract_one(article, threshold=threshold)
        text = article.text
        found = []
        position = 0
        for number, row in enumerate(_ROWS):
            source, cue, content, target, stance, conditional, confidence, actor = row
            position = text.index(cue, position)

            def span(words: str, near: int = position) -> Span:
                start = min(
                    (at for at in range(len(text)) if text.startswith(words, at)),
                    key=lambda at: abs(at - near),
                )
                return Span(start, start + len(words), words)

            found.append(
                Statement(
                    id=f"{article.id}:{number}",
                    cue=Span(position, position + len(cue), cue),
                    source=span(source),
                    content=tuple(span(part) for part in content),
                    target=span(target),
                    stance=stance,
                    conditional=conditional,
                    quotation="direct" if content[0].startswith("“") else "indirect",
                    confidence=confidence,
                    scores={stance: confidence, "states": round(1 - confidence, 2)},
                    actors=(actor,),
                )
            )
        return LabelledArticle(article, tuple(found), Processing(len(text), 1), self.model)
