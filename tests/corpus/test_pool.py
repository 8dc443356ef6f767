"""The scan in several processes: equal results, bounded look-ahead, and an orderly end whatever happens."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from emojit.corpus.pool import scan, scan_articles
from emojit.corpus.sources import open_articles
from emojit.errors import CorpusError
from emojit.recipe import CorpusConfig, FilterConfig

TEXTS = (
    "概要.\n{0}番目の記事には、暴力という言葉が一度だけ出てくる。\nこれは前の文に続く。",
    "{0}番目の広場では、毎朝たくさんの市が開かれている。詳しくは https://example.org にある。",
    "== 脚注 ==\n{0}番目の橋は、長い冬のあとで新しく架けられた。",
)


@pytest.fixture
def corpus(tmp_path) -> CorpusConfig:
    """500 articles in 0.7 MB, with empty documents and lines that are no JSON among them."""
    lines = []
    for i in range(500):
        text = TEXTS[i % 3].format(i) + f"\n{i}番の長い段落がここにある。" * 25
        lines.append(json.dumps({"id": i, "title": f"t{i}", "text": "" if i % 100 == 7 else text}, ensure_ascii=False))
    lines[250] = "{not json"
    path = tmp_path / "c.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return CorpusConfig(source=str(path), share=0.9)


def counts(source):
    return source.lines, source.articles, source.left_out, dict(source.rejected)


def test_the_result_is_the_same_for_every_number_of_processes(corpus):
    seen = {}
    for processes in (1, 2, 3):
        rejected = []
        source = open_articles(corpus, on_rejected=rejected.append)
        seen[processes] = (list(scan(source, FilterConfig(), processes)), counts(source), rejected)

    assert len(seen[1][0]) > 400
    assert any(sentence.flags for article in seen[1][0] for sentence, _ in article)
    assert {row.reason for row in seen[1][2]} == {"empty_text", "no_json"}
    assert seen[2] == seen[1]
    assert seen[3] == seen[1]


def test_articles_in_any_order_are_scanned_in_that_order(corpus):
    articles = sorted(open_articles(corpus), key=lambda article: article.doc_id[::-1])

    assert list(scan_articles(articles, FilterConfig(), 2)) == list(scan_articles(articles, FilterConfig(), 1))


def test_a_corpus_of_other_kinds_than_lines_is_read_too(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(
        pa.Table.from_pylist([{"id": str(i), "text": TEXTS[1].format(i)} for i in range(50)]), tmp_path / "c.parquet"
    )
    config = CorpusConfig(source=str(tmp_path / "c.parquet"))

    assert list(scan(open_articles(config), FilterConfig(), 2)) == list(scan(open_articles(config), FilterConfig(), 1))


def test_a_corpus_without_articles_is_refused_as_with_one_process(tmp_path):
    (tmp_path / "c.jsonl").write_text('{"text": ""}\n', encoding="utf-8")
    source = open_articles(CorpusConfig(source=str(tmp_path / "c.jsonl")))

    with pytest.raises(CorpusError, match="no article in 1 lines"):
        list(scan(source, FilterConfig(), 2))


def test_the_reader_runs_only_a_few_batches_ahead_of_the_caller(tmp_path):
    path = tmp_path / "c.jsonl"
    line = json.dumps({"text": "街の広場では、毎朝たくさんの市が開かれている。" * 400}, ensure_ascii=False) + "\n"
    path.write_text(line * 600, encoding="utf-8")  # 17 MB
    source = open_articles(CorpusConfig(source=str(path)))
    scanned = scan(source, FilterConfig(), 2)
    next(scanned)

    assert source.position.done < 6 * 2**20
    scanned.close()


@pytest.fixture
def running(tmp_path):
    """A process that scans 6 MB with three processes and stops at its first article. As most scripts, it has no `if __name__ == "__main__"`."""
    corpus = tmp_path / "large.jsonl"
    line = json.dumps({"text": "街の広場では、毎朝たくさんの市が開かれている。" * 40}, ensure_ascii=False) + "\n"
    corpus.write_text(line * 2200, encoding="utf-8")
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(
            """
            import sys
            from emojit.corpus.pool import scan
            from emojit.corpus.sources import open_articles
            from emojit.errors import CorpusError
            from emojit.recipe import CorpusConfig, FilterConfig

            scanned = scan(open_articles(CorpusConfig(source=sys.argv[1])), FilterConfig(), 3)
            next(scanned)
            print("ready", flush=True)
            sys.stdin.readline()
            try:
                print(1 + sum(1 for _ in scanned), flush=True)
            except CorpusError as exc:
                print("error:", exc, "hint:", exc.hint, flush=True)
            """
        ),
        encoding="utf-8",
    )
    process = subprocess.Popen(
        [sys.executable, program, corpus],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout.readline() == "ready\n"
    workers = children(process.pid)
    assert len(workers) == 2
    yield process, workers
    if process.poll() is None:
        process.kill()
    process.communicate()


def stat(pid: int) -> list[str]:
    """Return state, parent and so on of a process (man 5 proc), an empty list when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def children(parent: int) -> list[int]:
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if stat(pid)[1:2] == [str(parent)]]


def alive(pid: int) -> bool:
    return stat(pid)[:1] not in ([], ["Z"])


def gone(pids: list[int], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while any(map(alive, pids)) and time.monotonic() < end:
        time.sleep(0.02)
    return not any(map(alive, pids))


def test_a_script_needs_no_guard_around_what_it_does(running):
    process, _ = running
    out, err = process.communicate("\n", timeout=30)

    assert (out, err) == ("2200\n", "")


def test_an_abandoned_scan_ends_its_workers(corpus):
    scanned = scan(open_articles(corpus), FilterConfig(), 3)
    next(scanned)
    before = children(os.getpid())
    scanned.close()

    assert len(set(before) - set(children(os.getpid()))) == 2


def test_a_worker_that_dies_is_a_one_line_error(running):
    process, workers = running
    os.kill(workers[0], signal.SIGKILL)
    out, err = process.communicate("\n", timeout=30)

    assert "error: a process that reads the corpus died (signal 9" in out
    assert "--set corpus.processes=1" in out
    assert "Traceback" not in err


def test_ctrl_c_ends_parent_and_workers_with_one_traceback_at_most(running):
    process, workers = running
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)

    assert process.returncode != 0
    assert err.count("Traceback") == 1  # the parent's own; the command line turns it into a line
    assert gone(workers)


def test_workers_do_not_outlive_a_parent_that_was_killed(running):
    process, workers = running
    process.kill()

    assert gone(workers)
