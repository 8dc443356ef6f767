"""`emojit evaluate`: the command line around `emojit.evaluation`."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from huggingface_hub import HfApi

from emojit.baselines.registry import default_names
from emojit.dataset.build import build
from emojit.dataset.loading import load_rows
from emojit.localhub import LocalHub
from emojit.metrics import MODULE_FIGURES
from emojit.recipe import BuildRecipe, load
from emojit.resources import resource


def emojit(*arguments, cwd, env=None):
    return subprocess.run(
        [sys.executable, "-m", "emojit", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli-evaluate")
    recipe = load(BuildRecipe, "sample", overrides=("corpus.share=0.3",))
    return build(
        recipe, folder / "v1", store=folder / "replies.sqlite", render_card=lambda _: "a card\n", quiet=True
    ).folder


@pytest.fixture
def predictions(built, tmp_path):
    path = tmp_path / "predictions.jsonl"
    rows = load_rows(built, "test").rows
    path.write_text(
        "".join(json.dumps({"id": row["id"], "emojis": row["votes"][1]}) + "\n" for row in rows), encoding="utf-8"
    )
    return path


def test_json_is_one_object_with_the_short_scores_and_the_whole_report(built, predictions, tmp_path):
    done = emojit(
        "evaluate", "--predictions", predictions, "--dataset", built, "--out", "report", "--json", cwd=tmp_path
    )

    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    written = json.loads((tmp_path / "report" / "eval_metrics.json").read_text(encoding="utf-8"))
    assert list(result["scores"]) == ["predictions", *default_names(), "teacher-second-vote"]
    assert set(result["scores"]["linear"]) == {"jaccard", "low", "high", "rows"}
    assert {key: result[key] for key in written} == written


def test_the_metrics_are_loaded_from_a_hub(built, predictions, tmp_path):
    with LocalHub(tmp_path / "hub") as hub:
        hub.create_user("me")
        api = HfApi(endpoint=hub.endpoint, token=hub.create_token("me"))
        for name in MODULE_FIGURES:
            api.create_repo(f"me/{name}", repo_type="space", space_sdk="gradio")
            api.upload_folder(
                folder_path=resource(f"eval_modules/{name}"),
                repo_id=f"me/{name}",
                repo_type="space",
                ignore_patterns="__pycache__/*",
            )
        done = emojit(
            *("evaluate", "--predictions", predictions, "--dataset", built, "--metrics-from", "me", "--out", "report"),
            *("--baselines", "linear"),
            cwd=tmp_path,
            env={
                "HF_ENDPOINT": hub.endpoint,
                "HF_HOME": str(tmp_path / "hf"),
                "EMOJIT_OFFLINE": "1",
                "PYTHONPROFILEIMPORTTIME": "1",
            },
        )

    assert done.returncode == 0, done.stderr
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "evaluate" in imported
    assert "torch" not in imported  # it takes seconds, and a file is scored without it
    assert "beats the best constant answer" in done.stdout
    report = json.loads((tmp_path / "report" / "eval_metrics.json").read_text(encoding="utf-8"))
    assert [metric["source"] for metric in report["metrics"]] == [f"me/{name}" for name in MODULE_FIGURES]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dataset", "v1"], "give either --model or --predictions"),
        (["--dataset", "v1", "--model", "run", "--predictions", "p.jsonl"], "give either --model or --predictions"),
        (
            ["--dataset", "v1", "--predictions", "p.jsonl", "--model-revision", "v1"],
            "--model-revision belongs to a --model",
        ),
    ],
)
def test_options_that_exclude_each_other_are_a_usage_error(tmp_path, arguments, message):
    done = emojit("evaluate", *arguments, cwd=tmp_path)

    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""
