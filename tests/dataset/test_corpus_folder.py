"""Corpus folders: the same bytes whoever does the work, resumable, and read back as the corpus of a build."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from emojit.corpus.cluster import Job
from emojit.corpus.draw import draw
from emojit.dataset.corpus_folder import build_corpus, finish_corpus
from emojit.dataset.folder import verify_manifest
from emojit.dataset.parquet import SENTENCE_COLUMNS, read_rows
from emojit.errors import CorpusError, DatasetError
from emojit.recipe import BuildRecipe, CorpusConfig, FilterConfig, dump

PLACES = ("市場", "港", "図書館", "神社", "公園", "博物館", "駅前", "川べり", "学校", "工場")
THINGS = (
    "朝の光",
    "古い地図",
    "赤い自転車",
    "祭りの太鼓",
    "冬の魚",
    "手紙の束",
    "新しい橋",
    "丸い石",
    "白い犬",
    "歌声",
)


def article(i: int) -> str:
    lines = [
        f"{PLACES[(i + k) % 10]}では、{THINGS[(i * 7 + k) % 10]}が{i * 31 + k}人の旅人を静かに待っていた。"
        for k in range(6)
    ]
    return "概要.\n" + "".join(lines) + "また、処刑の話も残っている。"


@pytest.fixture
def recipe(tmp_path) -> BuildRecipe:
    rows = [
        {"id": i, "title": f"t{i}", "text": article(i) if i % 40 else "", "licence": "CC0-1.0"} for i in range(300)
    ]
    path = tmp_path / "c.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return BuildRecipe(name="c", corpus=CorpusConfig(source=str(path)))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def with_processes(recipe: BuildRecipe, processes: int) -> BuildRecipe:
    return dataclasses.replace(recipe, corpus=dataclasses.replace(recipe.corpus, processes=processes))


def test_the_bytes_are_the_same_in_one_process_in_two_and_in_tasks_of_datatrove(recipe, tmp_path):
    build_corpus(recipe, tmp_path / "one", quiet=True)
    build_corpus(with_processes(recipe, 2), tmp_path / "two", quiet=True)
    job = Job(engine="datatrove-local", tasks=3, workers=2)
    build_corpus(recipe, tmp_path / "tasks", job=job, quiet=True)

    one = contents(tmp_path / "one")
    assert set(one) == {"sentences-00000.parquet", "rejected-00000.parquet", "statistics.json", "manifest.json"}
    assert contents(tmp_path / "two") == one
    assert contents(tmp_path / "tasks") == one
    assert not list(tmp_path.glob(".tasks*"))


def test_the_folder_says_what_became_of_every_sentence(recipe, tmp_path):
    result = build_corpus(recipe, tmp_path / "c", quiet=True)
    rows = read_rows(tmp_path / "c" / "sentences-00000.parquet")
    statistics = json.loads((tmp_path / "c" / "statistics.json").read_text(encoding="utf-8"))

    assert list(rows[0]) == list(SENTENCE_COLUMNS)
    assert len(rows) == statistics["candidates"] == statistics["kept"] + sum(statistics["dropped"].values())
    assert statistics["unreadable"] == {"empty_text": 8}
    assert {"heading", "near_duplicate", "over_article_limit"} <= set(statistics["dropped"])
    assert (result.state, result.kept) == ("built", statistics["kept"])
    assert verify_manifest(tmp_path / "c")["inputs"][0]["path"] == "c.jsonl"
    assert str(tmp_path) not in (tmp_path / "c" / "manifest.json").read_text(encoding="utf-8")


def test_a_finished_folder_is_left_alone_and_another_corpus_is_refused(recipe, tmp_path):
    build_corpus(recipe, tmp_path / "c", quiet=True)

    assert build_corpus(with_processes(recipe, 2), tmp_path / "c", quiet=True).state == "already_complete"
    with pytest.raises(DatasetError, match="filters differs"):
        build_corpus(dataclasses.replace(recipe, filters=FilterConfig(min_chars=20)), tmp_path / "c", quiet=True)
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x").write_text("", encoding="utf-8")
    with pytest.raises(DatasetError, match="holds no finished corpus"):
        build_corpus(recipe, tmp_path / "d", quiet=True)


def test_a_corpus_of_which_nothing_is_kept_leaves_no_folder(recipe, tmp_path):
    with pytest.raises(CorpusError, match="the filters keep none"):
        build_corpus(dataclasses.replace(recipe, filters=FilterConfig(min_chars=119)), tmp_path / "c", quiet=True)
    assert not list(tmp_path.glob("*c"))
    assert not list(tmp_path.glob(".c*"))


def offers(recipe: BuildRecipe, source: Path, *, spread: bool):
    corpus = dataclasses.replace(recipe.corpus, source=str(source))
    drawn = draw(corpus, recipe.filters, seed=recipe.seed, spread=spread, wanted=5, quiet=True)
    return [(offer.sentence, offer.reason) for offer in drawn], drawn


def test_a_build_draws_from_the_folder_what_it_would_draw_from_the_corpus(recipe, tmp_path):
    build_corpus(recipe, tmp_path / "c", quiet=True)
    prepared, drawn = offers(recipe, tmp_path / "c", spread=False)
    direct, _ = offers(recipe, Path(recipe.corpus.source), spread=False)

    assert prepared == direct
    assert drawn.inputs["kind"] == "corpus"
    assert drawn.inputs["made_of"][0]["path"] == "c.jsonl"


def test_a_sample_of_the_folder_spreads_and_keeps_its_reasons(recipe, tmp_path):
    build_corpus(recipe, tmp_path / "c", quiet=True)
    in_order, _ = offers(recipe, tmp_path / "c", spread=False)
    spread, _ = offers(recipe, tmp_path / "c", spread=True)

    assert spread != in_order
    assert sorted((s.id, s.index, r) for s, r in spread) == sorted((s.id, s.index, r) for s, r in in_order)


def test_a_smaller_limit_and_a_share_apply_to_the_folder_too(recipe, tmp_path):
    build_corpus(recipe, tmp_path / "c", quiet=True)
    smaller = dataclasses.replace(recipe.corpus, sentences_per_article=1, share=0.5)
    found, drawn = offers(dataclasses.replace(recipe, corpus=smaller), tmp_path / "c", spread=False)
    kept = [sentence.doc_id for sentence, reason in found if reason is None]

    assert len(kept) == len(set(kept)) > 0
    assert drawn.left_out > 50


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"filters": FilterConfig(min_chars=20)}, "filters.min_chars = 15, the recipe says 20"),
        ({"limit": 3}, "sentences_per_article = 2, the recipe says 3"),
        ({"limit": 0}, "sentences_per_article = 2, the recipe says 0"),
    ],
)
def test_a_folder_made_with_other_filters_is_refused(recipe, tmp_path, change, message):
    build_corpus(recipe, tmp_path / "c", quiet=True)
    limit = change.get("limit", 2)
    corpus = dataclasses.replace(recipe.corpus, source=str(tmp_path / "c"), sentences_per_article=limit)

    with pytest.raises(CorpusError, match=message):
        draw(corpus, change.get("filters", recipe.filters), seed=0, spread=False)


@pytest.mark.parametrize("key", ["name", "licence"])
def test_a_name_or_licence_that_the_rows_of_a_folder_do_not_have_is_refused(recipe, tmp_path, key):
    build_corpus(recipe, tmp_path / "c", quiet=True)
    other = dataclasses.replace(recipe.corpus, **{key: "another"})

    with pytest.raises(CorpusError, match=f"was made with corpus.{key} = .*, the recipe says another") as caught:
        offers(dataclasses.replace(recipe, corpus=other), tmp_path / "c", spread=False)
    assert caught.value.hint


def test_the_last_job_of_a_cluster_makes_the_folder_of_what_the_tasks_wrote(recipe, tmp_path):
    from emojit.corpus.shards import write_shard
    from emojit.corpus.sources import open_articles
    from emojit.dataset import corpus_folder

    build_corpus(recipe, tmp_path / "direct", quiet=True)
    source = open_articles(recipe.corpus)
    work = corpus_folder._working_folder(tmp_path / "c", corpus_folder._identity(recipe, source.inputs), 2)
    for task in range(2):
        write_shard(source.opened, source.reader, recipe.filters, work / "shards", task, 2)
    finish_corpus(recipe, tmp_path / "c", 2)

    assert contents(tmp_path / "c") == contents(tmp_path / "direct")


@pytest.mark.slow
def test_a_killed_run_goes_on_with_the_tasks_that_are_left(recipe, tmp_path):
    build_corpus(recipe, tmp_path / "direct", quiet=True)
    out = tmp_path / "c"
    (tmp_path / "c.toml").write_text(dump(recipe), encoding="utf-8")
    command = [
        sys.executable, "-m", "emojit", "corpus", "build", str(tmp_path / "c.toml"), "--out", str(out),
        "--engine", "datatrove-local", "--processes", "1", "--tasks", "40",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    shards = tmp_path / ".c.work" / "shards"
    end = time.monotonic() + 60
    while len(list(shards.glob("*.zst"))) < 5 and time.monotonic() < end:
        time.sleep(0.005)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    done = {path.name: path.stat().st_mtime_ns for path in shards.glob("*.zst")}
    assert 0 < len(done) < 40
    assert not out.exists()

    again = subprocess.run(
        [*command, "--json"], env=environment, capture_output=True, text=True, timeout=120, check=False
    )

    assert again.returncode == 0, again.stderr[-2000:]
    assert json.loads(again.stdout)["state"] == "built"
    assert "Skipping" in again.stderr
    assert contents(out) == contents(tmp_path / "direct")
