"""The full-precision weights to start from: `init = "shipped"` in a run's file.

They lie beside the package, in `training/weights/`, at half precision (see docs/adr/0060): a
`.safetensors` file of the whole network, and a JSON file that says which model it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onrecord.manifest import file_sha256
from onrecord_training.config import SHIPPED, ConfigError, ModelConfig, model_from_dict

if TYPE_CHECKING:
    from torch import Tensor

    from onrecord.network import Network

FORMAT_VERSION = 1
WEIGHTS = Path(__file__).parents[1] / "weights" / "onrecord-minilm.safetensors"
FREE = ("stances", "polarity", "dropout")
"""Keys of `[model]` that may differ from those of the shipped weights."""
_LABELLED = ("stance.weight", "stance.bias")
_REBUILD = (
    "fetch training/weights again (git checkout training/weights), or make it from a run: "
    "`onrecord-train weights RUN`"
)


@dataclass(frozen=True, slots=True)
class WeightsInfo:
    """What stands beside the weights.

    Args:
        name: Name of the model.
        version: Version of the checkpoint that was exported from the same run.
        sha256: Of the `.safetensors` file.
        model: The configuration that it fits.
        training: What made it, as in a checkpoint's manifest.
    """

    name: str
    version: str
    sha256: str
    model: ModelConfig
    training: Mapping[str, Any]


def read_info(path: Path | None = None) -> WeightsInfo:
    """Read what stands beside the weights; the weights themselves are verified when loaded.

    Args:
        path: The `.safetensors` file; by default the shipped one.

    Raises:
        ConfigError: If either file is missing, or is of another format.
    """
    path = path or WEIGHTS
    beside = path.with_suffix(".json")
    if not path.is_file() or not beside.is_file():
        raise ConfigError(
            f"init = {SHIPPED!r} needs {path.name} and {beside.name} in {path.parent}; {_REBUILD}"
        )
    try:
        content = json.loads(beside.read_bytes())
        version = content.pop("format_version")
        if version != FORMAT_VERSION:
            raise ConfigError(
                f"{beside} has format version {version!r}; this release reads {FORMAT_VERSION}: "
                f"{_REBUILD}"
            )
        return WeightsInfo(**{**content, "model": model_from_dict(content["model"], str(beside))})
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ConfigError(f"{beside} cannot be read ({error!r}); {_REBUILD}") from error


def shipped_model(given: Mapping[str, Any], where: str, path: Path | None = None) -> dict[str, Any]:
    """Return the table `[model]` of a run that starts from the shipped weights.

    Args:
        given: What the run's file says; only `stances`, `polarity` and `dropout` are its to choose.
        where: The run's file, for messages.
        path: The `.safetensors` file; by default the shipped one.

    Raises:
        ConfigError: If a setting conflicts with the weights.
    """
    theirs = asdict(read_info(path).model)
    for key, value in given.items():
        if key in theirs and key not in FREE and value != theirs[key]:
            raise ConfigError(
                f"{where}: [model] {key} = {value!r}, but init = {SHIPPED!r} has "
                f"{key} = {theirs[key]!r}; leave it out, or leave init out to start from the "
                "encoder"
            )
    if "stances" in given and "polarity" not in given:
        theirs["polarity"] = {}
    return {**theirs, **given}


def load_shipped(network: Network, path: Path | None = None) -> list[str]:
    """Load the shipped weights; a network with other labels keeps a fresh start for new ones.

    Args:
        network: Built from the configuration that `shipped_model` gave.
        path: The `.safetensors` file; by default the shipped one.

    Returns:
        The labels that the weights do not know, in the network's order; they start untrained.

    Raises:
        ConfigError: If the file was altered, or does not fit.
    """
    from safetensors.torch import load_file

    path = path or WEIGHTS
    info = read_info(path)
    actual = file_sha256(path)
    if actual != info.sha256:
        raise ConfigError(
            f"{path} has SHA-256 {actual[:12]}…, {path.with_suffix('.json').name} says "
            f"{info.sha256[:12]}…: it was altered or cut short; {_REBUILD}"
        )
    weights = {name: value.float() for name, value in load_file(path).items()}
    known, wanted = info.model.stances, tuple(network.config.stances)
    if wanted != known:
        for name in _LABELLED:
            weights[name] = _rows(weights[name], known, network.state_dict()[name], wanted)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise ConfigError(f"{path} does not fit the configured model: {error}") from error
    return [label for label in wanted if label not in known]


def start_weights(network: Network, init: str, base: Path) -> list[str]:
    """Load what a run starts from, if it names anything.

    Args:
        network: Built from the run's configuration.
        init: As in `RunConfig`.
        base: Folder that a file is relative to.

    Returns:
        The labels that start untrained, where the shipped weights do not know them.

    Raises:
        ConfigError: If the weights are not there, altered, or do not fit.
    """
    from onrecord_training.build import load_weights

    if init == SHIPPED:
        return load_shipped(network)
    if get_close_matches(init, (SHIPPED,)) and not (base / init).is_file():
        raise ConfigError(
            f"init = {init!r} is not known; did you mean {SHIPPED!r}? Legal are {SHIPPED!r}, the "
            "path of a .safetensors file, or nothing"
        )
    if init:
        load_weights(network, base / init)
    return []


def write_weights(run: Path, path: Path, *, name: str, version: str) -> WeightsInfo:
    """Write the best weights of a run at half precision, for `init = "shipped"`.

    Args:
        run: Folder that `fit` wrote.
        path: The `.safetensors` file to write; its JSON goes beside it.
        name: Name of the model.
        version: Version of the checkpoint that was exported from the run.

    Raises:
        ConfigError: If the run has finished no epoch, or a weight is too large for half precision.
    """
    import torch
    from safetensors.torch import load_file, save_file

    from onrecord_training.export import read_run_folder

    config, training, best = read_run_folder(run)
    half = {key: value.half().contiguous() for key, value in load_file(best).items()}
    for key, value in half.items():
        if not torch.isfinite(value).all():
            raise ConfigError(
                f"{key} of {best} exceeds half precision (65504); start from the run's own file: "
                f'init = "{best}"'
            )
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(half, path)
    info = WeightsInfo(name, version, file_sha256(path), config.model, training)
    content = {"format_version": FORMAT_VERSION, **asdict(info)}
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    path.with_suffix(".json").write_text(text, encoding="utf-8")
    return info


def _rows(theirs: Tensor, known: Sequence[str], fresh: Tensor, wanted: Sequence[str]) -> Tensor:
    """Return the (L, *) weights of the wanted labels: those of known ones, else the fresh ones."""
    rows = fresh.clone()
    for place, label in enumerate(wanted):
        if label in known:
            rows[place] = theirs[known.index(label)]
    return rows
