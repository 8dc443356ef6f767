"""How masked words are guessed: the figures against naive references, the head at masked places alone, the choice of the words."""

from __future__ import annotations

import itertools

import pytest
import torch
from transformers import (
    AutoModelForMaskedLM,
    AutoTokenizer,
    BertConfig,
    DebertaV2Config,
    DistilBertConfig,
    ModernBertConfig,
    RobertaConfig,
)

from emojit.dataset.loading import load_rows
from emojit.errors import StudentError
from emojit.recipe.domain import TextConfig
from emojit.student.domain.cloze import LONGEST, _spellings, cloze_items, item_rows, reading_at, score_batch, summed
from emojit.student.domain.collator import MaskedCollator
from emojit.student.domain.masking import IGNORED
from emojit.student.domain.texts import Texts, read_texts
from emojit.student.domain.tokens import OUTSIDE, Reading
from emojit.student.domain.words import WordFinder, runs
from emojit.student.stages import HeldOut, Sentences

WIDTH = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
TOKENS = {"pad_token_id": 0, "bos_token_id": 0, "eos_token_id": 0, "cls_token_id": 0, "sep_token_id": 0}


@pytest.fixture(scope="module")
def texts(build, tiny) -> Texts:
    sentences = Sentences(TextConfig(), load_rows(build, "train"), HeldOut([]), seed=0, quiet=True)
    read = read_texts(
        sentences, AutoTokenizer.from_pretrained(tiny), WordFinder("characters", runs), max_tokens=40, join=True
    )
    return read.held_out


@pytest.fixture(scope="module")
def model(tiny):
    return AutoModelForMaskedLM.from_pretrained(tiny).eval()


@pytest.mark.parametrize(
    "config",
    [
        BertConfig(vocab_size=50, **WIDTH),
        RobertaConfig(vocab_size=50, **WIDTH, **TOKENS),
        ModernBertConfig(vocab_size=50, **WIDTH, **TOKENS),
        DebertaV2Config(vocab_size=50, **WIDTH),
        DistilBertConfig(vocab_size=50, dim=16, n_layers=1, n_heads=2, hidden_dim=32),
    ],
    ids=lambda config: config.model_type,
)
def test_the_head_gives_the_same_logits_where_it_reads_masked_places_alone(config):
    torch.manual_seed(0)
    model = AutoModelForMaskedLM.from_config(config).eval()
    inputs = {"input_ids": torch.randint(3, 50, (2, 7)), "attention_mask": torch.ones(2, 7, dtype=torch.int64)}
    inputs["attention_mask"][1, 5:] = 0
    places = torch.zeros(2, 7, dtype=torch.bool)
    places[0, 2] = places[1, 3] = places[1, 4] = True

    whole = model(**inputs).logits
    with reading_at(model, places):
        part = model(**inputs).logits

    assert part.shape == (1, 3, 50)
    torch.testing.assert_close(part[0], whole[places])
    assert model(**inputs).logits.shape == whole.shape  # the hook is gone


def test_scores_are_those_of_a_naive_reference(model, texts):
    items = cloze_items(texts, words=24, mask_id=4, seed=1)
    losses, tokens, first, five = 0.0, 0, 0, 0
    for item in items:
        with torch.inference_mode():
            chances = model(input_ids=torch.tensor([item["input_ids"]])).logits[0].double().log_softmax(-1)
        places = [place for place, label in enumerate(item["labels"]) if label != IGNORED]
        gold = [item["labels"][place] for place in places]
        losses -= sum(float(chances[place, token]) for place, token in zip(places, gold, strict=True))
        tokens += len(places)
        first += all(int(chances[place].argmax()) == token for place, token in zip(places, gold, strict=True))
        # Every spelling there is, for words of one and two tokens: those of the tiny encoder's letters.
        all_spellings = itertools.product(*(chances[place].tolist() for place in places)) if len(places) < 3 else []
        mine = sum(float(chances[place, token]) for place, token in zip(places, gold, strict=True))
        five += sum(sum(spelling) > mine + 1e-12 for spelling in all_spellings) < 5

    scores = summed(item_rows(model, items, pad_id=0, batch_size=7, cpu=True))

    assert {len([label for label in item["labels"] if label != IGNORED]) for item in items} <= {1, 2}
    assert scores.loss == pytest.approx(losses / tokens, abs=1e-5)
    assert scores.hit_at_1 == pytest.approx(first / len(items))
    assert scores.hit_at_5 == pytest.approx(five / len(items))


def test_the_best_spellings_of_a_word_are_found_among_all():
    torch.manual_seed(0)
    chances = torch.randn(3, 9).log_softmax(-1)
    best = chances.topk(5)

    found = _spellings(best.values.tolist(), best.indices.tolist())

    every = sorted(
        itertools.product(range(9), repeat=3), key=lambda word: -sum(float(chances[i, t]) for i, t in enumerate(word))
    )
    assert found == [list(word) for word in every[:5]]


def test_the_words_asked_for_are_content_words_spread_over_the_texts_and_the_same_each_time(texts):
    items = cloze_items(texts, words=len(texts), mask_id=4, seed=0)

    assert items == cloze_items(texts, words=len(texts), mask_id=4, seed=0)
    assert items != cloze_items(texts, words=len(texts), mask_id=4, seed=1)
    asked = set()
    for item in items:
        ids = [
            now if label == IGNORED else label for now, label in zip(item["input_ids"], item["labels"], strict=True)
        ]
        index = next(index for index in range(len(texts)) if texts.ids(index) == ids and index not in asked)
        asked.add(index)
        words = {group for group, label in zip(texts.groups(index), item["labels"], strict=True) if label != IGNORED}
        assert len(words) == 1
        assert words <= texts.content(index)
        whole = [place for place, group in enumerate(texts.groups(index)) if group in words]
        assert whole == [place for place, label in enumerate(item["labels"]) if label != IGNORED]
        assert all(item["input_ids"][place] == 4 for place in whole)
    assert len(asked) == len(texts)  # one of each text before a second one of any


def test_texts_without_a_content_word_and_names_that_nobody_guesses_are_not_asked_for():
    texts = Texts(measured=True)
    long = LONGEST + 1
    texts.add(Reading([2, *range(5, 5 + long), 3], [OUTSIDE, *[0] * long, OUTSIDE], frozenset({0}), False))
    texts.add(Reading([2, 5, 3], [OUTSIDE, 0, OUTSIDE], frozenset(), False))

    with pytest.raises(StudentError, match="no noun, verb or adjective in the 2 texts"):
        cloze_items(texts, words=10, mask_id=4, seed=0)


def test_how_items_are_batched_changes_no_figure(model, texts):
    items = cloze_items(texts, words=30, mask_id=4, seed=0)
    collate = MaskedCollator(0)

    apart = summed(torch.cat([score_batch(model, collate([item])) for item in items]))

    together = summed(score_batch(model, collate(items)))
    assert apart.loss == pytest.approx(together.loss, rel=1e-5)
    assert (apart.hit_at_1, apart.hit_at_5) == (together.hit_at_1, together.hit_at_5)
