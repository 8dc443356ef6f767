"""Verify of a model release: card and `.eval_results/` against the run, and the data set that the run names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from emojit.errors import UsageError
from emojit.release.push import push
from emojit.release.verify.run import verify


@pytest.fixture(scope="module")
def dataset(hub, finished_build) -> tuple[str, str]:
    """A data set on the Hub that no test changes: (repository, commit)."""
    hub.create_user("publisher")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", hub.endpoint)
        patch.setenv("HF_TOKEN", hub.create_token("publisher"))
        return "publisher/pairs", push("dataset", finished_build, "publisher/pairs", tag="v1", quiet=True).commit


@pytest.fixture
def own_dataset(account, finished_build) -> tuple[str, str]:
    """The same files in a repository that the test may damage."""
    repo_id = f"{account.name}/pairs"
    account.api.create_repo(repo_id, repo_type="dataset")
    commit = account.api.upload_folder(folder_path=finished_build, repo_id=repo_id, repo_type="dataset").oid
    account.api.create_tag(repo_id, tag="v1", repo_type="dataset")
    return repo_id, commit


@pytest.fixture
def publish(account, run_folder) -> Callable[[tuple[str, str]], str]:
    """Publish a model that says it was trained on a data set."""

    def published(dataset: tuple[str, str]) -> str:
        repo_id, commit = dataset
        path = run_folder / "run.json"
        record = json.loads(path.read_text(encoding="utf-8"))
        record["data"].update(repo_id=repo_id, name=repo_id, revision="v1", commit=commit)
        path.write_text(json.dumps(record), encoding="utf-8")
        model = f"{account.name}/student"
        push("model", run_folder, model, tag="v1", quiet=True)
        return model

    return published


@pytest.fixture
def published(publish, dataset) -> str:
    return publish(dataset)


def replace(account, repo_id: str, path: str, old: str, new: str) -> None:
    """Edit a file on the Hub as somebody would in the browser."""
    text = Path(account.api.hf_hub_download(repo_id, path)).read_text(encoding="utf-8")
    assert old in text
    account.api.upload_file(path_or_fileobj=text.replace(old, new).encode(), path_in_repo=path, repo_id=repo_id)


def wrong(address: str) -> dict[str, tuple[str, str, str]]:
    return {
        f"{finding.check}: {finding.what}": (finding.where, finding.expected, finding.found)
        for finding in verify(address, quiet=True).findings.kept
    }


def test_a_pushed_model_is_sound(published, dataset):
    result = verify(f"{published}@v1", quiet=True)

    assert result.kind == "model"
    assert result.findings.kept == []
    assert any("README.md" in line for line in result.findings.checked)
    assert f"the data set {dataset[0]} is there at {dataset[1][:12]}" in result.findings.checked


def test_an_edited_score_is_found_in_card_and_results(published, account):
    replace(account, published, "README.md", "0.071 [0.060, 0.080]", "0.171 [0.060, 0.080]")
    replace(account, published, ".eval_results/emoji_jaccard.yaml", "value: 0.071235", "value: 0.171235")

    found = wrong(published)

    assert len(found) == 3
    assert found["files: has another sha256"][0] == ".eval_results/emoji_jaccard.yaml"
    assert found["card: says something else than the files"][1:] == ("0.071", "0.171")
    assert found["scores: is not the score of the run"][1:] == ("value: 0.071235", "value: 0.171235")


def test_an_edited_model_index_is_found(published, account):
    replace(account, published, "README.md", "value: 0.071235", "value: 0.9")

    assert wrong(published) == {
        "card: says something else than the files": (
            "README.md: front matter: model-index[0].results[0].metrics[0].value",
            "0.071235",
            "0.9",
        )
    }


def test_a_data_set_whose_tag_was_moved_is_found(publish, account, own_dataset):
    repo_id, commit = own_dataset
    published = publish(own_dataset)
    account.api.upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id=repo_id, repo_type="dataset")
    account.api.delete_tag(repo_id, tag="v1", repo_type="dataset")
    account.api.create_tag(repo_id, tag="v1", repo_type="dataset")

    where, expected, found = wrong(f"{published}@v1")["tag: the tag of the data set was moved"]

    assert (where, expected) == (f"{repo_id}@v1", f"commit {commit}")
    assert commit not in found


def test_a_data_set_that_is_not_on_this_hub_is_said_not_to_be_checked(publish, account, own_dataset):
    published = publish(own_dataset)
    account.api.delete_repo(own_dataset[0], repo_type="dataset")

    findings = verify(f"{published}@v1", quiet=True).findings

    assert findings.kept == []
    assert any(
        line.startswith(f"the data set of the run: there is no {own_dataset[0]} at") for line in findings.unchecked
    )
    assert not any(line.startswith("the data set") for line in findings.checked)


def test_a_data_set_without_the_commit_of_the_run_is_found(publish, account, own_dataset):
    repo_id, commit = own_dataset
    published = publish(own_dataset)
    account.api.delete_repo(repo_id, repo_type="dataset")
    account.api.create_repo(repo_id, repo_type="dataset")

    assert wrong(f"{published}@v1")["tag: the data set of the run is not there"][0] == f"{repo_id}@{commit}"


def test_a_run_that_is_not_published_is_wrong_usage(run_folder):
    with pytest.raises(UsageError, match="not published yet"):
        verify(str(run_folder), quiet=True)
