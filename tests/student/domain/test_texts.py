"""What an encoder reads: whose sentences, how they become texts, and which tokens are one word."""

from __future__ import annotations

import json
import random

import pytest
from transformers import AutoTokenizer, BertConfig, BertJapaneseTokenizer

from emojit.dataset.loading import load_rows
from emojit.dataset.splits import split_of
from emojit.errors import StudentError
from emojit.lexicon.extra import has_words_extra
from emojit.recipe import SplitConfig
from emojit.recipe.domain import TextConfig
from emojit.student.domain.masking import IGNORED, MaskedTexts
from emojit.student.domain.texts import read_texts
from emojit.student.domain.tokens import OUTSIDE, readings
from emojit.student.domain.words import WordFinder, runs, word_finder
from emojit.student.stages import HeldOut, Sentences, held_out

FINDER = WordFinder("characters", runs)


@pytest.fixture(scope="module")
def tokenizer(tiny):
    return AutoTokenizer.from_pretrained(tiny)


@pytest.fixture
def read(build, tokenizer):
    def make(*, join: bool = True, max_tokens: int = 40, barred: HeldOut | None = None, **text):
        loaded = {split: load_rows(build, split) for split in ("train", "validation", "test")}
        sentences = Sentences(
            TextConfig(**text), loaded["train"], barred or held_out(str(build), loaded), seed=0, quiet=True
        )
        return read_texts(sentences, tokenizer, FINDER, max_tokens=max_tokens, join=join)

    return make


def written(tokenizer, texts) -> list[str]:
    return ["".join(tokenizer.convert_ids_to_tokens(texts.ids(index)[1:-1])) for index in range(len(texts))]


def of_split(articles, *splits: str) -> set[str]:
    return {row["text"] for row in articles if split_of("wiki", row["doc_id"], SplitConfig()) in splits}


def test_training_articles_are_read_and_those_of_validation_measured_on_and_those_of_test_neither(
    read, tokenizer, articles
):
    texts = read(join=False)

    by_article = [row for row in articles if split_of("wiki", row["doc_id"], SplitConfig()) == "test"]
    assert set(written(tokenizer, texts.train)) == of_split(articles, "train")
    assert set(written(tokenizer, texts.held_out)) == of_split(articles, "validation")
    assert texts.left_out == {"held_out_article": len(by_article)}
    assert sum(texts.sentences.values()) + len(by_article) == len(articles)
    assert texts.licence == "cc-by-sa-4.0"


def test_following_sentences_of_an_article_are_joined_as_far_as_there_is_room(read, tokenizer, articles):
    texts = read(max_tokens=30)

    together = {
        doc_id: "".join(row["text"] for row in articles if row["doc_id"] == doc_id) for doc_id in map(str, range(60))
    }
    for part in (texts.train, texts.held_out):
        lengths = part.lengths()
        assert max(lengths) <= 30
        for text in written(tokenizer, part):
            assert any(text in whole for whole in together.values())
    assert len(texts.train) < texts.sentences["train"]
    assert texts.cut == 0
    assert read(max_tokens=10).cut > 0


def test_a_part_is_taken_by_whole_articles_and_the_same_each_time(read, tokenizer):
    part, again = (read(rows=40, join=False) for _ in range(2))

    assert part.sentences["train"] + part.sentences["held_out"] == 40
    assert sum(part.articles.values()) <= 11
    assert part.train.sha256() == again.train.sha256()


def test_a_corpus_from_elsewhere_holds_out_articles_of_its_own_and_none_that_the_data_set_measures_on(
    read, build, tokenizer, tmp_path
):
    held = load_rows(build, "test", columns=("source", "doc_id", "title")).rows

    def other(number: int) -> str:
        draw = random.Random(number)
        return f"電車を待つ{''.join(chr(0x3042 + draw.randrange(80)) for _ in range(20))}。"

    lines = [{"id": str(number), "source": "other", "text": other(number)} for number in range(60)]
    lines[0]["text"] = "魚を釣る。"  # too short for a row, not for running text
    lines += [{"id": held[0]["doc_id"], "source": "wiki", "text": other(90)}]
    lines += [{"id": "x", "source": "other", "title": held[0]["title"], "text": other(91)}]
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")

    texts = read(source=str(corpus), join=False)

    apart = [line["id"] for line in lines[:60] if split_of("other", str(line["id"]), SplitConfig()) == "validation"]
    assert texts.articles == {"train": 60 - len(apart), "held_out": len(apart)}
    assert texts.left_out["held_out_article"] == 2
    assert texts.origin["path"] == "corpus.jsonl"


