"""Where the rows of the emoji start."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM, T5Config, T5ForConditionalGeneration

from emojit.emoji import inventory
from emojit.student.embeddings import grow_embeddings, name_pieces
from emojit.student.library import library_quiet
from emojit.student.model import new_student
from emojit.student.rows import encode_texts
from emojit.student.tokenizer import train_tokenizer
from emojit.student.vocabulary import add_emoji

EMOJIS = [entry.emoji for entry in inventory()]
NAMES = [word for entry in inventory() for word in (entry.name_ja, *entry.keywords_ja)]


def plain_t5(tokenizer, *, spare_rows: int) -> T5ForConditionalGeneration:
    """A T5 as it is published: with more rows than its tokenizer has tokens."""
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=len(tokenizer) + spare_rows, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2,
        pad_token_id=0, eos_token_id=1, decoder_start_token_id=0,
    )  # fmt: skip
    return T5ForConditionalGeneration(config)


def cosines(rows: torch.Tensor) -> torch.Tensor:
    unit = torch.nn.functional.normalize(rows, dim=1)
    similarity = unit @ unit.T
    return similarity[~torch.eye(len(rows), dtype=torch.bool)]


@pytest.fixture(scope="module")
def pieces():
    return train_tokenizer(NAMES, 2000)


def test_a_row_is_the_mean_of_the_rows_of_the_pieces_of_its_japanese_name(new):
    table = new.model.get_input_embeddings().weight
    old_size = len(new.tokenizer) - len(EMOJIS)
    for emoji in ("🐶", "🇯🇵", "1️⃣", "👨‍👩‍👧"):
        (ids,) = name_pieces(new.tokenizer, [emoji], old_size=old_size)

        row = table[new.vocabulary.id_of[emoji]]

        assert len(ids) > 2
        assert max(ids) < old_size
        torch.testing.assert_close(row, table[ids].mean(dim=0))


def test_emoji_start_apart_from_each_other(new):
    table = new.model.get_input_embeddings().weight.detach()

    similarity = cosines(table[[new.vocabulary.id_of[emoji] for emoji in EMOJIS]])

    assert similarity.mean() < 0.5  # rows that the library's resize makes: 0.99998
    # Two emoji with the very same pieces exist where only their order or a piece not counted differs.
    assert (similarity > 0.9999).sum() < 20


def test_the_spare_rows_of_a_published_t5_are_started_too_and_none_is_left_over(pieces):
    tokenizer = train_tokenizer(NAMES, 2000)
    model = plain_t5(tokenizer, spare_rows=28)
    old_size = len(tokenizer)
    spare = model.get_input_embeddings().weight[old_size:].clone()

    grow_embeddings(model, tokenizer, add_emoji(tokenizer), start="names")

    table = model.get_input_embeddings().weight
    assert len(table) == len(tokenizer) == model.config.vocab_size == model.get_output_embeddings().weight.shape[0]
    assert len(spare) == 28
    for offset in range(28):
        (ids,) = name_pieces(tokenizer, [EMOJIS[offset]], old_size=old_size)
        torch.testing.assert_close(table[old_size + offset], table[ids].mean(dim=0))
        assert not torch.allclose(table[old_size + offset], spare[offset])


def test_old_rows_do_not_change(pieces):
    tokenizer = train_tokenizer(NAMES, 2000)
    model = plain_t5(tokenizer, spare_rows=28)
    before = model.get_input_embeddings().weight[: len(tokenizer)].clone()

    grow_embeddings(model, tokenizer, add_emoji(tokenizer), start="names")

    assert torch.equal(model.get_input_embeddings().weight[: len(before)], before)


def test_an_emoji_that_was_a_piece_already_keeps_its_row():
    tokenizer = train_tokenizer(NAMES, 2000)
    tokenizer.add_tokens(["🎉"])
    model = plain_t5(tokenizer, spare_rows=0)
    before = model.get_input_embeddings().weight[-1].clone()

    new = add_emoji(tokenizer)
    grow_embeddings(model, tokenizer, new, start="names")

    assert len(new) == 1905
    assert torch.equal(model.get_input_embeddings().weight[tokenizer.convert_tokens_to_ids("🎉")], before)


def test_a_head_of_its_own_is_started_from_itself_and_stays_apart_after_reloading(tmp_path):
    tokenizer = train_tokenizer(NAMES, 2000)
    model = plain_t5(tokenizer, spare_rows=28)
    model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight))
    old_size = len(tokenizer)

    grow_embeddings(model, tokenizer, add_emoji(tokenizer), start="names")
    model.save_pretrained(tmp_path)
    with library_quiet():
        reloaded = AutoModelForSeq2SeqLM.from_pretrained(tmp_path)

    dog = tokenizer.convert_tokens_to_ids("🐶")
    (ids,) = name_pieces(tokenizer, ["🐶"], old_size=old_size)
    inputs, head = model.get_input_embeddings().weight, model.get_output_embeddings().weight
    torch.testing.assert_close(head[dog], head[ids].mean(dim=0))
    assert not torch.allclose(head[dog], inputs[dog])
    assert torch.equal(reloaded.get_output_embeddings().weight, head)
    assert torch.equal(reloaded.get_input_embeddings().weight, inputs)
    assert reloaded.config.scale_decoder_outputs == model.config.scale_decoder_outputs


def test_a_random_start_has_the_spread_of_the_old_rows(tiny, texts):
    torch.manual_seed(0)

    student = new_student(dataclasses.replace(tiny, emoji_init="random"), texts)

    table = student.model.get_input_embeddings().weight.detach()
    old, fresh = table[:-1906], table[-1906:]
    assert fresh.std().item() == pytest.approx(old.std().item(), rel=0.1)
    assert cosines(fresh).mean().abs() < 0.05


@pytest.mark.parametrize("layers", [{}, {"num_layers": 0, "num_decoder_layers": 1}], ids=["1+1", "0+1"])
def test_an_identity_start_prefers_emoji_whose_names_share_pieces_with_the_text(tiny, texts, layers):
    # Texts that name what they are about; 0.001 would be chance for the first ten of 1,906.
    told = {
        "犬がかわいい": "🐕",
        "猫がかわいい": "🐈",
        "りんごを食べた": "🍎",
        "電車に乗った": "🚃",
        "自転車で走る": "🚲",
        "雪が降る": "❄️",
    }
    wide = dataclasses.replace(tiny, d_model=256, d_ff=16, **layers)

    def found(start: str) -> int:
        torch.manual_seed(0)
        student = new_student(dataclasses.replace(wide, cross_attention_init=start), texts)
        hits = 0
        for text, emoji in told.items():
            ids = encode_texts(student.tokenizer, [text], max_tokens=64).input_ids
            with torch.no_grad():
                output = student.model.eval()(input_ids=torch.tensor(ids), decoder_input_ids=torch.tensor([[0]]))
            logits = output.logits[0, 0, list(student.vocabulary.emoji_of)]
            rank = int((logits > logits[list(student.vocabulary.id_of).index(emoji)]).sum())
            hits += rank < 50
        return hits

    assert found("identity") >= 4
    assert found("random") <= 2
