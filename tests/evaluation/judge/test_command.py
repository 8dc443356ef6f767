"""`emojit judge` as people run it: killed, resumed, with wrong input."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from emojit.cli.app import main

ROOT = Path(__file__).parents[3]
TRUTH = {"✅": 4, "👍": 3, "👌": 2, "👎": 0}


def command(server, predictions, out, *more):
    return [
        "judge", "scores", "--predictions", str(predictions), "--systems", "gold,good,fair,bad", "--base-url", server.url,
        "--model", "m", "--concurrency", "2", "--sample", "0", "--out", str(out), *more,
    ]  # fmt: skip


@pytest.fixture
def run(monkeypatch, capsys):
    def call(*words):
        monkeypatch.setattr(sys, "argv", ["emojit", *map(str, words)])
        with pytest.raises(SystemExit) as caught:
            main()
        said = capsys.readouterr()
        return caught.value.code, said.out, said.err

    return call


@pytest.mark.slow
def test_a_killed_run_goes_on_asks_nothing_twice_and_ends_with_the_same_bytes(
    serve, marked, predictions, run, tmp_path
):
    killed = threading.Event()

    def behave(call):
        if call.number > 15:
            killed.wait(60)  # however slow this machine is, the blow falls before the end
        return marked(call, lambda answer: TRUTH[answer.split()[1]])

    server = serve(behave)
    child = subprocess.Popen(
        [sys.executable, "-m", "emojit", *command(server, predictions, tmp_path / "killed")],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while len(server.calls) < 15 and time.monotonic() < deadline:
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    child.wait(30)
    killed.set()
    before = len(server.calls)
    assert 15 <= before <= 15 + 4

    code, out, _ = run(*command(server, predictions, tmp_path / "killed", "--json"))
    resumed = json.loads(out)
    asked = Counter(json.dumps(call.payload, sort_keys=True) for call in server.calls)
    run(*command(server, predictions, tmp_path / "straight"))

    assert code == 0
    assert resumed["asked"] + resumed["from_store"] == 40
    assert resumed["from_store"] > 0
    assert len(asked) == 40
    assert sum(asked.values()) - 40 <= 4  # what was in flight when the blow fell
    for name in ("judgements.jsonl", "rejected/scores.jsonl", "bills/scores.json", "judge.json", "judge.md"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "straight" / name).read_bytes()


def test_a_dry_run_asks_nothing_and_wrong_input_is_one_line(serve, marked, predictions, run, tmp_path):
    server = serve(lambda call: marked(call, lambda answer: 1))
    out = tmp_path / "j"

    code, said, _ = run(*command(server, predictions, out, "--dry-run", "--json"))
    planned = json.loads(said)

    assert (code, planned["questions"], planned["to_ask"], server.calls) == (0, 40, 40, [])
    assert not out.exists()
    for words, expected, line in (
        (["judge", "scores", "--predictions", tmp_path / "no.parquet"], 2, "cannot be read"),
        (["judge", "scores", "--predictions", predictions, "--systems", "other"], 2, "no system other"),
        (
            ["judge", "pairs", "--predictions", predictions, "--set", "attempts=0"],
            2,
            "attempts must be in [1, 9], got 0",
        ),
        (
            ["judge", "guess", "--predictions", predictions, "--set", "teacher.kind=recorded"],
            2,
            "teacher.kind must be",
        ),
        (["judge", "scores", "--predictions", predictions, "--out", out], 2, "no API key for"),
        (["judge", "report", tmp_path], 1, "cannot be read"),
        (["judge", "scores", "--predictions", predictions, "--out", tmp_path], 1, "hint: choose another --out\n"),
        (command(server, predictions, out, "--store", out / "r.sqlite"), 2, "the reply store lies inside"),
    ):
        code, said, error = run(*words)
        assert (code, said) == (expected, "")
        assert line in error
        assert "Traceback" not in error


def test_what_cannot_be_asked_is_said_before_anything_is_written(serve, marked, predictions, run, tmp_path):
    server = serve(lambda call: marked(call, lambda answer: 1))
    out = tmp_path / "j"

    code, _, error = run("judge", "pairs", *command(server, predictions, out)[2:], "--systems", "gold")

    assert (code, server.calls) == (2, [])
    assert "pairs need two systems, got gold" in error
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.parquet"]


def test_a_stop_at_the_limit_is_no_error_and_names_the_next_command(serve, marked, predictions, run, tmp_path):
    server = serve(lambda call: marked(call, lambda answer: 1))
    price = ("--set", "teacher.price.prompt=1.0", "--set", "teacher.price.completion=4.0")

    code, said, error = run(*command(server, predictions, tmp_path / "j"), *price, "--max-cost", "0.015")
    at_once = run(*command(server, predictions, tmp_path / "k"), *price, "--max-cost", "0")

    line, hint = error.splitlines()[-2:]
    assert (code, said) == (1, "")
    assert line.startswith("stopped: as --max-cost asks, for the limit of 0.015 USD is reached: 0.0")
    assert re.search(r"(\d+) of 40 questions are done, \d+ are left$", line)
    assert re.search(r"^hint: they cost about \$\d\.\d+, .* again with --max-cost 0\.\d+ to go on", hint)
    assert "stopped: as --max-cost asks, for the limit of 0 USD is reached" in at_once[2]
    assert "0 of 40 questions are done, 40 are left" in at_once[2]
    assert "the same command with --dry-run says what they cost" in at_once[2]


def test_a_folder_in_which_no_stage_came_to_its_end_has_no_report(serve, say, predictions, run, tmp_path):
    server = serve(lambda call: say(status=401))
    out = tmp_path / "j"

    run(*command(server, predictions, out))
    code, said, error = run("judge", "report", out)

    assert (code, said) == (1, "")
    assert "no stage was asked to its end" in error
    assert not (out / "judge.md").exists()


def test_of_other_systems_the_systems_are_named_and_not_a_hash(serve, marked, predictions, run, tmp_path):
    server = serve(lambda call: marked(call, lambda answer: 1))
    out = tmp_path / "j"

    run(*command(server, predictions, out), "--sample", "2")
    code, _, error = run(*command(server, predictions, out), "--sample", "2", "--systems", "gold,bad")

    assert code == 1
    assert 'holds judgements of another systems: ["gold", "good", "fair", "bad"] there, ["gold", "bad"] now' in error
