"""The wire form of requests and responses; OpenAPI is made from these classes.

Dataclasses live inside (`onrecord.types`), pydantic stands at the door. Requests are strict:
unknown fields and wrong types are errors.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from onrecord.actors import ActorRegistry
from onrecord.errors import RegistryError
from onrecord.types import STANCES, Article, OffsetUnit
from onrecord_service import examples

_STRICT = ConfigDict(extra="forbid", strict=True, frozen=True)

ExtraField = Annotated[
    dict[str, Any],
    Field(
        description="Any other metadata, returned unchanged beside the statements. A news "
        "format's `people` and `organisations` in it help to resolve actors."
    ),
]


class ArticleIn(BaseModel):
    """One article to read."""

    model_config = ConfigDict(**_STRICT, json_schema_extra={"examples": [examples.ARTICLE]})

    text: str = Field(
        description="The text to read. It is never changed, cut or normalized.",
        json_schema_extra={"minLength": 1},
    )
    id: str = Field(
        "article", min_length=1, max_length=200, description="Statements are numbered under it."
    )
    title: str | None = Field(None, max_length=2000, description="Headline, returned as given.")
    date: str | None = Field(None, max_length=64, description="Date, returned as given.")
    extra: ExtraField = Field(default_factory=dict)

    @field_validator("extra")
    @classmethod
    def _extra_is_text(cls, value: dict[str, Any]) -> dict[str, Any]:
        """Refuse half characters anywhere inside, which no response could carry."""
        try:
            repr_of = _strings_of(value)
            "".join(repr_of).encode()
        except UnicodeEncodeError as error:
            message = f"extra holds a lone surrogate ({error.object[error.start]!a})"
            raise ValueError(message) from error
        return value

    def to_article(self) -> Article:
        """Return the library's value type."""
        return Article(self.text, self.id, self.title, self.date, self.extra)


StanceName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100,
        description="A label of the model; `/info` lists them. Those of the shipped model: "
        f"{', '.join(STANCES)}.",
    ),
]


class Options(BaseModel):
    """How to answer; as fields beside the article, or as query parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float | None = Field(
        None,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Leave out statements below this confidence; unset takes the model's own.",
    )
    offset_unit: OffsetUnit = Field(
        "codepoint",
        description="Unit of every start and end: `codepoint` (Python), `utf16` (JavaScript, "
        "Java), `utf8` (bytes).",
    )
    stances: list[StanceName] | None = Field(
        None, max_length=100, description="Return only these stances; unset returns all of them."
    )
    scores: bool = Field(
        default=True, description="Whether to return the probability of each stance."
    )

    @field_validator("stances", mode="before")
    @classmethod
    def _commas(cls, value: object) -> object:
        """Take `stances=supports,opposes` in a query as well as a repeated parameter."""
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return [part for item in value for part in item.split(",")]
        return value


class ActorRow(BaseModel):
    """An alias that stands in the text, and whom it means."""

    model_config = _STRICT

    alias: str = Field(min_length=1, max_length=300, description="As in the text; case is alike.")
    name: str = Field(min_length=1, max_length=300, description="The actor's name in the answer.")
    kind: Literal["state", "organisation", "person", "group", "document", "media", "unknown"] = (
        "unknown"
    )
    id: str | None = Field(
        None,
        max_length=100,
        description="Wikidata id, such as Q212 or https://www.wikidata.org/wiki/Q212.",
    )
    represents: str | None = Field(None, max_length=300, description="On whose behalf it acts.")


class WithActors(BaseModel):
    """A request that brings actors of its own."""

    actors: list[ActorRow] = Field(
        default_factory=list,
        max_length=1000,
        description="Your own actors, for this request; they win over everything else.",
    )

    @field_validator("actors")
    @classmethod
    def _agree(cls, value: list[ActorRow]) -> list[ActorRow]:
        """Refuse an alias that means two actors, or that has no letter."""
        try:
            _registry(value)
        except RegistryError as error:
            raise ValueError(str(error)) from error
        return value

    @property
    def registry(self) -> ActorRegistry | None:
        """The actors as the library takes them; None for none."""
        return _registry(self.actors) if self.actors else None


def _registry(rows: list[ActorRow]) -> ActorRegistry:
    return ActorRegistry.from_rows(row.model_dump() for row in rows)


class ExtractOne(ArticleIn, Options, WithActors):
    """One article, with options beside it."""

    model_config = ConfigDict(
        **_STRICT,
        json_schema_extra={"examples": [{**examples.ARTICLE, "offset_unit": "utf16"}]},
    )


class ExtractMany(Options, WithActors):
    """Several articles, with options beside them."""

    model_config = ConfigDict(
        **_STRICT,
        json_schema_extra={"examples": [{"articles": [examples.ARTICLE], "threshold": 0.5}]},
    )

    articles: list[ArticleIn] = Field(min_length=1, description="In the order of the answer.")


class AskedText(BaseModel):
    """A text to ask about, with an actor."""

    model_config = _STRICT

    text: str = Field(description="The text to read.", json_schema_extra={"minLength": 1})
    actor: str | None = Field(
        default=None,
        min_length=1,
        max_length=300,
        description="Any name it goes by, or a Wikidata id.",
    )
    threshold: float | None = Field(default=None, ge=0, le=1, allow_inf_nan=False)
    offset_unit: OffsetUnit = "codepoint"

    @field_validator("actor", "target", "quote", check_fields=False)
    @classmethod
    def _has_a_word(cls, value: str | None) -> str | None:
        """Refuse what no text can hold, instead of finding nothing."""
        if value is not None and not any(character.isalnum() for character in value):
            message = "it has no letter or digit; give words to look for"
            raise ValueError(message)
        return value


class StanceIn(AskedText):
    """Which stance does this actor take, to this target?"""

    model_config = ConfigDict(
        **_STRICT,
        json_schema_extra={
            "examples": [
                {
                    "text": examples.ARTICLE["text"],
                    "actor": "Iceland",
                    "target": "a base on the islands",
                }
            ]
        },
    )

    target: str | None = Field(
        default=None, min_length=1, max_length=1000, description="What the stance is about."
    )

    @model_validator(mode="after")
    def _something_asked(self) -> StanceIn:
        if self.actor is None and self.target is None:
            message = "give an actor, a target, or both"
            raise ValueError(message)
        return self


class VerifyIn(AskedText):
    """Does this quote stand in this text, and are they this actor's words?"""

    model_config = ConfigDict(
        **_STRICT,
        json_schema_extra={
            "examples": [
                {
                    "text": examples.ARTICLE["text"],
                    "quote": "any foreign base on the Sund islands",
                    "actor": "Iceland",
                }
            ]
        },
    )

    quote: str = Field(min_length=1, max_length=5000, description="The words to look for.")


