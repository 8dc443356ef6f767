"""What a plan does around its trainings: order, conditions, skipping, failures, kill -9. The trainer of these tests takes no time; test_plan_training has the real one."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from emojit.errors import UsageError
from emojit.experiment.layout import PlanFolder
from emojit.experiment.plan import identity
from emojit.experiment.plan.process import environments
from emojit.experiment.plan.resolve import read_data, resolve_plan
from emojit.experiment.plan.view import view_plan

ROOT = Path(__file__).resolve().parents[3]

CHAIN = """
[success]
jaccard = 0.6
[[variants]]
name = "a"
set = {"train.learning_rate" = 1e-4}
[[variants]]
name = "b"
set = {"train.epochs" = 2}
when = {any_improved = ["a"]}
[[variants]]
name = "c"
set = {"train.epochs" = 3}
when = {any_improved = ["b"]}
[[variants]]
name = "d"
set = {"train.epochs" = 4}
when = {none_reached = ["a", "b"]}
"""


def began(plans, variant: str, seed: int = 0) -> list[str]:
    return sorted(path.name for path in PlanFolder(plans.out).run(variant, seed).glob("began-*"))


def test_conditions_are_decided_on_validation_and_a_skipped_variant_skips_what_waits_for_it(plans):
    plans.answer("a", right=1)  # worse on validation, better on test

    result = plans.run(plans.write(CHAIN))

    assert plans.states() == {"base 0": "done", "a 0": "done", "b 0": "skipped", "c 0": "skipped", "d 0": "done"}
    reasons = {status.variant: status.reason for status in result.statuses}
    assert reasons["b"] == "any_improved does not hold: validation Jaccard a 0.1250; base 0.2500"
    assert reasons["c"] == "any_improved does not hold: validation Jaccard b skipped; base 0.2500"
    assert result.scores["base", 0].jaccard == 0.25


def test_what_is_done_is_not_done_again_and_more_seeds_are_only_the_new_ones(plans):
    plan = plans.write(CHAIN)
    plans.run(plan)
    first = began(plans, "base")

    plans.run(plan, seeds=[0, 1])

    assert began(plans, "base") == first
    assert len(began(plans, "base", 1)) == 1
    assert "2 of 10 runs are done already" not in plans.said
    assert any("of 10 runs are done already" in line for line in plans.said)


def test_other_settings_or_other_code_put_a_run_aside_and_train_it_again(plans, monkeypatch):
    plan = plans.write('[[variants]]\nname = "a"\nset = {"train.batch_size" = 2}')
    plans.run(plan)

    plans.run(plan, overrides=["train.epochs=3", "train.report_to=tensorboard"])
    aside = sorted(path.name for path in (plans.out / "old").iterdir())
    assert aside == ["a-seed-0-1", "base-seed-0-1"]
    assert (
        json.loads((plans.out / "old" / "a-seed-0-1" / "seed-0.identity.json").read_text())["recipe"]["train.epochs"]
        == 8
    )

    monkeypatch.setattr("emojit.experiment.plan.identity.code_digest", lambda *_: "another")
    plans.run(plan, overrides=["train.epochs=3"], any_code=True)
    assert len(list((plans.out / "old").iterdir())) == 2
    plans.run(plan, overrides=["train.epochs=3"])
    assert len(list((plans.out / "old").iterdir())) == 4


def test_other_data_train_everything_again(plans, rows, write, tmp_path):
    plan = plans.write("")
    plans.run(plan)
    plans.build = write(tmp_path / "other", {**rows, "test": rows["test"][:5]})

    plans.run(plan)

    assert len(list((plans.out / "old").iterdir())) == 1


def test_a_file_that_the_recipe_names_belongs_to_what_a_run_is(tmp_path, build):
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}", encoding="utf-8")
    plan = tmp_path / "p.toml"
    plan.write_text(f'name = "plan"\nbase = "demo"\n[set]\n"model.base" = "{model}"', encoding="utf-8")
    resolved = resolve_plan(plan, dataset=str(build))
    before = identity.identity_of(resolved.runs[0], read_data(resolved))
    (model / "config.json").write_text('{"a": 1}', encoding="utf-8")
    identity._digest.cache_clear()
    after = identity.identity_of(resolved.runs[0], read_data(resolved))

    assert (identity.difference(before, after) or "").startswith("the file model.base was")


def test_a_key_that_came_after_a_run_makes_no_difference_at_its_default_where_any_code_will_do(plans):
    resolved = resolve_plan(plans.write(""), dataset=str(plans.build))
    now = identity.identity_of(resolved.runs[0], read_data(resolved))
    before = {**now, "recipe": {key: value for key, value in now["recipe"].items() if key != "train.average_count"}}

    assert identity.difference(before, now, any_code=True) is None
    assert identity.difference(before, now) == "train.average_count was None and is 3"
    other = {**now, "recipe": {**now["recipe"], "train.average_count": 4}}
    assert identity.difference(before, other, any_code=True) == "train.average_count was 3 and is 4"


DAMAGES = {
    "predictions cut off": ("predictions.parquet", lambda old: old[:200], "cannot be read"),
    "predictions of something else": ("predictions.parquet", lambda old: b"PK", "cannot be read"),
    "a column missing": ("predictions.parquet", None, "cannot be read"),
    "a record cut off": ("run.json", lambda old: old[:9], "cannot be read"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_finished_run_that_is_damaged_has_failed_and_the_others_go_on(plans, name):
    file, change, words = DAMAGES[name]
    plan = plans.write('[[variants]]\nname = "a"\nset = {"train.epochs" = 2}\n')
    plans.run(plan)
    path = PlanFolder(plans.out).run("a", 0) / file
    whole = path.read_bytes()
    if change is None:
        pq.write_table(pq.read_table(path).drop_columns(["student"]), path)
    else:
        path.write_bytes(change(whole))
    resolved = resolve_plan(plan, dataset=str(plans.build))
    plan.write_text(
        plan.read_text(encoding="utf-8") + '[[variants]]\nname = "b"\nset = {"train.epochs" = 3}\n', "utf-8"
    )

    seen = view_plan(resolved, PlanFolder(plans.out), jobs=1, say=print)
    result = plans.run(plan)

    assert "failed: a seed 0: " in seen.text()
    assert seen.seconds(conditional=True) == 0
    assert seen.text().endswith("time: nothing is left to train")
    assert plans.states() == {"base 0": "done", "a 0": "failed", "b 0": "done"}
    (failed,) = result.failed
    assert str(path) in failed.reason
    assert words in failed.reason
    assert PlanFolder(plans.out).read_failure("a", 0).hint.startswith("remove the run folder and run the plan again")
    assert len(began(plans, "a")) == 1  # it is not trained again before somebody has looked
    assert any(line.startswith("a seed 0: is damaged: ") for line in plans.said)

    path.write_bytes(whole)
    assert not plans.run(plan).failed
    assert not PlanFolder(plans.out).failure("a", 0).exists()


def test_a_failed_run_says_why_the_others_go_on_and_the_next_call_tries_it_again(plans):
    plan = plans.write(
        '[[variants]]\nname = "a"\nset = {"model.d_ff" = 7}\n[[variants]]\nname = "b"\nset = {"train.epochs" = 2}',
        head="baselines = []\nseeds = [0, 1]",
    )

    result = plans.run(plan)

    assert plans.states() == {
        "base 0": "done",
        "base 1": "done",
        "a 0": "failed",
        "a 1": "failed",
        "b 0": "done",
        "b 1": "done",
    }
    assert [status.reason for status in result.failed] == ["it cannot be trained"] * 2
    failure = PlanFolder(plans.out).read_failure("a", 0)
    assert (failure.message, failure.hint, failure.exit_code) == ("it cannot be trained", "do something else", 1)
    assert failure.log.startswith("some line\n")
    assert [
        line.endswith("s: it cannot be trained") for line in plans.said if line.startswith("a seed 0: FAILED after")
    ] == [True]

    plans.run(plan)

    assert [name.endswith("-resumed") for name in began(plans, "a")] == [False, True]
    assert len(began(plans, "b")) == 1


def test_the_answers_of_simple_models_are_written_once_for_validation_and_test(plans, rows):
    plan = plans.write("", head='baselines = ["constant"]')
    plans.run(plan)
    table = pq.read_table(plans.out / "baselines.parquet").to_pydict()
    written = (plans.out / "baselines.parquet").stat().st_mtime_ns

    plans.run(plan)

    assert table["id"] == [row["id"] for split in ("validation", "test") for row in rows[split]]
    assert set(table) == {"id", "split", "constant"}
    assert len({tuple(answer) for answer in table["constant"]}) == 1
    assert (plans.out / "baselines.parquet").stat().st_mtime_ns == written


def test_side_by_side_each_training_has_a_gpu_of_its_own_or_its_share_of_the_cores(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)

    assert [slot["CUDA_VISIBLE_DEVICES"] for slot in environments(3, ["2", "5"])] == ["2", "5", "2"]
    assert [slot["OMP_NUM_THREADS"] for slot in environments(3, [])] == ["2", "2", "2"]
    assert "OMP_NUM_THREADS" not in environments(1, [])[0]


def test_two_jobs_train_side_by_side(plans):
    plans.answers.joinpath("go").unlink(missing_ok=True)
    plan = plans.write('[set]\n"model.d_ff" = 9\n[[variants]]\nname = "a"\nset = {"model.d_ff" = 8}')
    waiting = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"""
