"""Rows of others: what leaks in which direction, where it is read from, and what is said when it cannot be."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import HfApi
from hypothesis import given, settings
from hypothesis import strategies as st

from emojit.corpus.near import bigrams, fold, jaccard
from emojit.dataset.decontaminate import IN_TEST, IN_TRAIN, Guard, guard_inputs
from emojit.dataset.folder import data_file, write_manifest
from emojit.dataset.others import Other, Role, open_other, released_entry
from emojit.dataset.parquet import PAIR_COLUMNS, TableWriter
from emojit.dataset.splits import SPLITS, Split
from emojit.errors import DatasetError, OfflineError
from emojit.localhub import LocalHub
from emojit.recipe import DecontaminateConfig

TRAIN = ("法隆寺は、奈良県にある飛鳥時代の寺院である。", "奈良の法隆寺、やっぱり飛鳥時代のお寺ってすごい")
TEST = ("琵琶湖は、滋賀県にある日本で最も大きい湖である。", "滋賀の琵琶湖、日本でいちばん大きい湖なんだよ")
OTHER = "富士山のふもとで、りんごの収穫が始まった。"


def build_folder(folder: Path, rows: dict[Split, tuple[str, str]]) -> Path:
    for split in SPLITS:
        with TableWriter(folder / data_file(split), PAIR_COLUMNS) as table:
            if split in rows:
                original, rewrite = rows[split]
                table.add(
                    {
                        **dict.fromkeys(PAIR_COLUMNS),
                        "id": "0",
                        "original_text": original,
                        "sns_text": rewrite,
                    }
                )
    write_manifest(folder, {"name": "x"})
    return folder


@pytest.fixture
def earlier(tmp_path):
    return build_folder(tmp_path / "v1", {"train": TRAIN, "test": TEST})


def guard(*against: object, threshold: float = 0.6) -> Guard:
    return Guard.open(DecontaminateConfig(against=tuple(map(str, against)), threshold=threshold))


def test_a_train_row_that_nearly_repeats_a_test_row_of_another_version_is_named(earlier):
    reason, detail = guard(earlier).reason("train", (OTHER, TEST[1].replace("滋賀", "近江")))

    assert reason == IN_TEST
    assert detail == f"v1: {TEST[1]}"


def test_a_test_row_that_nearly_repeats_a_train_row_of_another_version_is_named(earlier):
    for split in ("validation", "test"):
        reason, detail = guard(earlier).reason(split, (TRAIN[0].replace("寺院である", "お寺である"), OTHER))
        assert (reason, detail) == (IN_TRAIN, f"v1: {TRAIN[0]}")


def test_rows_of_the_same_side_do_not_disturb_each_other(earlier):
    held = guard(earlier)

    assert held.reason("train", TRAIN) is None
    assert held.reason("test", TEST) is None
    assert held.reason("validation", TEST) is None
    assert held.reason("train", (OTHER,)) is None


def test_a_rewrite_is_held_against_originals_too(earlier):
    assert guard(earlier).reason("train", (OTHER, TEST[0]))[0] == IN_TEST


def test_the_counts_are_by_source(earlier, tmp_path):
    bench = tmp_path / "bench.txt"
    bench.write_text(f"{OTHER}\n\n", encoding="utf-8")
    held = guard(earlier, bench)
    held.reason("train", TEST)
    held.reason("train", TEST)
    held.reason("train", (OTHER,))
    held.reason("train", TRAIN)

    assert [(one.name, one.texts, one.dropped) for one in held.outcomes()] == [("v1", 4, 2), ("bench.txt", 1, 1)]


def test_every_row_of_a_benchmark_is_held_out(tmp_path):
    rows = [{"text": TEST[0]}, {"text": TRAIN[0]}]
    paths = [tmp_path / "b.jsonl", tmp_path / "b.jsonl.gz", tmp_path / "b.txt", tmp_path / "b.parquet"]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    paths[0].write_text(lines, encoding="utf-8")
    paths[1].write_bytes(gzip.compress(lines.encode()))
    paths[2].write_text("".join(row["text"] + "\n" for row in rows), encoding="utf-8")
    pq.write_table(pa.Table.from_pylist(rows), paths[3])

    for path in paths:
        held = guard(path)
        assert held.reason("train", (TEST[0],)) == (IN_TEST, f"{path.name}: {TEST[0]}")
        assert held.reason("train", (TRAIN[0],)) == (IN_TEST, f"{path.name}: {TRAIN[0]}")
        assert held.reason("test", (TRAIN[0],)) is None


def test_a_column_can_be_named(tmp_path):
    path = tmp_path / "quiz.jsonl"
    path.write_text(json.dumps({"text": OTHER, "question": TEST[0]}) + "\n", encoding="utf-8")

    assert guard(f"{path}:question").reason("train", (TEST[0],)) is not None
    assert guard(f"{path}:question").reason("train", (OTHER,)) is None
    assert guard(path).reason("train", (OTHER,)) is not None


def test_inputs_name_hash_and_commit_but_no_folder_of_this_machine(earlier, tmp_path):
    path = tmp_path / "b.txt"
    path.write_text(OTHER, encoding="utf-8")
    held = guard(earlier, path)

    assert held.inputs == guard_inputs(DecontaminateConfig(against=(str(earlier), str(path))))
    assert [(one["role"], one["kind"], one["path"]) for one in held.inputs] == [
        ("decontamination", "build", "v1"),
        ("decontamination", "file", "b.txt"),
    ]
    assert str(tmp_path) not in json.dumps(held.inputs)
    assert released_entry(f"{path}:x") == "b.txt:x"
    assert released_entry("me/pairs@v1") == "me/pairs@v1"


def test_the_hash_of_a_build_changes_with_its_rows(earlier, tmp_path):
    other = build_folder(tmp_path / "w" / "v1", {"train": TEST, "test": TRAIN})

    assert open_other(str(earlier)).inputs != open_other(str(other)).inputs


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.jsonl", None, "no such file, folder or repository"),
        ("b.csv", b"a,b\n", "cannot read this kind of file"),
        ("b.jsonl", b'{"answer": "x"}\n', "has no column sns_text or original_text or text; columns: answer"),
        ("b.jsonl", b"{\n", "line 1 is no JSON"),
        ("b.txt", b"\xff\xfe\xff\n", "line 1 is no UTF-8"),
        ("b.parquet", b"PAR1 but no more", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DatasetError, match=message) as caught:
        guard(tmp_path / name)
    assert caught.value.hint


def test_a_folder_that_is_no_build_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="no finished build"):
        guard(tmp_path)


def test_what_holds_no_text_is_refused_for_it_would_look_like_a_clean_comparison(tmp_path):
    blank = tmp_path / "blank.txt"
    blank.write_text("\n \n", encoding="utf-8")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    write_manifest(
        corpus, {"kind": "corpus"}
    )  # a corpus folder has sentences, and no rows that anybody trains or measures on

    for entry in (blank, corpus):
        with pytest.raises(DatasetError, match=f"{entry.name} holds no text") as caught:
            guard(entry)
        assert caught.value.hint


def test_offline_a_repository_is_not_asked(monkeypatch):
    monkeypatch.setenv("EMOJIT_OFFLINE", "1")
    with pytest.raises(OfflineError):
        guard("me/pairs@v1")


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own") / "v1"
    build_folder(folder, {"train": TRAIN, "test": TEST})
    with LocalHub(tmp_path_factory.mktemp("hub")) as running:
        running.create_user("me")
        api = HfApi(endpoint=running.endpoint, token=running.create_token("me"))
        api.create_repo("me/pairs", repo_type="dataset")
        api.upload_folder(repo_id="me/pairs", repo_type="dataset", folder_path=folder)
        api.create_tag("me/pairs", tag="v1", repo_type="dataset")
        api.create_repo("me/quiz", repo_type="dataset")
        for split, text in (("train", TRAIN[0]), ("test", TEST[0])):
            line = json.dumps({"question": text, "answer": "はい"}, ensure_ascii=False) + "\n"
            api.upload_file(
                repo_id="me/quiz",
                repo_type="dataset",
                path_or_fileobj=line.encode(),
                path_in_repo=f"{split}.jsonl",
            )
        yield running


def test_a_published_version_is_read_by_its_splits_at_its_commit(hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    held = guard("me/pairs@v1")

    assert held.reason("train", TEST) == (IN_TEST, f"me/pairs@v1: {TEST[0]}")
    assert held.reason("test", TRAIN) == (IN_TRAIN, f"me/pairs@v1: {TRAIN[0]}")
    assert held.reason("train", TRAIN) is None
    assert held.inputs[0]["repo"] == "me/pairs"
    assert len(held.inputs[0]["revision"]) == 40
    with pytest.raises(DatasetError, match="no revision 'v7'"):
        guard("me/pairs@v7")


def test_of_a_data_set_that_is_not_ours_every_split_is_held_out(hub):
    script = textwrap.dedent(
        """
        import sys
        from emojit.dataset.decontaminate import Guard
        from emojit.errors import DatasetError
        from emojit.recipe import DecontaminateConfig
        held = Guard.open(DecontaminateConfig(against=("me/quiz@main:question",)))
        for text in sys.argv[1:]:
            print(held.reason("train", (text,))[0])
        try:
            Guard.open(DecontaminateConfig(against=("me/quiz@main",)))
        except DatasetError as exc:
            print(exc, "|", exc.hint)
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", script, TRAIN[0], TEST[0]],
        env={
            **os.environ,
            "HF_ENDPOINT": hub.endpoint,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "USE_TORCH": "0",
        },  # rows need no torch
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    lines = done.stdout.splitlines()
    assert lines[:2] == [IN_TEST, IN_TEST]
    assert "has no column sns_text or original_text or text; columns: question, answer" in lines[2]


texts = st.text(alphabet="あいうえおかきくけこ、。", min_size=2, max_size=25)
pairs = st.tuples(texts, texts)


@settings(max_examples=60)
@given(
    mine=st.lists(st.tuples(st.sampled_from(SPLITS), pairs), max_size=12),
    theirs=st.lists(st.tuples(st.sampled_from(("held_out", "trained_on")), texts), max_size=20),
)
def test_no_row_that_passes_has_a_near_duplicate_on_the_other_side(
    mine: list[tuple[Split, tuple[str, str]]], theirs: list[tuple[Role, str]]
):
    held = Guard([Other(name="o", inputs={}, texts=lambda: iter(theirs))], 0.6)
    for split, row in mine:
        opposite = "held_out" if split == "train" else "trained_on"
        leaks = any(
            jaccard(bigrams(fold(text)), bigrams(fold(other))) >= 0.6
            for role, other in theirs
            if role == opposite
            for text in row
        )
        assert (held.reason(split, row) is not None) == leaks
