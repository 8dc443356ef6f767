"""`emojit build-dataset`: the options, what is printed where, and the exit code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from emojit.cli.build_dataset import build_dataset
from emojit.errors import EmojitError

app = typer.Typer()
app.command()(build_dataset)


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(result.exception, EmojitError):
        return result.exception.exit_code, result.stdout, f"{result.exception}\n{result.exception.hint}"
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def corpus(tmp_path):
    """Twelve articles and recorded replies for them."""
    sentences = [f"{name}は、庭によく来る小さな鳥である。" for name in "鳩鶴鷹鴨鷺鳶鵜鴎雀燕鶯鵙"]
    articles = [json.dumps({"id": str(i), "text": text, "licence": "CC0-1.0"}) for i, text in enumerate(sentences)]
    replies = [
        json.dumps({"text": text, "sns_text": f"{text[0]}ってかわいい鳥だよね", "emojis": ["🐦"]})
        for text in sentences
    ]
    for name, lines in (("birds.jsonl", articles), ("replies.jsonl", replies)):
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return tmp_path / "birds.jsonl"


@pytest.fixture
def options(corpus, tmp_path):
    settings = {"recorded": tmp_path / "replies.jsonl", "eval_samples": 1}
    sets = [item for key, value in settings.items() for item in ("--set", f"teacher.{key}={value}")]
    sets += ["--set", "filters.near_duplicate_threshold=1.0"]  # the sentences differ in one character
    sets += ["--set", "balance.max_share=1.0"]  # and all of them get the same emoji
    return ["--corpus", corpus, *sets, "--out", tmp_path / "v1"]


def test_a_build_prints_what_came_out(options, tmp_path):
    code, stdout, _ = run("sample", *options)

    assert code == 0
    assert stdout.startswith(f"built {tmp_path / 'v1'} in ")
    assert "pairs: 12 (train " in stdout
    assert (tmp_path / "v1" / "README.md").read_text(encoding="utf-8").startswith("---\n")


def test_a_build_that_is_short_of_its_count_stands_and_says_so(options, tmp_path):
    code, stdout, _ = run("sample", *options, "--count", 20)

    assert code == 0
    assert "missing: 8 of 20 pairs: the corpus is at its end" in stdout
    assert (tmp_path / "v1" / "manifest.json").is_file()


def test_json_is_exactly_one_object(options, tmp_path):
    code, stdout, _ = run(*options, "--json")

    found = json.loads(stdout)
    assert code == 0
    assert found["folder"] == str(tmp_path / "v1")
    assert sum(found["rows"].values()) == 12
    assert found["already_complete"] is False


def test_twice_is_already_complete(options):
    run(*options)

    code, stdout, _ = run(*options)

    assert code == 0
    assert "already complete with the same content" in stdout


def test_a_dry_run_prints_the_plan_and_writes_nothing(options, tmp_path):
    before = sorted(tmp_path.iterdir())

    code, stdout, _ = run(*options, "--dry-run", "--count", 5)

    assert code == 0
    assert "sentences   5 offered, 5 kept" in stdout
    assert "questions   10, of which 0 are answered in the reply store" in stdout
    assert "recipe      sample" in stdout
    assert sorted(tmp_path.iterdir()) == before


def test_a_dry_run_in_json(options):
    _, stdout, _ = run(*options, "--dry-run", "--json")

    found = json.loads(stdout)
    assert (found["articles"], found["kept"], found["questions"], found["licence"]) == (12, 12, 24, "cc0-1.0")


OPENAI = ["--teacher", "openai", "--model", "m", "--base-url", "http://127.0.0.1:9/v1"]
PERMISSION = ["--set", "teacher.licence=apache-2.0", "--set", "teacher.distillation_allowed=true"]
PRICE = ["--set", "teacher.price.prompt=1", "--set", "teacher.price.completion=4"]


def test_a_dry_run_estimates_tokens_and_cost_and_holds_them_against_the_limit(options):
    code, stdout, _ = run(*options, *OPENAI, *PERMISSION, *PRICE, "--dry-run", "--max-cost", "0.001")
    _, object_, _ = run(*options, *OPENAI, *PERMISSION, *PRICE, "--dry-run", "--json")

    found = json.loads(object_)["estimate"]
    assert code == 0
    assert found["cost_usd"] == pytest.approx((found["prompt_tokens"] + 4 * found["completion_tokens"]) / 1e6)
    assert f"tokens      about {found['prompt_tokens']:,} in prompts and" in stdout
    assert f"cost        about ${found['cost_usd']:.4f} (teacher.price of the recipe)" in stdout
    assert "limit       $0.0010: the run would stop after " in stdout
    assert "refused" not in stdout


def test_a_dry_run_without_a_price_says_where_one_could_come_from(options):
    code, stdout, _ = run(*options, *OPENAI, *PERMISSION, "--dry-run")

    assert code == 0
    assert "cost        not known (GET http://127.0.0.1:9/v1/models failed (" in stdout
    assert "set teacher.price (USD per million tokens)" in stdout


def test_the_packaged_sample_with_another_teacher_asks_for_licence_and_permission(options, tmp_path):
    code, _, stderr = run("sample", *options, *OPENAI)
    _, plan, _ = run("sample", *options, *OPENAI, "--dry-run")

    assert code == 2
    assert "teacher.licence" in stderr
    assert "--set teacher.licence=apache-2.0 --set teacher.distillation_allowed=true" in stderr
    assert not (tmp_path / "v1").exists()
    assert "refused     the build would not ask the teacher: teacher.licence" in plan


def test_the_licence_that_a_recipe_states_for_its_model_is_not_taken_for_another_one(corpus):
    options = ["--corpus", corpus, "--base-url", "http://127.0.0.1:9/v1"]
    _, own, _ = run("wikipedia-ja", *options, "--dry-run", "--json")
    _, other, _ = run("wikipedia-ja", *options, "--model", "other", "--dry-run", "--json")

    assert json.loads(own)["refusal"] is None
    assert "teacher.licence" in json.loads(other)["refusal"]


def test_options_override_the_recipe_and_set_overrides_both(options):
    _, stdout, _ = run(*options, "--count", 5, "--set", "count=3", "--dry-run", "--json")

    assert json.loads(stdout)["kept"] == 3


def test_the_default_folder_is_named_by_the_recipe(options, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    _, stdout, _ = run(*options[:-2], "--set", "name=birds", "--json")

    assert json.loads(stdout)["folder"] == str(Path("builds/birds").absolute())


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere.toml"], 2, "nowhere.toml: no such recipe"),
        (["--set", "teacher.temprature=1"], 2, "unknown key teacher.temprature"),
        (["--set", "count=many"], 2, "count must be a whole number"),
        (["--teacher", "psychic"], 2, "psychic"),
        (["--corpus", "nowhere.jsonl"], 1, "nowhere.jsonl: no such file"),
    ],
)
def test_what_is_wrong_is_said_with_its_exit_code(arguments, code, message, tmp_path):
    found, stdout, stderr = run(*arguments, "--out", tmp_path / "v1")

    assert (found, stdout) == (code, "")
    assert message in stderr
    assert not (tmp_path / "v1").exists()


def test_the_whole_command_ends_in_one_line_and_a_hint_on_stderr(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "emojit", "build-dataset", "--corpus", "nowhere.jsonl", "--out", str(tmp_path / "v1")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == ["error: nowhere.jsonl: no such file", "hint: check corpus.source or --corpus"]


@pytest.mark.parametrize("recipe", ["sample", "openai", "wikipedia-ja", "mc4-ja"])
def test_every_data_set_recipe_loads(recipe):
    from emojit.recipe import BuildRecipe, load

    assert load(BuildRecipe, recipe).name


def test_the_sample_recipe_names_every_key():
    import dataclasses

    from emojit.recipe import BuildRecipe
    from emojit.resources import find_recipe

    text = find_recipe("sample").read_text(encoding="utf-8")

    def check(section, path):
        part = text if not path else re.split(rf"\n\[{re.escape(path)}\][^\n]*\n", text)[1].split("\n[")[0]
        for field in dataclasses.fields(section):
            name = f"{path}.{field.name}".lstrip(".")
            if dataclasses.is_dataclass(field.default_factory):
                check(field.default_factory, name)
            else:
                assert f"\n{field.name} =" in f"\n{part}" or f"\n# {field.name} =" in f"\n{part}", name

    check(BuildRecipe, "")