import pathlib, time
deadline = time.monotonic() + 30
while not list(pathlib.Path({str(plans.out)!r}).glob("runs/a/seed-0/ended-*")) and time.monotonic() < deadline:
    time.sleep(0.01)
pathlib.Path({str(plans.answers)!r}, "go").touch()
""",
        ]
    )  # the base ends only after `a` has

    plans.run(plan, jobs=2)
    waiting.wait()

    ended = {name: next(PlanFolder(plans.out).run(name, 0).glob("ended-*")).name for name in ("base", "a")}
    assert ended["a"] < ended["base"]
    assert plans.states() == {"base 0": "done", "a 0": "done"}


def test_a_training_that_outlived_its_plan_is_waited_for_and_a_second_plan_is_refused(plans):
    plan = plans.write('[set]\n"model.d_ff" = 9')
    plans.run(plan, overrides=["model.d_ff=8"])  # prepares the answers, and a run of other settings
    script = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from emojit.experiment.layout import PlanFolder
from emojit.experiment.plan.process import environments
from emojit.experiment.plan.resolve import read_data, resolve_plan
from emojit.experiment.plan.run import run_plan
sys.path.insert(0, {str(Path(__file__).parent)!r})
command = (sys.executable, "-S", "-E", {str(Path(__file__).with_name("trainer.py"))!r})
plan = resolve_plan({str(plan)!r}, dataset={str(plans.build)!r})
run_plan(plan, PlanFolder(Path({str(plans.out)!r})), jobs=1, say=lambda line: print(line, flush=True), quiet=True, command=command)
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    while process.stdout.readline() != "base seed 0: begins\n":
        assert process.poll() is None
    while not began(plans, "base"):
        time.sleep(0.01)
    with pytest.raises(UsageError, match=f"process {process.pid} is running this plan already"):
        plans.run(plan)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (orphan,) = (status.pid for status in PlanFolder(plans.out).statuses())

    def say(line: str) -> None:
        plans.said.append(line)
        if line.endswith("waiting for it"):
            (plans.answers / "go").touch()

    plans.said.clear()
    plans.run(plan, any_code=True, say=say)  # any code: somebody may work on this checkout while its tests run

    assert plans.states() == {"base 0": "done"}
    assert len(began(plans, "base")) == 1
    assert f"base seed 0: is still being trained since before by process {orphan}; waiting for it" in plans.said


def test_an_interruption_stops_the_training_and_the_next_call_goes_on_with_it(plans):
    plan = plans.write('[set]\n"model.d_ff" = 9')

    def interrupt(line: str) -> None:
        if line.endswith("begins"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plans.run(plan, say=interrupt)
    assert plans.states() == {"base 0": "pending"}
    (plans.answers / "go").touch()

    plans.run(plan)

    assert plans.states() == {"base 0": "done"}


def test_a_folder_of_something_else_or_of_another_plan_is_left_alone(plans, tmp_path):
    plan = plans.write("")
    plans.out.mkdir()
    (plans.out / "thesis.docx").touch()
    with pytest.raises(UsageError, match="holds something else than a plan"):
        plans.run(plan)
    (plans.out / "thesis.docx").unlink()
    plans.run(plan)
    other = tmp_path / "other.toml"
    other.write_text(plan.read_text(encoding="utf-8").replace('"plan"', '"other"'), encoding="utf-8")

    with pytest.raises(UsageError, match="holds the plan 'plan', this is 'other'"):
        plans.run(other)


def test_a_dry_run_shows_the_tree_with_conditions_and_reckons_from_finished_runs(plans, tmp_path):
    plan = plans.write(CHAIN)
    plans.answer("a", right=3)
    resolved = resolve_plan(plan, dataset=str(plans.build), seeds=[0, 1])
    before = view_plan(resolved, PlanFolder(tmp_path / "nothing"), jobs=1, timing=False, say=print)
    assert before.as_dict()["seconds_at_most"] is None
    assert not (tmp_path / "nothing").exists()
    plans.run(plan)

    view = view_plan(resolved, PlanFolder(plans.out), jobs=2, say=print)

    text = view.text()
    assert "plan: 10 runs of 5 variants on" in text
    assert "└─ a; seeds 0, 1; train.learning_rate = 0.0001; 1 done, 1 pending; about 50 s a run" in text
    assert "   └─ b; seeds 0, 1; train.epochs = 2; if one of a improved; 1 done, 1 pending" in text
    # Left are 100 s of the base, 50 s of a, b and d each, and for c, of which nothing is known, twice the mean; two at a time.
    assert (view.seconds(conditional=False), view.seconds(conditional=True)) == (75.0, 187.5)
    assert "by 4 finished runs of this plan" in text


def test_without_a_finished_run_the_time_is_reckoned_from_a_few_timed_steps(plans, monkeypatch):
    from emojit.experiment.plan import estimate

    timed = iter(
        {"training": {"steps": steps}, "seconds": {"train": train, "total": train + 4.0}}
        for steps, train in ((2, 5.0), (130, 8.2))
    )
    monkeypatch.setattr(estimate, "_train", lambda *_: next(timed))
    plan = plans.write(
        '[set]\n"train.batch_size" = 4\n"data.emoji_name_rows" = 0\n"train.epochs" = 10.0\n"data.also_columns" = []'
    )
    resolved = resolve_plan(plan, dataset=str(plans.build))

    expected = estimate.timed_steps(resolved, read_data(resolved))

    # 25 ms an update and 4.95 s at the end of an epoch; 24 rows are six updates an epoch.
    assert expected.by_run["base", 0] == pytest.approx(4.0 + 10 * (6 * 0.025 + 4.95))
    assert "25 ms an update" in expected.how
