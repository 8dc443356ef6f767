"""What is learned before the teacher's pairs: where it comes from, what never gets in, and that a finished stage is not repeated."""

from __future__ import annotations

import dataclasses
import json
import random
from pathlib import Path

import pytest

from emojit.dataset.folder import data_file, write_manifest, write_text
from emojit.dataset.loading import load_rows
from emojit.dataset.parquet import PAIR_COLUMNS, SENTENCE_COLUMNS, TableWriter
from emojit.dataset.splits import split_of
from emojit.errors import ConfigError, DatasetError, StudentError, UsageError
from emojit.recipe import BuildRecipe, SplitConfig, StageConfig, TrainRecipe, dump, load_text
from emojit.student import read_run, train
from emojit.student.gap_tokens import add_gap_tokens, gap_tokens
from emojit.student.losses.answer_loss import VOTE_IDS, VOTE_SHARES
from emojit.student.model import new_student
from emojit.student.rows import encode_texts
from emojit.student.stages import HeldOut, stage_rows
from emojit.student.stages.gaps import corrupt

NOUNS = ["電車", "ラーメン", "桜", "猫", "野球", "温泉", "花火", "カメラ", "自転車", "ピアノ"]
VERBS = [
    "を見に行ってきた",
    "がとても好きだと思う",
    "の話をずっとしていた",
    "に出会えてうれしい",
    "を友だちにすすめた",
]


def sentence(number: int) -> str:
    """A sentence of its own: other words enough that no two are near-duplicates."""
    draw = random.Random(number)
    return f"{draw.choice(NOUNS)}{draw.choice(VERBS)}{''.join(chr(0x3042 + draw.randrange(80)) for _ in range(14))}。"


