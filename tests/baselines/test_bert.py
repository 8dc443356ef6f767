"""The multi-label encoder, with a tiny BERT made here: it learns, keeps the rules, and is saved with its tokenizer."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig as EncoderConfig
from transformers import BertForMaskedLM, PreTrainedTokenizerFast
from typer.testing import CliRunner

from emojit.baselines.bert import Bert
from emojit.baselines.bert_config import BertConfig
from emojit.baselines.bert_losses import LOSSES
from emojit.baselines.threshold import Threshold
from emojit.cli.app import app
from emojit.emoji import INVENTORY
from emojit.errors import ConfigError, OfflineError, StudentError
from emojit.metrics import jaccard_scores


@pytest.fixture(scope="session")
def tiny(planted, tmp_path_factory):
    """A BERT of one layer over the letters of the planted rows, with random weights."""
    folder = tmp_path_factory.mktemp("tiny-bert")
    letters = sorted({letter for row in planted for letter in row.text})
    words = {word: place for place, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters])}
    raw = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    raw.normalizer = normalizers.NFKC()
    raw.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    raw.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", words["[CLS]"]), ("[SEP]", words["[SEP]"])]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = EncoderConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=1,
        initializer_range=0.3,  # far from nothing, so that a few steps are enough
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    BertForMaskedLM(config).save_pretrained(folder)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    return folder


def settings(tiny, **changes):
    given = {"epochs": 8.0, "batch_size": 16, "learning_rate": 5e-3, "max_tokens": 48, "loss": "bce", **changes}
    return BertConfig(base=str(tiny), **given)


@pytest.fixture(scope="module")
def fitted(tiny, planted):
    """An encoder that has learned the rule."""
    bert = Bert(settings(tiny))
    bert.fit(planted[:120])
    return bert


def test_a_rule_in_the_text_is_learned(fitted, planted):
    answers = fitted.predict([row.text for row in planted[120:]])

    scores = jaccard_scores(answers, [row.emojis for row in planted[120:]])
    assert sum(scores) / len(scores) > 0.6  # the best constant answer has 0.25


def test_every_answer_is_one_to_five_distinct_emoji(fitted):
    answers = fitted.predict(["", "桜", "株" * 5000, "👍🏽", "\x00"])

    assert all(1 <= len(row) <= 5 and len(set(row)) == len(row) and set(row) <= set(INVENTORY) for row in answers)
    assert fitted.predict([]) == []


def test_a_saved_encoder_answers_as_before(fitted, planted, tmp_path, tiny):
    fitted.save(tmp_path)
    loaded = Bert.load(tmp_path)

    asked = [row.text for row in planted]
    assert loaded.predict(asked) == fitted.predict(asked)
    assert loaded.licences == ("mit",)
    facts = json.loads((tmp_path / "state.json").read_text(encoding="utf-8"))
    assert facts["config"]["base"] == tiny.name  # no path of this machine
    assert not list(tmp_path.glob("*.bin"))


def test_a_threshold_from_held_out_rows_decides_by_option(tiny, planted, tmp_path):
    bert = Bert(settings(tiny, choice="threshold"))
    bert.fit(planted[:120])
    asked = [row.text for row in planted[120:]]
    answers = bert.predict(asked)
    bert.save(tmp_path)

    scores = jaccard_scores(answers, [row.emojis for row in planted[120:]])
    assert sum(scores) / len(scores) > 0.6
    assert 0 < bert._chooser.value < 1
    assert Bert.load(tmp_path).predict(asked) == answers


def test_the_threshold_is_the_one_with_the_highest_jaccard():
    scores = np.array([[0.9, 0.6, 0.2], [0.8, 0.3, 0.2], [0.7, 0.65, 0.1], [0.2, 0.1, 0.05]])
    right = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 0], [1, 0, 0]]) > 0
    threshold = Threshold()

    threshold.fit(scores, right, np.array([2, 1, 2, 1]))

    assert 0.3 < threshold.value <= 0.6
    assert threshold.counts(scores).tolist() == [2, 1, 2, 1]  # the best one in any case
    assert threshold.counts(np.full((1, 9), 0.9)).tolist() == [5]


def test_only_the_most_frequent_emoji_are_labels(tiny, planted):
    bert = Bert(settings(tiny, labels=2, epochs=0.2))
    bert.fit(planted[:60])

    assert {emoji for row in bert.predict([row.text for row in planted]) for emoji in row} <= set(bert._labels)
    assert len(bert._labels) == 2


def test_the_losses_are_their_formulas():
    logits = torch.tensor([-6.0, -1.0, 0.0, 2.0], dtype=torch.float64)
    p = 1 / (1 + (-logits).exp())
    for target in (0.0, 1.0):
        targets = torch.full_like(logits, target)
        truth = p if target else 1 - p
        shifted = (p - 0.05).clamp(min=0)
        wanted = {
            "bce": -truth.log(),
            "focal": -((1 - truth) ** 2) * truth.log(),
            "asymmetric": -p.log() if target else -(shifted**4) * (1 - shifted).log(),
        }
        for name, loss in LOSSES.items():
            torch.testing.assert_close(loss(logits, targets), wanted[name])


def test_a_base_that_is_no_model_is_one_clear_error(tmp_path, planted):
    with pytest.raises(StudentError, match="cannot be loaded as an encoder"):
        Bert(BertConfig(base=str(tmp_path))).fit(planted)
    with pytest.raises(StudentError, match="no such folder, and no repository name"):
        Bert(BertConfig(base="nowhere")).fit(planted)


def test_an_encoder_on_a_hub_is_not_asked_for_while_offline(monkeypatch, planted):
    monkeypatch.setenv("EMOJIT_OFFLINE", "1")

    with pytest.raises(OfflineError):
        Bert(BertConfig(base="someone/bert")).fit(planted)


def test_settings_out_of_range_or_of_another_baseline_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="epochs must be > 0"):
        BertConfig(epochs=0)
    for name, setting, message in (("linear", "epochs=2", "has no settings"), ("bert", "epoch=2", "epoch")):
        done = CliRunner().invoke(
            app, ["baseline", "fit", name, "--dataset", "v1", "--out", str(tmp_path / "x"), "--set", setting]
        )
        assert message in str(done.exception)
