"""Pushing where others write too: second writers, files of theirs, branches, pull requests, organisations, order of versions."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from emojit.cli.app import app
from emojit.dataset.folder import read_manifest, verify_manifest, write_manifest
from emojit.errors import HeadMovedError, PublishError, UsageError
from emojit.release.card_merge import own_part
from emojit.release.cards import render_dataset_card
from emojit.release.hub import HubRepo
from emojit.release.push import push
from emojit.release.staging_dataset import stage_like


@pytest.fixture
def repo_id(account, metric) -> str:
    """A repository that holds v1, the folder of which has changed since."""
    repo_id = f"{account.name}/emoji_count"
    push("metric", metric, repo_id, tag="v1", quiet=True)
    (metric / "emoji_count.py").write_text("ours = True\n", encoding="utf-8")
    return repo_id


@pytest.fixture
def second_writer(account, monkeypatch) -> Callable[[str, str], None]:
    """Let somebody else upload a file to main between the plan and the commit of the next push, once."""

    def prepare(repo_id: str, path: str, repo_type: str = "space") -> None:
        commit, left = HubRepo.commit, [path]

        def overtaken(self, added, deleted, **arguments):
            if left:
                account.api.upload_file(
                    path_or_fileobj=b"theirs", path_in_repo=left.pop(), repo_id=repo_id, repo_type=repo_type
                )
            return commit(self, added, deleted, **arguments)

        monkeypatch.setattr(HubRepo, "commit", overtaken)

    return prepare


def test_a_commit_of_somebody_else_that_leaves_our_files_alone_stays_below_ours(
    account, metric, repo_id, second_writer
):
    second_writer(repo_id, "theirs.txt")
    plans = []

    result = push("metric", metric, repo_id, tag="v2", quiet=True, announce=plans.append)

    assert [[file.path for file in plan.files if file.change == "kept"] for plan in plans] == [[], ["theirs.txt"]]
    assert account.commits(repo_id, "space")[0] == "Release v2"
    assert account.commits(repo_id, "space")[1].startswith("Upload theirs.txt")
    assert "theirs.txt" in account.files(repo_id, "space", "v2")
    assert account.tags(repo_id, "space")["v2"] == result.commit


@pytest.mark.parametrize("path", ["emoji_count.py", "table.bin", "old.txt"])
def test_a_commit_of_somebody_else_to_our_files_is_never_overwritten(account, metric, second_writer, path):
    repo_id = f"{account.name}/emoji_count"
    (metric / "old.txt").write_text("old\n", encoding="utf-8")
    push("metric", metric, repo_id, tag="v1", quiet=True)
    (metric / "old.txt").unlink()  # a file that the plan deletes is ours, too
    second_writer(repo_id, path)

    with pytest.raises(HeadMovedError, match=rf"{re.escape(path)} among it; nothing was overwritten") as caught:
        push("metric", metric, repo_id, tag="v2", quiet=True)

    assert caught.value.hint is not None
    assert "/tree/" in caught.value.hint
    theirs = account.api.hf_hub_download(repo_id, path, repo_type="space", revision="main")
    assert Path(theirs).read_bytes() == b"theirs"
    assert set(account.tags(repo_id, "space")) == {"v1"}


def test_files_that_no_release_brought_stay_for_ever_and_the_rest_is_what_the_folder_holds(account, metric, repo_id):
    account.api.upload_file(path_or_fileobj=b"x", path_in_repo="notes/theirs.md", repo_id=repo_id, repo_type="space")
    for tag in ("v2", "v3"):
        (metric / f"{tag}.txt").write_text(tag, encoding="utf-8")

        push("metric", metric, repo_id, tag=tag, quiet=True)

        (metric / f"{tag}.txt").unlink()
    assert account.files(repo_id, "space", "v3") - {".gitattributes"} == {
        "README.md", "emoji_count.py", "table.bin", "notes/theirs.md", "v3.txt", "provenance.json", "manifest.json",
    }  # fmt: skip


def test_a_data_set_keeps_hand_written_parts_and_files_and_its_manifest_covers_them(
    account, finished_build, tmp_path, second_writer
):
    repo_id = f"{account.name}/pairs"
    push("dataset", finished_build, repo_id, tag="v1", quiet=True)
    card = Path(account.api.hf_hub_download(repo_id, "README.md", repo_type="dataset")).read_text(encoding="utf-8")
    edited = card.replace("license:", "doi: 10.1/x\nlicense:", 1) + "\n## Columns\n\nOurs are better.\n"
    for path, content in (
        ("README.md", edited.encode()),
        ("extra/more.jsonl", b'{"a": 1}\n'),
        ("big.bin", b"\0" * 99),
    ):
        account.api.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id=repo_id, repo_type="dataset")
    build = shutil.copytree(finished_build, tmp_path / "build")
    (build / "NOTES.md").write_text("new\n", encoding="utf-8")
    write_manifest(build, {k: v for k, v in read_manifest(build).items() if k not in ("schema_version", "files")})
    second_writer(repo_id, "late.txt", "dataset")

    push("dataset", build, repo_id, tag="v2", quiet=True)
    again = push("dataset", build, repo_id, tag="v2", quiet=True)

    assert again.already_there
    folder = Path(
        account.api.snapshot_download(repo_id, repo_type="dataset", revision="v2", local_dir=tmp_path / "v2")
    )
    manifest = verify_manifest(folder)
    assert manifest["kept"] == ["big.bin", "extra/more.jsonl", "late.txt"]
    assert manifest["release"] == {"repo_id": repo_id, "version": "v2"}
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert text.endswith("## Columns\n\nOurs are better.\n")
    own = own_part(text).replace("doi: 10.1/x\n", "")
    assert own == render_dataset_card(folder, repo_id=repo_id, version="v2")
    alike = stage_like(build, folder, tmp_path / "alike")
    for path in ("README.md", "manifest.json", "plots/emoji.png", "extra/more.jsonl"):
        assert (alike / path).read_bytes() == (folder / path).read_bytes()


def test_the_snippet_of_a_published_card_runs_though_the_recipe_names_no_repository_and_another_config_is_there(
    account, finished_build, stranger
):
    repo_id = f"{account.name}/pairs"
    account.api.create_repo(repo_id, repo_type="dataset")
    card = "---\nconfigs:\n- config_name: v0\n  data_files: v0/*.parquet\n  default: true\n---\n"
    stray = (finished_build / "data" / "test-00000-of-00001.parquet").read_bytes()
    for path, content in (
        ("README.md", card.encode()),
        ("v0/a.parquet", stray),
        ("data/train-9.parquet", stray),
    ):
        account.api.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id=repo_id, repo_type="dataset")
    before = (finished_build / "README.md").read_bytes()
    push("dataset", finished_build, repo_id, tag="v7", quiet=True)
    published = Path(account.api.hf_hub_download(repo_id, "README.md", repo_type="dataset", revision="v7"))
    snippet = re.search(r"```python\n(.+?)```", published.read_text(encoding="utf-8"), re.DOTALL)
    assert snippet is not None
    assert f'load_dataset("{repo_id}", revision="v7")' in snippet[1]
    script = f"{snippet[1]}\nprint(load_dataset({repo_id!r}, 'v0', revision='v7')['train'].num_rows)\n"

    done = stranger(script)

    lines = done.stdout.splitlines()
    assert lines[0] == str(read_manifest(finished_build)["rows"])
    assert lines[-1] == str(read_manifest(finished_build)["rows"]["test"])
    assert (finished_build / "README.md").read_bytes() == before
    assert b"NAMESPACE" in before


def test_what_would_be_read_with_a_model_goes_and_the_rest_of_others_stays(account, run_folder):
    repo_id = f"{account.name}/student"
    account.api.create_repo(repo_id)
    for path in ("added_tokens.json", "vocab.txt", "onnx/model.onnx", "LICENSE", "notes.txt"):
        account.api.upload_file(path_or_fileobj=b"{}", path_in_repo=path, repo_id=repo_id)

    push("model", run_folder, repo_id, tag="v1", quiet=True)

    files = account.files(repo_id, "model", "v1")
    assert {"onnx/model.onnx", "LICENSE", "notes.txt"} <= files
    assert not {"added_tokens.json", "vocab.txt"} & files


def test_rows_that_somebody_adds_meanwhile_are_not_deleted_but_stop_the_push(account, finished_build, second_writer):
    repo_id = f"{account.name}/pairs"
    account.api.create_repo(repo_id, repo_type="dataset")
    second_writer(repo_id, "data/train-9.parquet", "dataset")

    with pytest.raises(HeadMovedError, match=r"data/train-9\.parquet among it"):
        push("dataset", finished_build, repo_id, tag="v1", quiet=True)

    assert "data/train-9.parquet" in account.files(repo_id, "dataset", "main")


def test_a_lower_version_after_a_higher_one_is_refused_unless_it_goes_to_a_branch(account, metric, repo_id):
    push("metric", metric, repo_id, tag="v3", quiet=True)
    main = account.files(repo_id, "space", "main")
    (metric / "older.txt").write_text("older\n", encoding="utf-8")

    with pytest.raises(PublishError, match="v2 would come after v3: main would then hold the older version") as caught:
        push("metric", metric, repo_id, tag="v2", quiet=True)
    assert caught.value.hint is not None
    assert "--tag v4" in caught.value.hint

    result = push("metric", metric, repo_id, tag="v2", branch="maintenance/2", quiet=True)

    assert result.branch == "maintenance/2"
    assert account.files(repo_id, "space", "main") == main
    assert (
        account.files(repo_id, "space", "v2")
        == account.files(repo_id, "space", "maintenance/2")
        == main | {"older.txt"}
    )


def test_a_higher_version_on_another_branch_bars_none_on_main(account, metric, repo_id):
    push("metric", metric, repo_id, tag="v3", branch="next", quiet=True)

    result = push("metric", metric, repo_id, tag="v2", quiet=True)

    assert result.branch == "main"
    assert account.tags(repo_id, "space")["v2"] == result.commit


@pytest.mark.parametrize("branch", ["v2", "refs/pr/1", "a..b", "-x", "", "a b", "x/"])
def test_a_branch_is_no_version_and_no_ref_of_the_hub(account, metric, branch):
    with pytest.raises(UsageError, match="branch"):
        push("metric", metric, f"{account.name}/emoji_count", tag="v1", branch=branch)


def test_a_pull_request_gets_no_tag_before_it_is_merged(account, metric, repo_id):
    main = account.commits(repo_id, "space")

    proposed = push("metric", metric, repo_id, tag="v2", create_pr=True, quiet=True)

    assert proposed.pull_request is not None
    assert "/discussions/" in proposed.pull_request
    assert account.commits(repo_id, "space") == main
    assert set(account.tags(repo_id, "space")) == {"v1"}

    number = int(proposed.pull_request.rsplit("/", 1)[1])
    account.api.merge_pull_request(repo_id, number, repo_type="space")
    with pytest.raises(PublishError, match="nothing to propose"):
        push("metric", metric, repo_id, tag="v2", create_pr=True, quiet=True)
    merged = push("metric", metric, repo_id, tag="v2", quiet=True)

    assert merged.uploaded_bytes == 0
    assert account.tags(repo_id, "space")["v2"] == merged.commit


def test_the_same_proposal_a_second_time_opens_no_second_pull_request(account, metric, repo_id):
    def propose(**options):
        return push("metric", metric, repo_id, tag="v2", create_pr=True, quiet=True, **options)

    def numbers() -> list[int]:
        return sorted(one.num for one in account.api.get_repo_discussions(repo_id, repo_type="space"))

    first = propose()
    again, dry = propose(), propose(dry_run=True)

    assert not first.already_there
    assert (again.already_there, again.pull_request, again.commit) == (True, first.pull_request, first.commit)
    assert (dry.already_there, dry.pull_request) == (True, first.pull_request)
    assert numbers() == [1]
    done = CliRunner().invoke(
        app, ["push", "metric", str(metric), repo_id, "--tag", "v2", "--create-pr"], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    assert f"pull request 1 holds the same content of {repo_id} v2" in done.output

    (metric / "further.txt").write_text("further\n", encoding="utf-8")
    assert propose().pull_request != first.pull_request
    assert numbers() == [1, 2]
    account.api.change_discussion_status(repo_id, 1, "closed", repo_type="space")
    (metric / "further.txt").unlink()
    assert not propose().already_there, "a closed one is answered"


def test_a_data_set_whose_files_are_drawn_anew_is_proposed_once(account, finished_build):
    repo_id = f"{account.name}/pairs"
    push("dataset", finished_build, repo_id, tag="v1", quiet=True)

    results = [push("dataset", finished_build, repo_id, tag="v2", create_pr=True, quiet=True) for _ in range(2)]

    assert [one.already_there for one in results] == [False, True]
    assert results[0].pull_request == results[1].pull_request


def test_a_pull_request_needs_a_repository_and_excludes_a_branch(account, metric):
    with pytest.raises(PublishError, match="no such repository to propose to"):
        push("metric", metric, f"{account.name}/emoji_count", tag="v1", create_pr=True)
    with pytest.raises(UsageError, match="exclude each other"):
        push("metric", metric, f"{account.name}/emoji_count", tag="v1", create_pr=True, branch="x")


def test_members_of_an_organisation_publish_under_its_name_and_others_do_not(account, metric, hub, monkeypatch):
    hub.create_organization(f"{account.name}-team", admin=account.name)
    repo_id = f"{account.name}-team/emoji_count"

    result = push("metric", metric, repo_id, tag="v1", private=True, quiet=True)

    assert result.private
    assert account.tags(repo_id, "space") == {"v1": result.commit}
    hub.create_user(f"{account.name}-stranger")
    monkeypatch.setenv("HF_TOKEN", hub.create_token(f"{account.name}-stranger"))
    with pytest.raises(PublishError, match="no permission to write"):
        push("metric", metric, repo_id, tag="v2", quiet=True)
