"""The scan in tasks: in corpus order whatever their number, on datatrove's executors, resumable."""

from __future__ import annotations

import json
import subprocess
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emojit.corpus.cluster import Job, make_executors, run_scan, shards_folder
from emojit.corpus.filters import Scanner
from emojit.corpus.records import ScannedArticle
from emojit.corpus.shards import BLOCK_ROWS, read_shards, shard_path, write_shard
from emojit.corpus.sources import open_articles
from emojit.errors import CorpusError, MissingExtraError
from emojit.recipe import CorpusConfig, FilterConfig

FILTERS = FilterConfig()


def write(path: Path, count: int, first: int = 0) -> None:
    rows = [
        {"id": i, "text": "" if i % 50 == 7 else f"概要.\n{i}番目の広場では、毎朝たくさんの市が開かれている。"}
        for i in range(first, first + count)
    ]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    lines[min(3, count - 1)] = "{"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


@pytest.fixture
def one_file(tmp_path):
    write(tmp_path / "c.jsonl", 3 * BLOCK_ROWS + 10)
    return CorpusConfig(source=str(tmp_path / "c.jsonl"), share=0.8, max_bad_lines=0.5)


@pytest.fixture
def folder(tmp_path):
    for number in range(5):
        (tmp_path / "shards").mkdir(exist_ok=True)
        write(tmp_path / "shards" / f"{number}.jsonl", 40, first=40 * number)
    return CorpusConfig(source=str(tmp_path / "shards"), max_bad_lines=0.5)


def in_place(config: CorpusConfig):
    source = open_articles(config)
    scanner = Scanner(FILTERS)
    found = [source.reader.read(row) for row in source.rows()]
    return [row if row is None or hasattr(row, "reason") else scanner.columns(row) for row in found]


@pytest.mark.parametrize("tasks", [1, 2, 3, 7])
@pytest.mark.parametrize("corpus", ["one_file", "folder"])
def test_rows_come_back_in_corpus_order_for_every_number_of_tasks(corpus, tasks, request, tmp_path):
    config = request.getfixturevalue(corpus)
    source = open_articles(config)
    for task in range(tasks):
        write_shard(source.opened, source.reader, FILTERS, tmp_path / "s", task, tasks)

    assert list(read_shards(tmp_path / "s", tasks)) == in_place(config)


def test_a_corpus_without_rows_gives_shards_without_rows(tmp_path):
    (tmp_path / "c.jsonl").write_text("\n\n", encoding="utf-8")
    source = open_articles(CorpusConfig(source=str(tmp_path / "c.jsonl")))
    for task in range(2):
        write_shard(source.opened, source.reader, FILTERS, tmp_path / "s", task, 2)

    assert list(read_shards(tmp_path / "s", 2)) == []


def test_a_task_that_is_missing_is_named(one_file, tmp_path):
    source = open_articles(one_file)
    write_shard(source.opened, source.reader, FILTERS, tmp_path, 0, 2)

    with pytest.raises(CorpusError, match="1 of 2 tasks have not finished, the first is task 1"):
        list(read_shards(tmp_path, 2))


text = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=8)


@given(
    ids=st.lists(text, max_size=4),
    names=st.tuples(text, text, text | st.none(), text | st.none(), text | st.none()),
    data=st.data(),
)
def test_a_record_survives_its_way_through_a_shard(ids, names, data):
    from emojit.corpus.shards import _dump, _load

    article = ScannedArticle(
        **dict(zip(("source", "doc_id", "title", "url", "licence"), names, strict=True)),
        ids=ids,
        texts=[data.draw(text) for _ in ids],
        reasons=[data.draw(text | st.none()) for _ in ids],
        flags={i: ("violent",) for i in range(len(ids)) if data.draw(st.booleans())},
    )
    line = _dump(article)

    assert line.count(b"\n") == 1
    assert _load(json.loads(line)) == article


def test_two_tasks_of_datatrove_in_two_processes_give_what_one_process_gives(one_file, tmp_path):
    source = open_articles(one_file)
    job = Job(engine="datatrove-local", tasks=2, workers=2)

    assert run_scan(source, FILTERS, job, tmp_path / "w", finish=print)
    assert list(read_shards(shards_folder(tmp_path / "w"), 2)) == in_place(one_file)


