"""A finished run as a folder that can be pushed to a model hub as it is.

    README.md                          model card with the hub's front matter
    config.json                        architecture, labels, what made it
    model.safetensors                  full-precision weights, to fine-tune from
    manifest.json, *.onnx, tokenizer.json   the checkpoint, loadable from this folder
    .gitattributes                     which files are large

`ONRECORD_CHECKPOINT=FOLDER` and `onrecord models activate FOLDER` take it too.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from onrecord.manifest import MANIFEST_NAME, Manifest, read_manifest
from onrecord_training.config import ConfigError
from onrecord_training.export import read_run_folder

CARD = "README.md"
_LARGE = ("*.onnx", "*.safetensors")


def write_hub_folder(run: Path, folder: Path, checkpoint: Path) -> Manifest:
    """Put a run's checkpoint, weights, configuration and card into one folder.

    Args:
        run: Folder that `onrecord-train run` wrote.
        folder: Where to write; made if it is not there.
        checkpoint: The checkpoint exported from the run, tuned and calibrated, with its card.

    Raises:
        ConfigError: If the run is not finished, or its checkpoint has no card.
        CheckpointError: If the checkpoint is not sound.
    """
    config, training, weights = read_run_folder(run)
    manifest = read_manifest(checkpoint)
    if not (checkpoint / CARD).is_file():
        raise ConfigError(
            f"{checkpoint} has no {CARD}; `onrecord-train run` writes one, or "
            f"`onrecord-train card model --checkpoint {checkpoint} -o {checkpoint / CARD}`"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in (MANIFEST_NAME, CARD, *manifest.files):
        shutil.copyfile(checkpoint / name, folder / name)
    if (checkpoint / "pictures").is_dir():
        shutil.copytree(checkpoint / "pictures", folder / "pictures", dirs_exist_ok=True)
    shutil.copyfile(weights, folder / "model.safetensors")
    labels = dict(enumerate(manifest.stances))
    content = {
        "model_type": "onrecord",
        "library_name": "onrecord",
        "name": manifest.name,
        "version": manifest.version,
        "id2label": labels,
        "label2id": {label: number for number, label in labels.items()},
        "polarity": dict(manifest.polarity),
        "network": dict(manifest.network),
        "model": config.to_dict()["model"],
        "corpora": training["corpora"],
    }
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    (folder / "config.json").write_text(text, encoding="utf-8")
    rules = "".join(f"{name} filter=lfs diff=lfs merge=lfs -text\n" for name in _LARGE)
    (folder / ".gitattributes").write_text(rules, encoding="utf-8")
    return manifest
