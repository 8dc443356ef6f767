"""Releases: every tag with its date, rows or score, and what changed against the one before."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from emojit.cli.app import app
from emojit.dataset.build import build
from emojit.errors import PublishError, UsageError
from emojit.recipe import BuildRecipe, load_text
from emojit.release.cards import render_dataset_card
from emojit.release.push import push
from emojit.release.releases import list_releases


@pytest.fixture(scope="module")
def second_build(tmp_path_factory):
    recipe = load_text(BuildRecipe, "[corpus]\nshare = 0.4\n[filters]\nmax_chars = 60\n", where="test")
    out = tmp_path_factory.mktemp("builds") / "v2"
    build(recipe, out, render_card=render_dataset_card, quiet=True)
    return out


@pytest.fixture(scope="module")
def pairs(hub, finished_build, second_build) -> str:
    """A data set of two versions, which the tests read and leave as it is."""
    hub.create_user("pairs-of-releases")
    repo_id = "pairs-of-releases/pairs"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", hub.endpoint)
        patch.setenv("HF_TOKEN", hub.create_token("pairs-of-releases"))
        push("dataset", finished_build, repo_id, tag="v1", quiet=True)
        push("dataset", second_build, repo_id, tag="v2", quiet=True)
    return repo_id


@pytest.fixture
def published(account, pairs) -> str:
    """The data set, and somebody else logged in who may read it."""
    return pairs


def rows_of(folder):
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["rows"]


def test_a_data_set_says_rows_date_and_every_key_of_the_recipe_that_changed(
    published, account, finished_build, second_build
):
    result = list_releases(published)

    first, second = result.versions
    assert (result.kind, result.next_tag) == ("dataset", "v3")
    assert {version.tag: version.commit for version in result.versions} == account.tags(published, "dataset")
    assert (first.rows, second.rows) == (rows_of(finished_build), rows_of(second_build))
    assert (first.before, first.changes, first.files) == (None, (), None)
    changes = {change.key: (change.before, change.after) for change in second.changes}
    assert changes["recipe.corpus.share"] == (0.3, 0.4)
    assert changes["recipe.filters.max_chars"] == (120, 60)
    assert changes["rows.train"] == (rows_of(finished_build)["train"], rows_of(second_build)["train"])
    assert {key.split(".")[0] for key in changes} == {"recipe", "rows"}
    assert second.title == "Release v2"
    assert second.files["new"] == second.files["deleted"] == 0
    assert second.row_changes is None


def test_rows_are_compared_by_id_on_request(published, finished_build, second_build):
    from emojit.dataset.parquet import read_rows
    from emojit.dataset.splits import SPLITS

    def ids(folder):
        return {row["id"] for split in SPLITS for row in read_rows(folder / f"data/{split}-00000-of-00001.parquet")}

    changes = list_releases(published, rows=True).versions[1].row_changes

    before, after = ids(finished_build), ids(second_build)
    assert (changes.added, changes.removed) == (len(after - before), len(before - after))
    assert (changes.changed, changes.same) == (0, len(before & after))
    assert changes.added > 0
    assert changes.same > 0


def test_versions_are_sorted_as_numbers_and_other_tags_come_last(account, metric):
    repo_id = f"{account.name}/emoji_count"
    for tag in ("v9", "v10"):
        (metric / "emoji_count.py").write_text(f"tag = {tag!r}\n", encoding="utf-8")
        push("metric", metric, repo_id, tag=tag, quiet=True)
    account.api.create_tag(repo_id, tag="beta", repo_type="space")

    result = list_releases(repo_id)

    assert [version.tag for version in result.versions] == ["v9", "v10", "beta"]
    assert result.versions[1].files == {"new": 0, "changed": 2, "deleted": 0}  # the script, and the manifest
    assert result.next_tag == "v11"


def test_a_tag_that_stands_on_the_commit_of_another_version_is_said_to_have_been_moved(account, metric):
    repo_id = f"{account.name}/emoji_count"
    commits = {}
    for tag in ("v1", "v2"):
        (metric / "emoji_count.py").write_text(f"tag = {tag!r}\n", encoding="utf-8")
        commits[tag] = push("metric", metric, repo_id, tag=tag, quiet=True).commit
    assert [version.doubt for version in list_releases(repo_id).versions] == [None, None]
    account.api.delete_tag(repo_id, tag="v1", repo_type="space")
    account.api.create_tag(repo_id, tag="v1", repo_type="space")

    first, second = list_releases(repo_id).versions

    assert second.doubt is None
    assert first.doubt is not None
    assert f"stands on {commits['v2'][:12]} ('Release v2'), and 'Release v1' is {commits['v1'][:12]}" in first.doubt
    done = CliRunner().invoke(app, ["releases", repo_id], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[0].split() == ["tag", "date", "commit"]
    assert f"`emojit verify {repo_id}@v1` looks closer" in done.output


def test_a_model_says_its_score_and_what_changed_in_the_run(account, run_folder):
    repo_id = f"{account.name}/student"
    push("model", run_folder, repo_id, tag="v1", quiet=True)
    for name, old, new in (
        ("run.json", '"epochs": 3.0', '"epochs": 5.0'),
        ("eval_metrics.json", "0.0712345678", "0.09"),
    ):
        text = (run_folder / name).read_text(encoding="utf-8")
        assert old in text
        (run_folder / name).write_text(text.replace(old, new), encoding="utf-8")
    push("model", run_folder, repo_id, tag="v2", quiet=True)

    result = list_releases(repo_id)

    assert result.kind == "model"
    assert [version.jaccard for version in result.versions] == [0.0712345678, 0.09]
    assert {change.key: change.after for change in result.versions[1].changes} == {
        "jaccard": 0.09,
        "recipe.train.epochs": 5.0,
    }


def test_a_repository_of_others_is_listed_without_what_it_does_not_say(account):
    repo_id = f"{account.name}/theirs"
    account.api.create_repo(repo_id, repo_type="dataset")
    for number in (1, 2):
        account.api.upload_file(
            path_or_fileobj=b"%d" % number, path_in_repo="a.txt", repo_id=repo_id, repo_type="dataset"
        )
        account.api.create_tag(repo_id, tag=f"v{number}", repo_type="dataset")

    versions = list_releases(repo_id).versions

    assert [version.rows for version in versions] == [None, None]
    assert versions[1].files == {"new": 0, "changed": 1, "deleted": 0}


def test_the_kind_can_be_forced_and_wrong_addresses_are_one_line(account, published):
    with pytest.raises(PublishError, match="no such model"):
        list_releases(published, kind="model")
    with pytest.raises(UsageError, match="all tags are listed"):
        list_releases(f"{published}@v1")


def test_the_command_line_prints_a_table_or_json(published):
    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "emojit", "releases", published, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, env=os.environ)
        assert done.returncode == 0, done.stderr
        return done.stdout

    table, data = run("--rows"), json.loads(run("--json"))

    assert table.splitlines()[0].split() == ["tag", "date", "commit", "rows"]
    assert "v2 against v1:" in table
    assert "  recipe.corpus.share: 0.3 → 0.4" in table
    assert "rows by id:" in table
    assert [version["tag"] for version in data["versions"]] == ["v1", "v2"]