class _Out(BaseModel):
    """Base of responses."""

    model_config = ConfigDict(extra="forbid")


class SpanOut(_Out):
    """A stretch of the text: `text[start:end]` in the unit asked for."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    text: str


class EntityOut(_Out):
    """A state, organisation, party, person or group by name."""

    name: str
    kind: str
    id: str | None = Field(description="Wikidata id, or null where it is not known.")


class PrincipalOut(EntityOut):
    """Whom an actor speaks for."""

    confidence: float = Field(ge=0, le=1, description="Probability that this is right.")


class ActorOut(EntityOut):
    """The resolved entity behind a source."""

    resolved_by: Literal["named", "title", "metonym", "alias", "coreference", "unresolved"]
    confidence: float = Field(ge=0, le=1)
    represents: PrincipalOut | None
    why: str | None = Field(None, description="Why the actor is unresolved.")


class StatementOut(_Out):
    """One attributed act of saying, wanting or deciding."""

    id: str
    source: SpanOut | None
    cue: SpanOut
    content: list[SpanOut]
    target: SpanOut | None
    stance: StanceName
    polarity: Literal["favor", "against", "neutral"]
    conditional: bool
    quotation: Literal["direct", "indirect", "mixed"]
    confidence: float = Field(ge=0, le=1)
    scores: dict[str, float] | None = None
    actor: ActorOut | None
    represents: PrincipalOut | None = Field(description="Whom the first actor speaks for.")
    actors: list[ActorOut] = Field(description="All actors of a joint source.")
    headline: str


class ProcessingOut(_Out):
    """What was read."""

    characters: int
    windows: int
    truncated: bool
    offset_unit: OffsetUnit


class ModelOut(_Out):
    """The checkpoint that made the answer."""

    name: str
    version: str
    sha256: str


class LabelledArticleOut(BaseModel):
    """An article's statements, in text order; the fields of `extra` come back beside them."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"examples": [examples.LABELLED_ARTICLE]}
    )

    id: str
    title: str | None
    date: str | None
    statements: list[StatementOut]
    processing: ProcessingOut
    model: ModelOut


class FaultOut(_Out):
    """One fault of a request."""

    pointer: str = Field(description="JSON pointer to the field.")
    detail: str