def test_a_corpus_with_nothing_to_learn_from_or_to_measure_on_is_said(read, tmp_path):
    corpus = tmp_path / "one.jsonl"
    corpus.write_text(
        json.dumps({"id": "1", "text": "昨日は友達と海へ行ってきました。"}, ensure_ascii=False) + "\n",
        encoding="utf-8",
    )

    with pytest.raises(StudentError, match=r"(no article to measure on|nothing to learn from)"):
        read(source=str(corpus))


def test_tokens_of_a_word_are_one_group(tokenizer):
    [reading] = readings(tokenizer, ["友達は駅で電車を待つ。"], FINDER, max_tokens=40)

    tokens = tokenizer.convert_ids_to_tokens(reading.ids)
    words: dict[int, str] = {}
    for token, group in zip(tokens, reading.groups, strict=True):
        words[group] = words.get(group, "") + token
    assert words.pop(OUTSIDE) == "[CLS][SEP]"
    assert list(words.values()) == ["友達", "は", "駅", "で", "電車", "を", "待", "つ", "。"]
    assert [words[group] for group in sorted(reading.content)] == ["友達", "駅", "電車", "待"]


@pytest.mark.skipif(not has_words_extra(), reason="the extra `words` is not installed")
def test_a_tokenizer_that_tells_no_places_is_aligned_with_the_text(tmp_path):
    letters = sorted(set("スマホで電車の写真を撮った。"))
    vocabulary = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "電車",
        *letters,
        *(f"##{letter}" for letter in letters),
    ]
    (tmp_path / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    BertJapaneseTokenizer(str(tmp_path / "vocab.txt"), word_tokenizer_type="sudachi").save_pretrained(tmp_path)
    BertConfig(vocab_size=len(vocabulary)).save_pretrained(tmp_path)
    japanese = AutoTokenizer.from_pretrained(tmp_path)

    [reading] = readings(japanese, ["ｽﾏﾎで電車の鱧を撮った。"], word_finder(), max_tokens=40)

    assert not japanese.is_fast
    tokens = japanese.convert_ids_to_tokens(reading.ids)
    assert [token for token, group in zip(tokens, reading.groups, strict=True) if group in reading.content] == [
        "ス", "##マ", "##ホ", "電車", "撮", "##っ",
    ]  # fmt: skip
    assert [token for token, group in zip(tokens, reading.groups, strict=True) if group == OUTSIDE] == [
        "[CLS]",
        "[UNK]",
        "[SEP]",
    ]


def test_words_are_masked_whole_and_other_ones_in_every_epoch(read, tokenizer):
    texts = read().train
    masked = MaskedTexts(texts, share=0.25, whole_words=True, mask_id=4, ordinary=range(5, 30), seed=3)
    tokens, hidden, replaced, seen = 0, 0, 0, []
    for epoch in range(6):
        masked.start_epoch(epoch)
        seen.append([masked[index]["labels"] for index in range(len(texts))])
        assert seen[-1] == [masked[index]["labels"] for index in range(len(texts))]
        for index in range(len(texts)):
            row, ids, groups = masked[index], texts.ids(index), texts.groups(index)
            asked = {groups[place] for place, label in enumerate(row["labels"]) if label != IGNORED}
            assert asked
            assert OUTSIDE not in asked
            for place, label in enumerate(row["labels"]):
                assert label == (ids[place] if groups[place] in asked else IGNORED)
                if label == IGNORED:
                    assert row["input_ids"][place] == ids[place]
            tokens += len(ids) - 2
            hidden += sum(label != IGNORED for label in row["labels"])
            replaced += sum(
                label != IGNORED and now == 4 for label, now in zip(row["labels"], row["input_ids"], strict=True)
            )
    assert 0.2 < hidden / tokens < 0.27
    assert 0.75 < replaced / hidden < 0.85
    assert seen[0] != seen[1]


def test_by_option_each_token_is_masked_alone(read):
    texts = read().train
    masked = MaskedTexts(texts, share=0.15, whole_words=False, mask_id=4, ordinary=range(5, 30), seed=3)
    parts = set()
    for index in range(len(texts)):
        groups = texts.groups(index)
        asked = [group for group, label in zip(groups, masked[index]["labels"], strict=True) if label != IGNORED]
        parts |= {asked.count(group) < groups.count(group) for group in asked}
    assert parts == {True, False}