@pytest.fixture(scope="module")
def articles() -> list[dict[str, object]]:
    """Candidates as a build keeps them: two sentences of each of 60 articles, and one that the filters drop."""
    rows = []
    for number in range(120):
        source, doc_id = "wiki", str(number // 2)
        rows.append(
            {
                "id": f"{number:016x}", "source": source, "doc_id": doc_id, "title": f"項目{doc_id}", "url": None,
                "licence": "CC BY-SA 4.0", "index": number % 2, "text": sentence(number), "flags": [],
                "reason": "too_short" if number == 6 else "over_article_limit" if number % 2 else None,
            }
        )  # fmt: skip
    return rows


@pytest.fixture(scope="module")
def build(tmp_path_factory, sample, articles) -> Path:
    """A build folder with its corpus: pairs of the first sentence of each article, in the split of the article."""
    folder = tmp_path_factory.mktemp("stages") / "with-corpus"
    with TableWriter(folder / "corpus" / "sentences.parquet", SENTENCE_COLUMNS, series=True) as table:
        for row in articles:
            table.add(row)
    writers = {
        split: TableWriter(folder / data_file(split), PAIR_COLUMNS) for split in ("train", "validation", "test")
    }
    for row, reply in zip([row for row in articles if row["reason"] is None], sample, strict=False):
        writers[split_of("wiki", row["doc_id"], SplitConfig())].add(
            {
                "id": row["id"], "original_text": row["text"], "sns_text": reply["sns_text"], "emojis": reply["emojis"],
                "source": row["source"], "doc_id": row["doc_id"], "title": row["title"], "licence": row["licence"],
            }
        )  # fmt: skip
    for writer in writers.values():
        writer.close()
    write_text(folder / "recipe.toml", dump(BuildRecipe()))
    write_manifest(folder, {"name": "with-corpus"})
    return folder


@pytest.fixture(scope="module")
def student(texts, tiny):
    import torch

    torch.manual_seed(0)
    return new_student(tiny, texts, gaps=True)


@pytest.fixture
def rows_of(build, student):
    def make(stage: StageConfig, *, held_out: HeldOut | None = None, seed: int = 0, soft: bool = False):
        return stage_rows(
            stage, student.tokenizer, student.vocabulary, train=load_rows(build, "train"),
            held_out=held_out or HeldOut([]), max_tokens=64, seed=seed, soft=soft, quiet=True,
        )  # fmt: skip

    return make


def read(student, rows) -> set[tuple[int, ...]]:
    return {tuple(row["input_ids"]) for row in rows}


def written(student, texts) -> set[tuple[int, ...]]:
    """What a student reads of texts; a tiny vocabulary does not know all their characters."""
    return set(map(tuple, encode_texts(student.tokenizer, list(texts), max_tokens=64).input_ids))


def gold_texts(articles, splits) -> set[str]:
    return {row["text"] for row in articles if split_of("wiki", row["doc_id"], SplitConfig()) in splits}


def test_a_text_with_gaps_and_its_answer_are_the_text_again():
    gaps = list(range(1000, 1032))
    for length in range(3, 80):
        tokens = list(range(length))

        text, answer = corrupt(tokens, gaps, random.Random(length))

        spans: dict[int, list[int]] = {}
        for token in answer:
            if token >= 1000:
                spans[token] = []
            else:
                spans[list(spans)[-1]].append(token)
        again = [piece for token in text for piece in (spans[token] if token >= 1000 else [token])]
        assert again == tokens
        assert len(text) < length + len(gaps)
        assert sum(map(len, spans.values())) == max(1, round(0.15 * length))
        assert answer[-1] >= 1000
        assert not spans[answer[-1]]


def test_a_text_too_short_for_a_gap_has_none():
    assert corrupt([5, 6], [1000, 1001], random.Random(0)) is None


def test_no_answer_can_hold_a_gap(student):
    gaps = gap_tokens(student.tokenizer)

    assert len(gaps) == 32
    assert not set(gaps) & set(student.vocabulary.allowed_ids)
    assert len(student.tokenizer) == student.model.get_input_embeddings().weight.shape[0]
    assert add_gap_tokens(student.tokenizer) == []


def test_sentences_of_the_data_set_are_those_of_training_articles(rows_of, student, articles):
    rows = rows_of(StageConfig(name="a", objective="keyword_pairs"))

    allowed = {row["text"] for row in articles if row["reason"] != "too_short"} & gold_texts(articles, {"train"})
    assert read(student, rows.train) == written(student, allowed)
    assert rows.left_out["held_out_article"] == len(gold_texts(articles, {"validation", "test"}))
    assert rows.origin["kind"] == "dataset"
    assert rows.licence == "cc-by-sa-4.0"
    assert rows.kept_back == []


def test_a_corpus_from_elsewhere_gives_nothing_of_validation_and_test(rows_of, student, articles, build, tmp_path):
    held = [row for split in ("validation", "test") for row in load_rows(build, split).rows]
    corpus = tmp_path / "corpus.jsonl"
    lines = [
        {"id": "other-1", "text": f"{held[0]['original_text']}\n{sentence(900)}"},  # its sentence in another article
        {"id": "other-2", "title": held[1]["title"], "text": sentence(901)},  # its article under another id
        {"id": held[2]["doc_id"], "source": "wiki", "text": sentence(902)},  # its article
        {"id": "other-3", "text": held[3]["sns_text"] + sentence(3)[:3]},  # nearly its rewrite
        {"id": "other-4", "text": f"{sentence(903)}{sentence(904)}"},
    ]
    corpus.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")

    rows = rows_of(StageConfig(name="a", objective="keyword_pairs", source=str(corpus)), held_out=HeldOut(held))

    assert read(student, rows.train) == written(student, [sentence(900), sentence(903), sentence(904)])
    assert rows.left_out["held_out_article"] == 2
    assert rows.left_out["held_out_text"] >= 1
    assert rows.origin["kind"] == "file"
    assert len(rows.origin["sha256"]) == 64


def test_weak_pairs_are_the_emoji_that_a_sentence_names(rows_of, student):
    rows = rows_of(StageConfig(name="a", objective="keyword_pairs"))

    answers = [student.vocabulary.decode(row["labels"]) for row in rows.train]
    assert all(1 <= len(answer) <= 3 for answer in answers)
    assert {"🚃", "🍜", "🌸"} <= {emoji for answer in answers for emoji in answer}


def test_both_makes_a_row_with_gaps_of_each_sentence_and_one_more_where_it_names_emoji(rows_of, student):
    gaps = set(gap_tokens(student.tokenizer))
    rows = rows_of(StageConfig(name="a", objective="both"))

    every = rows.train + rows.kept_back
    with_gaps = [row for row in every if gaps & set(row["input_ids"])]
    assert len(with_gaps) == len(every) / 2
    assert all(row["labels"][-1] == student.vocabulary.eos_id for row in every)
    assert rows.kept_back


def test_the_same_seed_gives_the_same_rows_and_a_part_is_spread_over_the_articles(rows_of):
    stage = StageConfig(name="a", objective="span_corruption", rows=20)

    assert rows_of(stage).train == rows_of(stage).train
    assert len(rows_of(stage).train) + len(rows_of(stage).kept_back) == 20
    assert rows_of(stage).train != rows_of(stage, seed=1).train


def test_pairs_of_a_file_are_read_folded_and_counted(rows_of, student, tmp_path):
    path = tmp_path / "silver.jsonl"
    lines = [
        {"text": "雨が降ってきた", "emojis": ["☔", "☔", "👍🏽"], "score": 1},
        {"text": "晴れ", "emojis": []},
        {"text": "電車に乗る", "emojis": ["🚃"]},
    ]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")

    rows = rows_of(StageConfig(name="a", objective="pairs", source=str(path)))

    assert [student.vocabulary.decode(row["labels"]) for row in rows.train] == [["☔", "👍"], ["🚃"]]
    assert rows.left_out == {"no_emoji": 1}
    assert rows.licence is None


def test_scores_of_pairs_are_learned_as_votes_are_and_the_answer_is_always_among_them(rows_of, student, tmp_path):
    path = tmp_path / "silver.jsonl"
    lines = [
        {"text": "雨が降ってきた", "emojis": ["☔", "👍🏽"], "scores": {"🌧️": 0.2, "☔": 0.4, "🦄": 0.1}},
        {"text": "電車に乗る", "emojis": ["🚃"]},
    ]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    stage = StageConfig(name="a", objective="pairs", source=str(path))

    soft, hard = rows_of(stage, soft=True).train, rows_of(stage).train

    read_back = [dict(zip(student.vocabulary.decode(row[VOTE_IDS]), row[VOTE_SHARES], strict=True)) for row in soft]
    assert read_back[0] == pytest.approx({"☔": 1.0, "👍": 0.25, "🌧️": 0.5, "🦄": 0.25})
    assert read_back[1] == {"🚃": 1.0}
    sharp = rows_of(dataclasses.replace(stage, temperature=0.5), soft=True).train
    assert sharp[0][VOTE_SHARES] == pytest.approx([share**2 for share in soft[0][VOTE_SHARES]])
    assert [row["labels"] for row in soft] == [row["labels"] for row in hard]
    assert all(VOTE_IDS not in row for row in hard)


@pytest.mark.parametrize(
    "line",
    [
        '{"text": "雨"}',
        "雨",
        '{"text": 1, "emojis": ["☔"]}',
        '{"text": "雨", "emojis": "☔"}',
        '{"text": "雨", "emojis": ["☔"], "scores": ["☔"]}',
        '{"text": "雨", "emojis": ["☔"], "scores": {"☔": 0}}',
    ],
)
def test_a_line_that_is_no_pair_is_named(rows_of, tmp_path, line):
    path = tmp_path / "silver.jsonl"
    path.write_text(f'{{"text": "雨", "emojis": ["☔"]}}\n{line}\n', encoding="utf-8")

    with pytest.raises(StudentError, match=r"silver\.jsonl:2: ") as caught:
        rows_of(StageConfig(name="a", objective="pairs", source=str(path)))

    assert "emojis" in (caught.value.hint or "")


def test_a_data_set_without_its_corpus_says_what_to_name_instead(student, write, rows, tmp_path):
    folder = write(tmp_path / "imported", rows)

    with pytest.raises(DatasetError, match="imported: holds no sentences of its corpus") as caught:
        stage_rows(
            StageConfig(name="a", objective="both"), student.tokenizer, student.vocabulary,
            train=load_rows(folder, "train", columns=("sns_text",)), held_out=HeldOut([]), max_tokens=64, seed=0, soft=False, quiet=True,
        )  # fmt: skip

    assert "stage's source" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[stages]]\nname = "A b"\nobjective = "both"', "stages.name must be small letters"),
        ('[[stages]]\nname = "a"\nobjective = "guess"', r"stages\[0\].objective must be one of"),
        ('[[stages]]\nname = "a"\nobjective = "pairs"', "objective pairs needs a file as source"),
        ('[[stages]]\nname = "a"\nobjective = "both"\nbest_by = "jaccard"', "no Jaccard can choose its checkpoint"),
        ('[[stages]]\nname = "a"\nobjective = "both"\n' * 2, "stages: two are called 'a'"),
        ('[[stages]]\nname = "a"\nobjective = "both"\nepochs = 0', "stages.epochs must be > 0"),
    ],
)
def test_a_stage_that_cannot_be_is_a_recipe_error(text, message):
    with pytest.raises(ConfigError, match=message):
        load_text(TrainRecipe, text, where="here")


