"""The lines of Python that load a repository from this Hub."""

from __future__ import annotations

import json
from collections.abc import Mapping

from emojit.localhub.cards import CardData, card_tags
from emojit.localhub.registry import RepoRecord


def snippet(
    record: RepoRecord, endpoint: str, *, card: CardData, config: Mapping[str, object], tag: str | None
) -> str:
    """How to load a repository, to copy.

    Args:
        record: the repository.
        endpoint: address of this Hub.
        card: its front matter.
        config: its `config.json`; empty when there is none.
        tag: the latest release, or None.
    """
    # The clients read the addresses when they are imported.
    lines = ["import os", f'os.environ["HF_ENDPOINT"] = "{endpoint}"']
    if record.private or record.gated:
        lines.append('os.environ["HF_TOKEN"] = "hf_…"')
    return "\n".join([*lines, "", *_load(record, card, config, tag)])


def _load(record: RepoRecord, card: CardData, config: Mapping[str, object], tag: str | None) -> list[str]:
    revision = f", revision={json.dumps(tag)}" if tag else ""  # a tag may hold quotation marks
    if record.type == "dataset":
        return ["from datasets import load_dataset", f'dataset = load_dataset("{record.id}"{revision})']
    if record.type == "space" and {"metric", "evaluate", "measurement", "comparison"} & set(card_tags(card)):
        return ["import evaluate", f'metric = evaluate.load("{record.id}"{revision})']
    if record.type == "model" and "model_type" in config:
        architecture = _class_name(config)
        return [
            f"from transformers import {architecture}, AutoTokenizer",
            f'tokenizer = AutoTokenizer.from_pretrained("{record.id}"{revision})',
            f'model = {architecture}.from_pretrained("{record.id}"{revision})',
        ]
    kind = "" if record.type == "model" else f', repo_type="{record.type}"'
    return [
        "from huggingface_hub import snapshot_download",
        f'folder = snapshot_download("{record.id}"{kind}{revision})',
    ]


def _class_name(config: Mapping[str, object]) -> str:
    """The class that `transformers` has for all models of this use."""
    architectures = config.get("architectures")
    name = str(architectures[0]) if isinstance(architectures, list) and architectures else ""
    for ending, general in (
        ("ForConditionalGeneration", "AutoModelForSeq2SeqLM"),
        ("ForCausalLM", "AutoModelForCausalLM"),
        ("LMHeadModel", "AutoModelForCausalLM"),
        ("ForSequenceClassification", "AutoModelForSequenceClassification"),
        ("ForMaskedLM", "AutoModelForMaskedLM"),
        ("ForTokenClassification", "AutoModelForTokenClassification"),
    ):
        if name.endswith(ending):
            return general
    return "AutoModel"
