"""Provenance and manifest of every release: what is in them, and that two machines with the same content do not contradict each other."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import emojit
from emojit import provenance
from emojit.dataset.folder import read_manifest
from emojit.dataset.making import MAKING
from emojit.release.push import push
from emojit.resources import resource


def downloaded(account, repo_id: str, kind: str, name: str) -> dict:
    path = account.api.hf_hub_download(repo_id, name, repo_type=kind, revision="v1")
    return json.loads(Path(path).read_text(encoding="utf-8"))


def test_a_data_set_says_by_which_code_and_machine_and_from_what_it_was_made(account, finished_build):
    repo_id = f"{account.name}/pairs"
    push("dataset", finished_build, repo_id, tag="v1", quiet=True)

    said = downloaded(account, repo_id, "dataset", "provenance.json")

    assert said["kind"] == "dataset"
    assert set(said["made"]) == {"code", "hardware", "versions"}
    assert said["made"]["code"]["version"] == emojit.__version__
    assert said["made"]["hardware"]["cores"] >= 1
    assert "pyarrow" in said["made"]["versions"]
    manifest = read_manifest(finished_build)
    assert (said["recipe"], said["seed"], said["inputs"]) == ("recipe.toml", manifest["seed"], manifest["inputs"])
    assert said["replies"] == manifest["counts"]["replies"]


def test_a_statement_names_no_machine_user_or_path(account, finished_build):
    repo_id = f"{account.name}/pairs"
    push("dataset", finished_build, repo_id, tag="v1", quiet=True)

    text = json.dumps(downloaded(account, repo_id, "dataset", "provenance.json"))

    for private in (str(Path.home()), str(finished_build), os.uname().nodename, str(Path(emojit.__file__).parents[1])):
        assert private not in text


def test_the_same_build_of_another_machine_is_there_already_and_keeps_the_first_statement(
    account, finished_build, tmp_path
):
    repo_id = f"{account.name}/pairs"
    first = push("dataset", finished_build, repo_id, tag="v1", quiet=True)
    before = downloaded(account, repo_id, "dataset", "provenance.json")
    elsewhere = shutil.copytree(finished_build, tmp_path / "elsewhere")
    making = json.loads((elsewhere / MAKING).read_text(encoding="utf-8"))
    making["hardware"]["cpu"] = "Another CPU"
    (elsewhere / MAKING).write_text(json.dumps(making), encoding="utf-8")

    again = push("dataset", elsewhere, repo_id, tag="v1", quiet=True)

    assert again.already_there
    assert again.commit == first.commit
    assert downloaded(account, repo_id, "dataset", "provenance.json") == before


def test_a_build_of_an_older_emojit_is_published_with_what_is_not_known_as_null(account, finished_build, tmp_path):
    older = shutil.copytree(finished_build, tmp_path / "older")
    (older / MAKING).unlink()
    repo_id = f"{account.name}/pairs"
    push("dataset", older, repo_id, tag="v1", quiet=True)

    assert downloaded(account, repo_id, "dataset", "provenance.json")["made"] is None


def test_a_model_repeats_its_run_and_names_its_inputs_by_commit(account, run_folder):
    repo_id = f"{account.name}/student"
    push("model", run_folder, repo_id, tag="v1", quiet=True)
    run = json.loads((run_folder / "run.json").read_text(encoding="utf-8"))

    said = downloaded(account, repo_id, "model", "provenance.json")

    assert said["made"] == {key: run[key] for key in ("code", "hardware", "versions")}
    assert (said["recipe"], said["seed"]) == ("run/config.yaml", run["seed"])
    assert said["inputs"][0]["commit"] == run["data"]["commit"]


def test_a_manifest_of_a_model_covers_weights_and_hidden_files(account, run_folder):
    repo_id = f"{account.name}/student"
    push("model", run_folder, repo_id, tag="v1", quiet=True)

    manifest = downloaded(account, repo_id, "model", "manifest.json")

    there = account.files(repo_id, "model", "v1") - {".gitattributes", "manifest.json"}
    assert set(manifest["files"]) == there
    assert {"model.safetensors", ".eval_results/emoji_jaccard.yaml", "provenance.json"} <= there
    assert manifest["release"] == {"repo_id": repo_id, "version": "v1"}


def test_a_metric_of_the_codes_own_checkout_names_its_commit(account, monkeypatch):
    commit = provenance.Code(version="9", commit="a" * 40, changed=False)
    monkeypatch.setattr("emojit.release.statement.code", lambda: commit)
    monkeypatch.setattr("emojit.release.statement.stands_in_own_checkout", lambda _: True)
    repo_id = f"{account.name}/emoji_jaccard"
    push("metric", resource("eval_modules/emoji_jaccard"), repo_id, tag="v1", quiet=True)

    said = downloaded(account, repo_id, "space", "provenance.json")

    assert said["made"] == {"code": {"version": "9", "commit": "a" * 40, "changed": False}}
