"""`emojit hub export`: to another embedded Hub as it is, to any other Hub by ordinary commits."""

from __future__ import annotations

import pytest

from emojit.errors import PublishError
from emojit.localhub.manage import open_accounts
from emojit.mirror.commits import make_commit_plan, run_commits
from emojit.mirror.side import Address, Side


@pytest.fixture
def kept(box, name):
    """A data set in the box with two tags and odd names."""
    box.api.create_repo(name, repo_type="dataset", private=True)
    files = {"データ/日本 語%.txt": b"a", "empty.txt": b"", "large.bin": b"1" * 300_000, "gone.txt": b"gone"}
    box.add(name, files, "First release\n\nmanifest.json sha256 abc")
    box.api.create_tag(name, tag="v1", tag_message="the first 😊", repo_type="dataset")
    box.add(name, {"large.bin": b"2" * 400_000}, "Second release", remove=["gone.txt"])
    box.api.create_tag(name, tag="v2", repo_type="dataset")
    box.add(name, {"after.txt": b"after"}, "After the release")
    return name


@pytest.fixture
def sides(far, box, kept):
    address = Address(type="dataset", id=kept)
    return (
        Side(box.hub.endpoint, address, box.token, variable="EMOJIT_BOX_TOKEN"),
        Side(far.hub.endpoint, address, far.token, variable="HF_TOKEN"),
    )


def test_another_embedded_hub_gets_the_commits_as_they_are(emojit, far, box, kept):
    arguments = ("hub", "export", f"datasets/{kept}", "--from", box.hub.endpoint)
    planned = emojit(*arguments, "--dry-run", "--json", EMOJIT_BOX_TOKEN=box.token).json()
    assert not far.api.repo_exists(kept, repo_type="dataset")

    done = emojit(*arguments, "--json", EMOJIT_BOX_TOKEN=box.token).json()
    again = emojit(*arguments, EMOJIT_BOX_TOKEN=box.token)

    assert planned | {"dry_run": False} == done
    assert done["exact"]
    assert "everything is there" in again.out
    assert far.tags(kept) == box.tags(kept)
    assert far.contents(kept, "main") == box.contents(kept, "main")
    assert far.api.repo_info(kept, repo_type="dataset").private


def test_a_store_that_no_hub_serves_is_exported_and_stays_as_it_was(emojit, far, box, kept):
    root = box.hub.root
    box.hub.stop()

    done = emojit("hub", "export", f"datasets/{kept}@v1", "--root", root, "--as", "you/other", "--json").json()

    assert list(done["tags"]) == ["v1"]
    assert list(far.tags("you/other")) == ["v1"]
    with open_accounts(root) as accounts:
        assert [token.name for token in accounts.tokens()] == ["token"]


def test_a_missing_store_is_said_and_not_made(emojit, root):
    done = emojit("hub", "export", "datasets/you/x", "--root", root)

    assert done.code == 2
    assert "no store" in done.err
    assert not root.exists()


def test_a_hub_without_that_route_gets_one_commit_for_each_tag_with_the_same_files(sides, far, box, kept):
    source, target = sides

    plan = make_commit_plan(source, target, branches=())
    run_commits(source, target, plan, quiet=True)

    for revision in ("v1", "v2", "main"):
        assert far.contents(kept, revision) == box.contents(kept, revision)
    commits = far.api.list_repo_commits(kept, repo_type="dataset")
    assert [commit.title for commit in commits][:3] == ["After the release", "Second release", "First release"]
    assert "manifest.json sha256 abc" in commits[2].message
    assert f"Imported from {source}@{box.tags(kept)['v1']}" in commits[2].message
    assert far.api.repo_info(kept, repo_type="dataset").private


def test_that_export_goes_on_after_a_cut_and_repeats_nothing(sides, far, box, kept):
    source, target = sides
    plan = make_commit_plan(source, target, branches=())
    run_commits(source, target, plan, quiet=True)
    far.api.delete_tag(kept, tag="v2", repo_type="dataset")  # as if it had been cut off before the tag
    box.add(kept, {"large.bin": b"3" * 100_000}, "Third release")
    box.api.create_tag(kept, tag="v3", repo_type="dataset")

    again = make_commit_plan(source, target, branches=())
    run_commits(source, target, again, quiet=True)
    nothing = make_commit_plan(source, target, branches=())

    assert [(step.commit.title, step.tags, bool(step.there)) for step in again.steps] == [
        ("First release", [], True),
        ("Second release", ["v2"], True),
        ("Third release", ["v3"], False),
    ]
    assert len(far.api.list_repo_commits(kept, repo_type="dataset")) == 5
    assert far.contents(kept, "v3") == box.contents(kept, "v3")
    assert all(step.there and not step.tags for step in nothing.steps)


def test_neither_foreign_commits_nor_foreign_tags_are_touched(sides, far, box, kept):
    source, target = sides
    run_commits(source, target, make_commit_plan(source, target, branches=()), quiet=True)
    far.api.delete_tag(kept, tag="v2", repo_type="dataset")
    far.api.create_tag(kept, tag="v2", revision="v1", repo_type="dataset")

    with pytest.raises(PublishError, match=box.tags(kept)["v2"]):
        make_commit_plan(source, target, branches=())

    far.api.delete_tag(kept, tag="v2", repo_type="dataset")
    far.add(kept, {"own.txt": b"own"}, "own")
    with pytest.raises(PublishError, match="commits of its own"):
        make_commit_plan(source, target, branches=())
