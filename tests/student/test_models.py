"""Published encoder-decoders as students: tiny models in the layouts in which the real ones lie on the Hub."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoModelForSeq2SeqLM,
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BertModel,
    MBartConfig,
    MBartForConditionalGeneration,
    MT5Config,
    MT5ForConditionalGeneration,
    T5Config,
    T5ForConditionalGeneration,
)

from emojit.emoji import inventory
from emojit.errors import ConfigError, MissingExtraError, StudentError
from emojit.recipe import LossConfig, ModelConfig
from emojit.student import load_student
from emojit.student.collator import AnswerCollator
from emojit.student.embeddings import name_pieces
from emojit.student.gap_tokens import gap_tokens
from emojit.student.library import library_quiet
from emojit.student.losses import make_loss
from emojit.student.model import new_student
from emojit.student.rows import encode_texts

NAMES = [word for entry in inventory() for word in (entry.name_ja, *entry.keywords_ja)]
TEXTS = ["犬がかわいい", "今日は  雨が降る cat dog", "電車に 乗った。", "", "👍🏽と❤"]
T5 = {"d_model": 16, "d_kv": 8, "d_ff": 16, "num_layers": 1, "num_heads": 2, "decoder_start_token_id": 0}
BART = {
    "d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2,
    "encoder_ffn_dim": 16, "decoder_ffn_dim": 16, "max_position_embeddings": 64,
}  # fmt: skip


def sentencepiece_file(path: Path, **options: object) -> None:
    import sentencepiece

    with path.open("wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(NAMES), model_writer=file, vocab_size=1900, hard_vocab_limit=False, num_threads=1,
            normalization_rule_name="nmt_nfkc", minloglevel=2, **options,
        )  # fmt: skip


@pytest.fixture(scope="session")
def pieces(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("pieces") / "spiece.model"
    sentencepiece_file(path, pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    return path


def settings(folder: Path, **table: object) -> None:
    (folder / "tokenizer_config.json").write_text(json.dumps(table), encoding="utf-8")


def t5(folder: Path, pieces: Path) -> None:
    """sonoisa/t5-base-japanese: spiece.model alone, 100 gap tokens, 28 rows that nobody uses, one matrix."""
    (folder / "spiece.model").write_bytes(pieces.read_bytes())
    settings(folder, tokenizer_class="T5Tokenizer", extra_ids=100, model_max_length=512)
    T5ForConditionalGeneration(T5Config(vocab_size=2028, **T5)).save_pretrained(folder)


def t5_11(folder: Path, pieces: Path) -> None:
    """retrieva-jp/t5-*: T5 1.1, with a head of its own."""
    (folder / "spiece.model").write_bytes(pieces.read_bytes())
    settings(folder, tokenizer_class="T5Tokenizer", extra_ids=100)
    config = T5Config(vocab_size=2048, feed_forward_proj="gated-gelu", tie_word_embeddings=False, **T5)
    model = T5ForConditionalGeneration(config)
    model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight))
    model.save_pretrained(folder)


def mt5(folder: Path, pieces: Path) -> None:
    """google/mt5-*: no gap tokens beside the pieces."""
    (folder / "spiece.model").write_bytes(pieces.read_bytes())
    settings(folder, tokenizer_class="T5Tokenizer", extra_ids=0)
    config = MT5Config(vocab_size=1912, feed_forward_proj="gated-gelu", tie_word_embeddings=False, **T5)
    MT5ForConditionalGeneration(config).save_pretrained(folder)


def byt5(folder: Path, pieces: Path) -> None:
    """google/byt5-*: bytes, and no vocabulary file at all."""
    settings(folder, tokenizer_class="ByT5Tokenizer", extra_ids=125)
    T5ForConditionalGeneration(T5Config(vocab_size=384, tie_word_embeddings=False, **T5)).save_pretrained(folder)


def bart(folder: Path, pieces: Path) -> None:
    """facebook/bart-*: byte pairs, the decoder starts from the end token, every answer is begun by force, a bias on the logits."""
    from tokenizers import ByteLevelBPETokenizer

    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(NAMES, vocab_size=1000, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    trained.save_model(str(folder))
    settings(folder, tokenizer_class="BartTokenizer")
    config = BartConfig(
        vocab_size=trained.get_vocab_size(), bos_token_id=0, pad_token_id=1, eos_token_id=2, decoder_start_token_id=2, **BART
    )  # fmt: skip
    model = BartForConditionalGeneration(config)
    model.generation_config.forced_bos_token_id = 0
    model.final_logits_bias.normal_()
    model.save_pretrained(folder)


def mbart(folder: Path, pieces: Path) -> None:
    """facebook/mbart-large-50 and ku-nlp/bart-*: SentencePiece, a token for the language at the end of a text."""
    sentencepiece_file(folder / "sentencepiece.bpe.model")
    settings(folder, tokenizer_class="MBartTokenizer", src_lang="ja_XX", tgt_lang="ja_XX")
    from transformers import AutoTokenizer

    config = MBartConfig(
        vocab_size=2000, bos_token_id=0, pad_token_id=1, eos_token_id=2, decoder_start_token_id=2, **BART
    )  # fmt: skip
    config.save_pretrained(folder)
    with library_quiet():
        config.vocab_size = len(AutoTokenizer.from_pretrained(folder))
    MBartForConditionalGeneration(config).save_pretrained(folder)


KINDS = {make.__name__: make for make in (t5, t5_11, mt5, byt5, bart, mbart)}


@pytest.fixture(scope="module", params=KINDS)
def base(request, tmp_path_factory, pieces) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    torch.manual_seed(0)
    KINDS[request.param](folder, pieces)
    return folder


@pytest.fixture(scope="module")
def student(base):
    torch.manual_seed(0)
    with library_quiet():
        return new_student(ModelConfig(base=str(base), dropout=0.0), [], gaps=True)


@pytest.fixture(scope="module")
def saved(student, save_untrained, tmp_path_factory) -> Path:
    return save_untrained(student, tmp_path_factory.mktemp("saved"))


def logits(model, tokenizer, vocabulary) -> torch.Tensor:
    ids = encode_texts(tokenizer, TEXTS, max_tokens=40).input_ids
    batch = tokenizer.pad({"input_ids": ids}, return_tensors="pt")
    start = vocabulary.pad_id if vocabulary.start_id is None else vocabulary.start_id
    first = vocabulary.id_of["🐶"]
    with torch.no_grad():
        return model.eval()(
            input_ids=batch["input_ids"], attention_mask=batch["attention_mask"],
            decoder_input_ids=torch.tensor([[start, first]] * len(TEXTS)),
        ).logits  # fmt: skip


def test_tokens_and_rows_are_as_many_and_every_emoji_is_one_of_them(student):
    model, tokenizer = student.model, student.tokenizer
    rows = model.get_input_embeddings().weight.shape[0]

    assert len(tokenizer) == rows == model.get_output_embeddings().weight.shape[0] == model.config.vocab_size
    assert len(student.vocabulary.id_of) == student.new_emoji == 1906
    assert max(tokenizer.get_vocab().values()) == rows - 1
    assert len(gap_tokens(tokenizer)) >= 32
    read = encode_texts(tokenizer, ["犬🐶👨‍👩‍👧猫㊗️"], max_tokens=64).input_ids[0]
    assert [student.vocabulary.emoji_of[token] for token in read if token in student.vocabulary.emoji_of] == [
        "🐶",
        "👨‍👩‍👧",
        "㊗️",
    ]


def test_a_new_row_is_the_mean_of_the_rows_of_its_names_pieces_in_both_matrices(student, base):
    with library_quiet():
        old = AutoModelForSeq2SeqLM.from_pretrained(base)
    before = len(student.tokenizer) - 1906 - (32 if base.name.startswith(("mt5", "bart", "mbart")) else 0)
    (ids,) = name_pieces(student.tokenizer, ["🚃"], old_size=before)

    assert ids
    for new, was in (
        (student.model.get_input_embeddings(), old.get_input_embeddings()),
        (student.model.get_output_embeddings(), old.get_output_embeddings()),
    ):
        torch.testing.assert_close(new.weight[student.vocabulary.id_of["🚃"]], was.weight[ids].mean(dim=0))


def test_a_saved_student_is_the_same_when_it_is_loaded(student, saved):
    loaded = load_student(saved)

    assert loaded.tokenizer(TEXTS).input_ids == student.tokenizer(TEXTS).input_ids
    assert loaded.vocabulary == student.vocabulary
    assert len(loaded.tokenizer) == loaded.model.get_input_embeddings().weight.shape[0]
    torch.testing.assert_close(
        logits(loaded.model, loaded.tokenizer, loaded.vocabulary),
        logits(student.model, student.tokenizer, student.vocabulary),
    )
    separate = student.model.get_output_embeddings().weight is not student.model.get_input_embeddings().weight
    assert separate == (loaded.model.get_output_embeddings().weight is not loaded.model.get_input_embeddings().weight)


def test_it_answers_emoji_by_its_own_search_and_by_plain_generate(saved):
    student = load_student(saved)
    found = student.predict(TEXTS)

    ids = student.tokenizer.pad({"input_ids": encode_texts(student.tokenizer, TEXTS, max_tokens=40).input_ids}, return_tensors="pt")  # fmt: skip
    plain = student.model.generate(input_ids=ids["input_ids"], attention_mask=ids["attention_mask"])

    for row, answer in zip(plain.tolist(), found, strict=True):
        assert 1 <= len(answer) == len(set(answer)) <= 5
        start, *written = row
        assert start == student.model.config.decoder_start_token_id != student.vocabulary.eos_id
        assert set(written) <= {*student.vocabulary.allowed_ids, student.vocabulary.pad_id}
        assert student.vocabulary.decode(written)


def test_a_step_of_training_begins_at_the_start_token_and_makes_the_answer_likelier(student):
    rows = [
        {"input_ids": encode_texts(student.tokenizer, [text], max_tokens=40).input_ids[0], "labels": student.vocabulary.encode(emojis)}
        for text, emojis in (("電車に乗った", ["🚃", "😊"]), ("雨だ", ["☔"]))
    ]  # fmt: skip
    batch = AnswerCollator(student.tokenizer, student.model)(rows)
    labels = batch.pop("labels")
    loss = make_loss(LossConfig(), student.vocabulary, len(student.tokenizer), [row["labels"] for row in rows])
    model = type(student.model)(student.model.config).eval()
    model.load_state_dict(student.model.state_dict())
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    values = []
    for _ in range(3):
        value = loss(model(**batch), labels)
        values.append(value.item())
        optimiser.zero_grad()
        value.backward()
        optimiser.step()

    assert set(batch["decoder_input_ids"][:, 0].tolist()) == {model.config.decoder_start_token_id}
    assert batch["decoder_input_ids"][0, 1:].tolist() == labels[0, :-1].tolist()
    assert values[2] < values[0]


@pytest.mark.parametrize("dummy_prefix", [True, False])
def test_a_sentence_is_read_as_the_sentencepiece_model_was_trained(tmp_path, dummy_prefix):
    import sentencepiece
    from transformers import AutoTokenizer

    sentencepiece_file(
        tmp_path / "spiece.model", pad_id=0, eos_id=1, unk_id=2, bos_id=-1, add_dummy_prefix=dummy_prefix
    )
    settings(tmp_path, tokenizer_class="T5Tokenizer", extra_ids=100)
    T5ForConditionalGeneration(T5Config(vocab_size=2000, **T5)).save_pretrained(tmp_path)
    truth = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "spiece.model"))
    texts = ["犬がかわいい", "今日は  雨が降る cat dog", " 電車に 乗った。", "ＡＢＣと１２３"]

    with library_quiet():
        student = new_student(ModelConfig(base=str(tmp_path)), [])
        student.tokenizer.save_pretrained(tmp_path / "saved")
        student.model.save_pretrained(tmp_path / "saved")
        reloaded = AutoTokenizer.from_pretrained(tmp_path / "saved")
        other = new_student(ModelConfig(base=str(tmp_path), dummy_prefix=not dummy_prefix), [])

    expected = [truth.encode(text) for text in texts]
    for tokenizer in (student.tokenizer, reloaded):
        assert [tokenizer(text, add_special_tokens=False).input_ids for text in texts] == expected
    if dummy_prefix:  # it can be taken away by the recipe
        assert [other.tokenizer(text, add_special_tokens=False).input_ids for text in texts] != expected


def test_a_model_that_is_no_encoder_decoder_is_refused(tmp_path, pieces):
    BertModel(BertConfig(vocab_size=64, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)).save_pretrained(tmp_path)  # fmt: skip
    (tmp_path / "spiece.model").write_bytes(pieces.read_bytes())

    with pytest.raises(StudentError, match="bert is no encoder-decoder") as caught:
        new_student(ModelConfig(base=str(tmp_path)), [])

    assert "encoder-decoder such as a T5" in (caught.value.hint or "")


def test_a_folder_without_a_tokenizer_is_refused(tmp_path):
    T5ForConditionalGeneration(T5Config(vocab_size=64, **T5)).save_pretrained(tmp_path)

    with pytest.raises(StudentError, match="no tokenizer"):
        new_student(ModelConfig(base=str(tmp_path)), [])


def test_without_protobuf_the_extra_is_named(monkeypatch):
    import importlib.util

    from emojit.student.extra import require_train_extra

    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "google.protobuf" else real(name))

    with pytest.raises(MissingExtraError, match=r"google\.protobuf") as caught:
        require_train_extra()

    assert caught.value.hint == "pip install 'emojit[train]'"


def test_vectors_do_not_start_a_model_that_has_been_trained():
    with pytest.raises(ConfigError, match="vectors start a model from nothing"):
        ModelConfig(base="you/t5", piece_init="vectors")


@pytest.mark.slow
def test_a_bart_is_trained_in_stages_like_any_other(tmp_path, pieces, build, sample):
    from emojit.recipe import DataConfig, StageConfig, TrainConfig, TrainRecipe
    from emojit.student import train

    base, corpus = tmp_path / "bart", tmp_path / "corpus.jsonl"
    base.mkdir()
    bart(base, pieces)
    lines = [{"id": str(number), "text": row["text"]} for number, row in enumerate(sample[60:110])]
    corpus.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    recipe = TrainRecipe(
        name="bart",
        data=DataConfig(),
        model=ModelConfig(base=str(base), dropout=0.0),
        stages=(StageConfig(name="both", objective="both", source=str(corpus), batch_size=8),),
        train=TrainConfig(epochs=1, batch_size=8),
        loss=LossConfig(name="set"),
    )

    result = train(recipe, dataset=build, out=tmp_path / "run", quiet=True)

    assert result.record.stages[0].steps > 0
    assert result.record.recipe["stages"][0]["source"] == "corpus.jsonl"
    answers = load_student(result.folder).predict(TEXTS)
    assert all(1 <= len(answer) == len(set(answer)) <= 5 for answer in answers)