def test_a_second_run_repeats_only_the_tasks_that_have_not_finished(one_file, tmp_path):
    source = open_articles(one_file)
    job = Job(engine="datatrove-local", tasks=3, workers=1)
    run_scan(source, FILTERS, job, tmp_path / "w", finish=print)
    shards = [shard_path(shards_folder(tmp_path / "w"), task) for task in range(3)]
    first = [shard.stat().st_mtime_ns for shard in shards]
    (tmp_path / "w" / "logs" / "completions" / "00001").unlink()  # as if it had been killed before its end
    run_scan(source, FILTERS, job, tmp_path / "w", finish=print)

    assert [shard.stat().st_mtime_ns == before for shard, before in zip(shards, first, strict=True)] == [
        True,
        False,
        True,
    ]


def test_on_slurm_the_last_step_is_a_job_behind_the_tasks(one_file, tmp_path):
    job = Job(engine="datatrove-slurm", tasks=8, workers=4, partition="cpu", time_limit="01:00:00")
    scan, last = make_executors(
        open_articles(one_file), FILTERS, job, tmp_path / "w", finish=partial(print, "finished")
    )

    assert last.depends is scan
    assert (scan.tasks, scan.workers, last.tasks) == (8, 4, 1)
    script = scan.get_launch_file_contents(scan.get_sbatch_args(8), "launch")
    assert "#SBATCH --partition=cpu" in script
    assert "#SBATCH --array=0-7%4" in script
    assert "#SBATCH --time=01:00:00" in script


def test_the_pickled_step_of_slurm_runs_in_a_fresh_process(one_file, tmp_path):
    import sys

    import dill

    job = Job(engine="datatrove-slurm", tasks=1, workers=1, partition="cpu")
    scan, _ = make_executors(open_articles(one_file), FILTERS, job, tmp_path / "w", finish=print)
    (tmp_path / "step.pik").write_bytes(dill.dumps(scan.pipeline[0], fmode=dill.CONTENTS_FMODE))
    program = f"import dill; dill.load(open({str(tmp_path / 'step.pik')!r}, 'rb'))(None, 0, 1)"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)

    assert list(read_shards(shards_folder(tmp_path / "w"), 1)) == in_place(one_file)


def test_a_machine_without_slurm_is_named(one_file, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    job = Job(engine="datatrove-slurm", tasks=1, workers=1, partition="cpu")
    with pytest.raises(CorpusError, match="no `sbatch`"):
        run_scan(open_articles(one_file), FILTERS, job, tmp_path / "w", finish=print)


def test_the_jobs_of_slurm_are_submitted_the_last_one_behind_the_tasks(one_file, tmp_path, monkeypatch):
    sbatch = tmp_path / "bin" / "sbatch"
    sbatch.parent.mkdir()
    sbatch.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\necho "Submitted batch job 7"\n', encoding="utf-8")
    sbatch.chmod(0o755)
    monkeypatch.setenv("PATH", f"{sbatch.parent}:/usr/bin:/bin")
    job = Job(engine="datatrove-slurm", tasks=3, workers=2, partition="cpu")

    assert not run_scan(open_articles(one_file), FILTERS, job, tmp_path / "w", finish=partial(print, "finished"))
    calls = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    assert any("--dependency=afterok:7" in call for call in calls)
    sbatch.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="sbatch refused the jobs"):
        run_scan(open_articles(one_file), FILTERS, job, tmp_path / "w2", finish=partial(print, "finished"))


def test_slurm_needs_a_partition():
    with pytest.raises(CorpusError, match="partition"):
        Job(engine="datatrove-slurm", tasks=1, workers=1)


def test_ray_that_is_not_installed_is_named(one_file, tmp_path):
    import importlib.util

    if importlib.util.find_spec("ray") is not None:
        pytest.skip("ray is installed")
    with pytest.raises(MissingExtraError, match="needs `ray`"):
        make_executors(
            open_articles(one_file), FILTERS, Job(engine="datatrove-ray", tasks=1, workers=1), tmp_path, finish=print
        )
