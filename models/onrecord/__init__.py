"""Who said what, and where they stand: statements from news text.

Example:
    >>> from onrecord import Extractor
    >>> extractor = Extractor.load()
    >>> for labelled in extractor.extract(["The ministry rejected the plan."]):
    ...     for statement in labelled.statements:
    ...         print(statement.headline)  # doctest: +SKIP
"""

from onrecord.actors import ActorRegistry
from onrecord.errors import (
    ArticleError,
    CheckpointError,
    CorpusError,
    EmptyTextError,
    InvalidTextError,
    OnrecordError,
    RegistryError,
    TextTooLongError,
)
from onrecord.extractor import Extractor
from onrecord.types import (
    STANCES,
    Actor,
    Article,
    Entity,
    LabelledArticle,
    ModelInfo,
    Processing,
    Span,
    Statement,
)

__all__ = [
    "STANCES",
    "Actor",
    "ActorRegistry",
    "Article",
    "ArticleError",
    "CheckpointError",
    "CorpusError",
    "EmptyTextError",
    "Entity",
    "Extractor",
    "InvalidTextError",
    "LabelledArticle",
    "ModelInfo",
    "OnrecordError",
    "Processing",
    "RegistryError",
    "Span",
    "Statement",
    "TextTooLongError",
]