@pytest.mark.slow
def test_a_run_with_stages_records_them_and_goes_on_without_repeating_them(recipe, build, tmp_path, monkeypatch):
    import torch
    from safetensors.torch import load_file

    from emojit.student import fit

    stages = (
        StageConfig(name="gaps", objective="span_corruption", rows=24, batch_size=8),
        StageConfig(name="names", objective="keyword_pairs", epochs=2, batch_size=16),
    )
    staged = dataclasses.replace(recipe, stages=stages, train=dataclasses.replace(recipe.train, epochs=1))
    straight = train(staged, dataset=build, out=tmp_path / "straight", quiet=True)

    record = read_run(straight.folder)
    gaps, names = record.stages
    assert record == straight.record
    assert (gaps.name, gaps.rows + gaps.kept_back, gaps.chosen_by, gaps.origin["kind"]) == (
        "gaps",
        24,
        "loss",
        "dataset",
    )
    assert (names.epochs, names.chosen_by, names.kept_back) == (2, "jaccard", 0)
    assert gaps.best_score is not None
    assert "stages" in record.seconds
    assert not (straight.folder / "checkpoints").exists()

    killed = tmp_path / "killed"
    begun: list[str] = []
    original = fit._finish

    def kill_after_the_first_stage(student, folder, result):
        begun.append(folder.name)
        if len(begun) == 2:
            raise KeyboardInterrupt
        original(student, folder, result)

    monkeypatch.setattr(fit, "_finish", kill_after_the_first_stage)
    with pytest.raises(KeyboardInterrupt):
        train(staged, dataset=build, out=killed, quiet=True)
    monkeypatch.undo()
    begun_file = killed / "checkpoints" / "stages" / "2-names" / "begun.json"
    was = begun_file.read_text(encoding="utf-8")
    begun_file.write_text(was.replace('"rows": "', '"rows": "0'), encoding="utf-8")
    with pytest.raises(UsageError, match=r"stages\.names: was begun with another dataset"):
        train(staged, dataset=build, out=killed, resume=True, quiet=True)
    begun_file.write_text(was, encoding="utf-8")
    times: list[str] = []
    monkeypatch.setattr(fit, "_finish", lambda *a: (times.append("stage"), original(*a)))
    resumed = train(staged, dataset=build, out=killed, resume=True, quiet=True)

    assert len(times) == 2  # the second stage and the last; the first was not trained again
    first, second = (load_file(run.folder / "model" / "model.safetensors") for run in (straight, resumed))
    assert all(torch.equal(first[name], tensor) for name, tensor in second.items())
    assert resumed.record.stages == straight.record.stages


