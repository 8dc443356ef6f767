"""Verify on a Hub: the tag, the commit under it, and what their messages recorded."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from emojit.errors import PublishError, UsageError
from emojit.release.push import push
from emojit.release.verify.run import verify

TRAIN = "data/train-00000-of-00001.parquet"


@pytest.fixture
def published(account, release) -> str:
    repo_id = f"{account.name}/pairs"
    push("dataset", release, repo_id, tag="v1", quiet=True)
    return repo_id


def test_a_pushed_release_is_sound_and_its_tag_is_compared(published, account):
    result = verify(f"{published}@v1", quiet=True)

    assert result.kind == "dataset"
    assert result.commit == account.tags(published, "dataset")["v1"]
    assert result.findings.kept == []
    assert result.findings.unchecked == []
    assert any(f"the tag v1 stands on the commit {result.commit[:12]}" in line for line in result.findings.checked)


def test_a_release_records_the_checksum_of_its_manifest_where_no_later_commit_reaches(published, account):
    commit = account.api.list_repo_commits(published, repo_type="dataset", revision="v1")[0]
    manifest = Path(account.api.hf_hub_download(published, "manifest.json", repo_type="dataset", revision="v1"))

    digest = hashlib.sha256(manifest.read_bytes()).hexdigest()
    assert (commit.title, commit.message) == ("Release v1", f"manifest.json sha256 {digest}")


def test_a_card_that_was_merged_with_a_strangers_is_sound(published, account, release, forge):
    account.api.upload_file(
        path_or_fileobj=b"---\nlicense: mit\nhomepage: https://example.org\n---\n\n## Errata\n\n3 rows were wrong.\n",
        path_in_repo="README.md", repo_id=published, repo_type="dataset",
    )  # fmt: skip
    push("dataset", release, published, tag="v2", quiet=True)

    findings = verify(f"{published}@v2", quiet=True).findings

    assert findings.kept == []
    assert any("## Errata" in note for note in findings.notes)
    assert forge.kinds(verify(published, quiet=True).findings) == set()


def test_a_card_that_was_edited_in_the_browser_is_found(published, account):
    card = Path(account.api.hf_hub_download(published, "README.md", repo_type="dataset")).read_text(encoding="utf-8")
    account.api.upload_file(
        path_or_fileobj=card.replace("| test | 10 |", "| test | 1,000 |").encode(), path_in_repo="README.md",
        repo_id=published, repo_type="dataset",
    )  # fmt: skip

    findings = verify(published, quiet=True).findings

    assert [(one.expected, one.found) for one in findings.kept] == [("10", "1,000")]


def move_tag(account, repo_id: str, tag: str, commit: str) -> None:
    account.api.delete_tag(repo_id, tag=tag, repo_type="dataset")
    account.api.create_tag(repo_id, tag=tag, revision=commit, repo_type="dataset")


def test_a_tag_that_was_moved_to_another_release_is_found(published, account, release, forge):
    first = account.tags(published, "dataset")["v1"]
    forge.card(release, "No row has a flag.", "No row has a flag.\n\n## Mine\n\nNew.")
    forge.manifest(release)
    second = push("dataset", release, published, tag="v2", quiet=True).commit
    move_tag(account, published, "v1", second)

    findings = verify(f"{published}@v1", quiet=True).findings

    finding = forge.only(findings, "tag: the tag does not stand on the commit of its release")
    assert first in finding.expected
    assert second in finding.found
    assert verify(f"{published}@v2", quiet=True).findings.total == 0


def test_a_tag_that_was_moved_to_a_later_upload_is_found_with_what_changed(published, account, release, forge):
    forged = release / TRAIN
    forge.rows(release, TRAIN, lambda rows: rows.pop())
    account.api.upload_file(
        path_or_fileobj=forged, path_in_repo=TRAIN, repo_id=published, repo_type="dataset", commit_message="Fix"
    )
    account.api.upload_file(
        path_or_fileobj=release / "manifest.json", path_in_repo="manifest.json", repo_id=published,
        repo_type="dataset", commit_message=f"Release v1\n\nmanifest.json sha256 {'0' * 64}",
    )  # fmt: skip
    move_tag(account, published, "v1", account.api.dataset_info(published).sha)

    findings = verify(f"{published}@v1", quiet=True).findings

    assert forge.only(findings, "tag: the manifest is not the one that was pushed").expected == "0" * 64
    assert any("other commits are called 'Release v1' too" in note for note in findings.notes)
    assert "sentences: became neither pair nor rejection" in forge.kinds(findings)


def test_the_commit_that_somebody_wrote_down_is_held_against_the_tag(published, account, forge):
    commit = account.tags(published, "dataset")["v1"]

    assert verify(f"{published}@v1", commit=commit[:8], quiet=True).findings.total == 0
    assert forge.kinds(verify(f"{published}@v1", commit="0" * 40, quiet=True).findings) == {
        "tag: the tag does not stand on the commit of its release"
    }


def test_the_main_branch_is_checked_too_but_has_no_tag(published):
    findings = verify(published, quiet=True).findings

    assert findings.kept == []
    assert findings.unchecked == ["tag and commit: the main branch is no tag"]


def test_the_same_bytes_under_two_tags_are_no_moved_tag(account, foreign):
    repo_id = f"{account.name}/theirs"
    account.api.create_repo(repo_id, repo_type="dataset")
    account.api.upload_folder(folder_path=foreign, repo_id=repo_id, repo_type="dataset", commit_message="Release v1")
    account.api.create_tag(repo_id, tag="v2", repo_type="dataset")

    findings = verify(f"{repo_id}@v2", quiet=True).findings

    assert findings.kept == []
    assert any("the same bytes under two versions" in note for note in findings.notes)


@pytest.mark.parametrize(
    ("address", "error", "message"),
    [
        ("{repo}@v9", PublishError, "no revision 'v9'"),
        ("{repo}@", UsageError, "no revision after the @"),
        ("{user}/nothing@v1", PublishError, "no such repository"),
        ("pairs", UsageError, "must be namespace/name"),
    ],
)
def test_an_address_that_leads_nowhere_is_one_line(published, account, address, error, message):
    with pytest.raises(error, match=message):
        verify(address.format(repo=published, user=account.name), quiet=True)