class ProblemOut(BaseModel):
    """An error, after RFC 9457."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [examples.PROBLEM]})

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    errors: list[FaultOut] | None = None


class RejectedOut(_Out):
    """An article of a list that could not be read; the others are unaffected."""

    index: int = Field(ge=0, description="Place in the list that was sent.")
    id: str | None
    problem: ProblemOut


class LabelledArticlesOut(_Out):
    """Answer to a list: what was labelled, in order, and what was not, with the reason."""

    articles: list[LabelledArticleOut]
    rejected: list[RejectedOut]
    model: ModelOut


class FoundStanceOut(_Out):
    """A stance, with the statements that show it."""

    actor: ActorOut | None
    target: str | None
    stance: StanceName
    polarity: Literal["favor", "against", "neutral"]
    confidence: float = Field(ge=0, le=1)
    relevance: float = Field(ge=0, le=1, description="How well the target fits the one asked for.")
    statements: list[StatementOut]


class StanceOut(_Out):
    """Answer to /v1/stance; `found` is false when the text has no such stance."""

    found: bool
    stances: list[FoundStanceOut]
    model: ModelOut


class ChangeOut(_Out):
    """A step of the diff: `added` is only in the quote, `left_out` only in the text."""

    op: Literal["equal", "replaced", "added", "left_out"]
    quote: str
    text: str


class VerifyOut(_Out):
    """Answer to /v1/verify."""

    verdict: Literal["verbatim", "altered", "absent"]
    span: SpanOut | None
    diff: list[ChangeOut] = Field(description="From the quote to the text; empty unless altered.")
    attributed_to: list[ActorOut]
    actor_matches: bool | None = Field(
        description="Whether the given actor said it; null when none was given or none is known."
    )
    model: ModelOut


class InfoOut(_Out):
    """What is running, and its limits."""

    name: str
    version: str
    model: ModelOut | None
    stances: list[str]
    offset_units: list[str]
    limits: dict[str, float]
    workers: int


class JobOptions(BaseModel):
    """How to label the records of a job; query parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float | None = Field(default=None, ge=0, le=1, allow_inf_nan=False)
    offset_unit: OffsetUnit = "codepoint"
    scores: bool = Field(default=True, description="Whether to keep each stance's probability.")


ResultFormat = Literal["ndjson", "csv", "parquet"]


class JobOut(_Out):
    """How far a job is."""

    id: str
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"] = Field(
        description="`failed` when no record at all could be labelled."
    )
    total: int
    done: int
    rejected: int


class JobArticleOut(_Out):
    """An article of a job, with its text."""

    text: str
    labelled: LabelledArticleOut


Offsets = Annotated[
    list[Annotated[int, Field(ge=0)]],
    Field(min_length=2, max_length=2, description="[start, end)"),
]
Name = Annotated[str, Field(min_length=1, max_length=300)]


class FeedbackStatement(BaseModel):
    """A statement as it should be, as in the house corpus."""

    model_config = _STRICT

    source: Offsets | None
    cue: Offsets
    content: list[Offsets]
    target: Offsets | None
    stance: StanceName
    conditional: bool = False
    actor: Name | None = None
    represents: Name | None = None


class FeedbackIn(BaseModel):
    """A passage with all its statements, corrected."""

    model_config = ConfigDict(**_STRICT, json_schema_extra={"examples": [examples.FEEDBACK]})

    text: str
    statements: list[FeedbackStatement] = Field(max_length=500)
    offset_unit: OffsetUnit = "codepoint"
    article_id: str | None = Field(default=None, max_length=200)
    note: str | None = Field(default=None, max_length=2000, description="Why it is corrected.")


class FeedbackOut(_Out):
    """The id of the stored record."""

    id: str


class ShadowOut(_Out):
    """The checkpoint that reads along, and how far it agrees since it was started."""

    model: ModelOut | None = Field(description="Null while it is loading.")
    share: float = Field(description="Share of the articles of requests that it reads.")
    agreement: float | None = Field(
        description="Share of compared articles that both read alike; null before the first."
    )
    articles: dict[str, int] = Field(description="Sampled articles, by outcome.")
    statements: dict[str, int] = Field(
        description="Statements by how both read them: same, missing or added in the shadow, or "
        "the part that differs."
    )
    failure: str | None = Field(description="Why it does not read, if it does not.")


class ModelsOut(_Out):
    """The models: what answers, what answered before, what reads along."""

    models: list[ModelOut] = Field(description="Those that answer now: the active one.")
    active: ModelOut
    previous: ModelOut | None = Field(
        description="What a roll-back returns to; null for none, or that of the service's start."
    )
    shadow: ShadowOut | None
    refused: str | None = Field(
        description="Why the checkpoint that was activated last does not answer, if it does not."
    )


class HealthOut(_Out):
    """A health check's answer."""

    status: Literal["ok", "loading", "draining", "failed"]
    detail: str | None = None


def _strings_of(value: object) -> list[str]:
    """Return every string inside a JSON value, keys included."""
    found: list[str] = []
    todo: list[object] = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, dict):
            mapping = cast("dict[str, object]", item)
            found.extend(mapping)
            todo.extend(mapping.values())
        elif isinstance(item, list):
            todo.extend(cast("list[object]", item))
    return found
