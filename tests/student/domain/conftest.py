"""A build folder with a corpus that a tiny BERT can learn, that BERT, a recipe, and a finished domain run."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import pytest
import torch
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForMaskedLM, PreTrainedTokenizerFast

from emojit.dataset.folder import data_file, write_manifest, write_text
from emojit.dataset.parquet import PAIR_COLUMNS, SENTENCE_COLUMNS, TableWriter
from emojit.dataset.splits import split_of
from emojit.recipe import BuildRecipe, DomainRecipe, SplitConfig, dump, load_text
from emojit.student.domain import train_domain

PLACES = [
    ("駅", "電車", "待つ"),
    ("海", "魚", "釣る"),
    ("庭", "桜", "眺める"),
    ("店", "鞄", "選ぶ"),
    ("家", "映画", "観る"),
]
WHO = ["父", "母", "兄", "妹", "友達", "先生", "祖父", "隣人"]
EMOJI = {"電車": "🚃", "魚": "🐟", "桜": "🌸", "鞄": "👜", "映画": "🎬"}


def sentence(number: int) -> str:
    place, thing, verb = PLACES[number % 5]
    return f"{WHO[number // 5 % 8]}は{place}で{thing}を{verb}。"


@pytest.fixture(scope="session")
def articles() -> list[dict[str, object]]:
    """60 articles with four sentences each."""
    return [
        {
            "id": f"{number:016x}", "source": "wiki", "doc_id": str(number // 4), "title": f"項目{number // 4}", "url": None,
            "licence": "CC BY-SA 4.0", "index": number % 4, "text": sentence(number + number // 4), "flags": [], "reason": "too_short" if number % 7 == 0 else None,
        }
        for number in range(240)
    ]  # fmt: skip


@pytest.fixture(scope="session")
def build(tmp_path_factory, articles) -> Path:
    """A build folder whose pairs are in other words than its corpus, so that articles alone decide what may be read."""
    folder = tmp_path_factory.mktemp("domain") / "with-corpus"
    with TableWriter(folder / "corpus" / "sentences.parquet", SENTENCE_COLUMNS, series=True) as table:
        for row in articles:
            table.add(row)
    writers = {
        split: TableWriter(folder / data_file(split), PAIR_COLUMNS) for split in ("train", "validation", "test")
    }
    for number, row in enumerate(articles):
        thing = PLACES[(number + number // 4) % 5][1]
        noise = "".join(chr(0x30A2 + random.Random(number).randrange(80)) for _ in range(16))
        kept = {key: row[key] for key in ("id", "source", "doc_id", "title", "licence")}
        writers[split_of("wiki", str(row["doc_id"]), SplitConfig())].add(
            {**kept, "original_text": f"{noise}{thing}", "sns_text": f"{thing}{noise}", "emojis": [EMOJI[thing]]}
        )
    for writer in writers.values():
        writer.close()
    write_text(folder / "recipe.toml", dump(BuildRecipe()))
    write_manifest(folder, {"name": "with-corpus"})
    return folder


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Path:
    """A BERT of one layer over the letters of the sentences, with random weights."""
    folder = tmp_path_factory.mktemp("base") / "tiny-bert"
    letters = sorted({letter for number in range(40) for letter in sentence(number)})
    words = {word: place for place, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters])}
    raw = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    raw.normalizer = normalizers.NFKC()
    raw.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    raw.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", words["[CLS]"]), ("[SEP]", words["[SEP]"])]
    )
    names = {
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    }
    PreTrainedTokenizerFast(tokenizer_object=raw, **names).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=64, initializer_range=0.1,
    )  # fmt: skip
    BertForMaskedLM(config).save_pretrained(folder)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def recipe(tiny) -> DomainRecipe:
    return load_text(
        DomainRecipe,
        f'objective = "mlm"\nname = "tiny"\n[model]\nbase = "{tiny}"\n[text]\nmax_tokens = 40\nmask_share = 0.25\n'
        "[train]\nepochs = 4\nbatch_size = 4\nlearning_rate = 1e-2\n[evaluation]\nwords = 40\n",
        where="test",
    )


@pytest.fixture(scope="session")
def changed():
    def change(recipe: DomainRecipe, **sections: dict[str, object]) -> DomainRecipe:
        new = {name: dataclasses.replace(getattr(recipe, name), **keys) for name, keys in sections.items()}
        return dataclasses.replace(recipe, **new)

    return change


@pytest.fixture(scope="session")
def run(build, recipe, tmp_path_factory):
    return train_domain(recipe, dataset=build, out=tmp_path_factory.mktemp("runs") / "domain", quiet=True)
