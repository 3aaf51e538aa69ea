"""Tiny random encoders of five families, each with the kind of tokenizer that it comes with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

TRAINED = (
    "The mayor of Zürich rejected the plan for a new base on Tuesday, the union said.",
    "Die Bürgermeisterin lehnt den Plan ab, sagte der Verband; the café stays open.",
    "Yes! No! 1, 2; (3) “We shall not sign,” the ministry warned: 200 naïve engineers.",
)
SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 96,
}


def bert(folder: Path) -> None:
    """A cased WordPiece BERT."""
    from transformers import BertConfig, BertModel

    size = _word_pieces(folder, ["[PAD]", "[UNK]", "[CLS]", "[SEP]"], "[UNK]", "[CLS]", "[SEP]")
    BertModel(BertConfig(vocab_size=size, **SIZES), add_pooling_layer=False).save_pretrained(folder)


def roberta(folder: Path) -> None:
    """A byte-level BPE RoBERTa."""
    from transformers import RobertaConfig, RobertaModel

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    size = _finish(folder, tokenizer, _bytes(["<s>", "<pad>", "</s>", "<unk>"]), "<s>", "</s>")
    config = RobertaConfig(vocab_size=size, pad_token_id=1, **SIZES)
    RobertaModel(config, add_pooling_layer=False).save_pretrained(folder)


def mpnet(folder: Path) -> None:
    """A WordPiece MPNet: relative positions beside absolute ones, the specials of RoBERTa."""
    from transformers import MPNetConfig, MPNetModel

    size = _word_pieces(folder, ["<s>", "<pad>", "</s>", "<unk>"], "<unk>", "<s>", "</s>")
    config = MPNetConfig(vocab_size=size, **SIZES)
    MPNetModel(config, add_pooling_layer=False).save_pretrained(folder)


def deberta(folder: Path) -> None:
    """A unigram (SentencePiece) DeBERTa-v3."""
    from transformers import DebertaV2Config, DebertaV2Model

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Strip(), normalizers.NFKC(), normalizers.Replace(" {2,}", " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]
    trainer = trainers.UnigramTrainer(
        vocab_size=200, special_tokens=special, unk_token="[UNK]", show_progress=False
    )
    size = _finish(folder, tokenizer, trainer, "[CLS]", "[SEP]")
    config = DebertaV2Config(
        vocab_size=size,
        relative_attention=True,
        position_buckets=16,
        norm_rel_ebd="layer_norm",
        share_att_key=True,
        pos_att_type="p2c|c2p",
        position_biased_input=False,
        type_vocab_size=0,
        **SIZES,
    )
    DebertaV2Model(config).save_pretrained(folder)


def modernbert(folder: Path) -> None:
    """A byte-level BPE ModernBERT, local and global attention."""
    from transformers import ModernBertConfig, ModernBertModel

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    size = _finish(folder, tokenizer, _bytes(special), "[CLS]", "[SEP]")
    config = ModernBertConfig(
        vocab_size=size,
        pad_token_id=0,
        cls_token_id=2,
        sep_token_id=3,
        bos_token_id=2,
        eos_token_id=3,
        local_attention=16,
        global_attn_every_n_layers=2,
        **SIZES,
    )
    ModernBertModel(config).save_pretrained(folder)


FAMILIES: dict[str, Callable[[Path], None]] = {
    "bert": bert,
    "roberta": roberta,
    "mpnet": mpnet,
    "deberta": deberta,
    "modernbert": modernbert,
}


def _word_pieces(folder: Path, special: list[str], unknown: str, first: str, last: str) -> int:
    """Train and save a cased WordPiece tokenizer; return the size of its vocabulary."""
    tokenizer = Tokenizer(models.WordPiece(unk_token=unknown))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=special, show_progress=False)
    return _finish(folder, tokenizer, trainer, first, last)


def _bytes(special: list[str]) -> trainers.Trainer:
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    return trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )


def _finish(
    folder: Path, tokenizer: Tokenizer, trainer: trainers.Trainer, first: str, last: str
) -> int:
    """Train and save a tokenizer; return the size of its vocabulary."""
    folder.mkdir(parents=True)
    tokenizer.train_from_iterator(TRAINED * 3, trainer)
    special = [(name, tokenizer.token_to_id(name)) for name in (first, last)]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}", special_tokens=special
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    kind = {"tokenizer_class": "PreTrainedTokenizerFast"}
    (folder / "tokenizer_config.json").write_text(json.dumps(kind))
    return int(tokenizer.get_vocab_size())