def test_the_sentences_of_a_published_data_set_are_read_at_the_commit_of_its_rows(
    build, student, rows_of, tmp_path, monkeypatch
):
    from huggingface_hub import HfApi

    from emojit.localhub import LocalHub

    with LocalHub(tmp_path) as hub:
        hub.create_user("me")
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        api = HfApi(endpoint=hub.endpoint, token=hub.create_token("me"))
        api.create_repo("me/pairs", repo_type="dataset")
        commit = api.upload_folder(folder_path=build, repo_id="me/pairs", repo_type="dataset").oid
        api.delete_folder("corpus", repo_id="me/pairs", repo_type="dataset")  # later, and of no matter
        stage = StageConfig(name="a", objective="keyword_pairs")

        published = stage_rows(
            stage, student.tokenizer, student.vocabulary, train=load_rows("me/pairs", "train", commit),
            held_out=HeldOut([]), max_tokens=64, seed=0, soft=False, quiet=True,
        )  # fmt: skip

    assert published.train == rows_of(stage).train
    assert published.origin == {**rows_of(stage).origin, "name": "me/pairs", "commit": commit}


def test_a_file_of_pairs_that_is_missing_is_named_before_a_folder_is_made(recipe, build, model_folder, tmp_path):
    stage = StageConfig(name="silver", objective="pairs", source=str(tmp_path / "silver.jsonl"))
    based = dataclasses.replace(
        recipe, stages=(stage,), model=dataclasses.replace(recipe.model, base=str(model_folder))
    )

    with pytest.raises(StudentError, match=r"silver\.jsonl: no such file") as caught:
        train(based, dataset=build, out=tmp_path / "run", quiet=True)

    assert "emojit predict" in (caught.value.hint or "")
    assert not (tmp_path / "run").exists()
