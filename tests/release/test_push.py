"""Publishing to a real Hub: commit, tag, read back, and what is refused."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import NoReturn

import pytest
from huggingface_hub import HfApi, constants

from emojit.errors import OfflineError, PublishError, StudentError, UsageError
from emojit.localhub.store import Store
from emojit.release.hub import HubRepo
from emojit.release.push import push
from emojit.resources import resource


def test_a_push_makes_one_commit_then_the_tag_and_holds_exactly_the_folder(account, metric):
    repo_id = f"{account.name}/emoji_count"

    result = push("metric", metric, repo_id, tag="v1", quiet=True)

    assert account.commits(repo_id, "space")[0] == "Release v1"
    assert account.tags(repo_id, "space") == {"v1": result.commit}
    assert account.files(repo_id, "space", "v1") - {".gitattributes"} == {
        "README.md", "emoji_count.py", "table.bin", "provenance.json", "manifest.json",
    }  # fmt: skip
    assert result.created
    assert result.uploaded_bytes == sum(file.size for file in result.files)
    sizes = {file.path: file.size for file in result.files}
    assert all(sizes[name] == (metric / name).stat().st_size for name in ("emoji_count.py", "table.bin"))
    assert not (metric / "manifest.json").exists()


def test_the_same_bytes_under_the_same_tag_do_nothing(account, metric):
    repo_id = f"{account.name}/emoji_count"
    first = push("metric", metric, repo_id, tag="v1", quiet=True)
    commits = account.commits(repo_id, "space")

    again = push("metric", metric, repo_id, tag="v1", quiet=True)

    assert again.already_there
    assert again.commit == first.commit
    assert again.uploaded_bytes == 0
    assert account.commits(repo_id, "space") == commits


def test_other_bytes_under_a_tag_are_refused_with_the_next_free_tag(account, metric):
    repo_id = f"{account.name}/emoji_count"
    push("metric", metric, repo_id, tag="v1", quiet=True)
    tags = account.tags(repo_id, "space")
    (metric / "emoji_count.py").write_text("changed = True\n", encoding="utf-8")

    with pytest.raises(
        PublishError, match=r"v1 is published already with other bytes \(2 of 5 files differ"
    ) as caught:
        push("metric", metric, repo_id, tag="v1", quiet=True)

    assert caught.value.hint is not None
    assert "--tag v2" in caught.value.hint
    assert account.tags(repo_id, "space") == tags


def test_a_new_version_sends_what_changed_and_deletes_what_is_gone(account, metric):
    repo_id = f"{account.name}/emoji_count"
    (metric / "old.txt").write_text("old\n", encoding="utf-8")
    push("metric", metric, repo_id, tag="v1", quiet=True)
    (metric / "old.txt").unlink()
    (metric / "emoji_count.py").write_text("changed = True\n", encoding="utf-8")

    result = push("metric", metric, repo_id, tag="v2", quiet=True)

    assert {file.path: file.change for file in result.files} == {
        "README.md": "same",
        "emoji_count.py": "changed",
        "manifest.json": "changed",
        "old.txt": "deleted",
        "provenance.json": "same",
        "table.bin": "same",
    }
    assert "old.txt" in account.files(repo_id, "space", "v1")
    assert "old.txt" not in account.files(repo_id, "space", "v2")
    assert account.commits(repo_id, "space")[:2] == ["Release v2", "Release v1"]


def test_a_push_that_broke_off_before_the_tag_only_gets_the_tag(account, metric, monkeypatch):
    repo_id = f"{account.name}/emoji_count"
    with monkeypatch.context() as broken:
        broken.setattr(HubRepo, "tag", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            push("metric", metric, repo_id, tag="v1", quiet=True)
    commits = account.commits(repo_id, "space")
    assert account.tags(repo_id, "space") == {}  # the commit comes first, so a half push has no version

    result = push("metric", metric, repo_id, tag="v1", quiet=True)

    assert account.commits(repo_id, "space") == commits
    assert account.tags(repo_id, "space") == {"v1": result.commit}
    assert result.uploaded_bytes == 0


def test_a_push_that_broke_off_before_the_commit_leaves_main_alone_and_goes_on(account, metric, monkeypatch):
    repo_id = f"{account.name}/emoji_count"
    with monkeypatch.context() as broken:
        broken.setattr(HubRepo, "commit", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            push("metric", metric, repo_id, tag="v1", quiet=True)
    assert account.files(repo_id, "space", "main") <= {
        ".gitattributes",
        "README.md",
    }  # what a new Space holds by itself

    push("metric", metric, repo_id, tag="v1", quiet=True)

    assert "emoji_count.py" in account.files(repo_id, "space", "v1")


def test_a_file_that_changes_while_it_is_sent_is_found_when_it_is_read_back(account, metric, monkeypatch):
    commit = HubRepo.commit

    def late_change(self, added, deleted, **arguments):
        (metric / "emoji_count.py").write_text("too late\n", encoding="utf-8")
        return commit(self, added, deleted, **arguments)

    monkeypatch.setattr(HubRepo, "commit", late_change)

    with pytest.raises(PublishError, match=r"v1 reads back differently: emoji_count\.py"):
        push("metric", metric, f"{account.name}/emoji_count", tag="v1", quiet=True)


def test_a_file_that_vanishes_while_it_is_sent_is_one_clear_line(account, metric, monkeypatch):
    commit = HubRepo.commit

    def vanish(self, added, deleted, **arguments):
        (metric / "table.bin").unlink()
        return commit(self, added, deleted, **arguments)

    monkeypatch.setattr(HubRepo, "commit", vanish)

    with pytest.raises(PublishError, match=r"table\.bin"):
        push("metric", metric, f"{account.name}/emoji_count", tag="v1", quiet=True)

    assert account.tags(f"{account.name}/emoji_count", "space") == {}


def test_a_large_file_that_does_not_get_through_is_one_clear_line(account, metric, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise ConnectionError("Network error: connection reset")  # what hf_xet raises

    monkeypatch.setattr(HfApi, "preupload_lfs_files", broken)

    with pytest.raises(PublishError, match="sending broke off: Network error"):
        push("metric", metric, f"{account.name}/emoji_count", tag="v1", quiet=True)


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # huggingface_hub's own, when it sends by LFS
@pytest.mark.parametrize("xet", [True, False], ids=["xet", "lfs"])
def test_a_full_disk_of_the_hub_is_said_as_such_and_the_same_command_goes_on_once_there_is_room(
    account, metric, monkeypatch, xet
):
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", not xet)
    repo_id = f"{account.name}/emoji_count"

    def full(self: Store) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "incoming", full)
        with pytest.raises(PublishError, match=r"the disk of the Hub at http://127\.0\.0\.1:\d+ is full") as caught:
            push("metric", metric, repo_id, tag="v1", quiet=True)
    assert caught.value.hint is not None
    assert "make room" in caught.value.hint
    assert push("metric", metric, repo_id, tag="v1", quiet=True).commit == account.tags(repo_id, "space")["v1"]


def test_a_front_matter_that_the_hub_refuses_is_one_clear_line(account, metric):
    (metric / "README.md").write_text("---\nsdk: gradio\nlicense: [1, 2\n---\n", encoding="utf-8")

    with pytest.raises(PublishError, match=r"README\.md"):
        push("metric", metric, f"{account.name}/emoji_count", tag="v1", quiet=True)


def test_a_dry_run_says_everything_and_sends_nothing(account, metric):
    repo_id = f"{account.name}/emoji_count"

    result = push("metric", metric, repo_id, tag="v1", dry_run=True)

    assert result.dry_run
    assert result.created
    assert {file.change for file in result.files} == {"new"}
    assert not account.api.repo_exists(repo_id, repo_type="space")


def test_a_dry_run_says_where_the_token_may_not_write(account, metric, hub, monkeypatch):
    hub.create_user(f"{account.name}-else")
    hub.create_organization(f"{account.name}-lab", admin=account.name)
    hub.create_organization(f"{account.name}-readers", admin=f"{account.name}-else")
    hub.add_member(f"{account.name}-readers", account.name, "read")

    def objection(namespace: str) -> str | None:
        return push("metric", metric, f"{namespace}/emoji_count", tag="v1", dry_run=True).objection

    assert objection(account.name) is None
    assert objection(f"{account.name}-lab") is None
    assert objection(f"{account.name}-readers") == (
        f"the token's user {account.name} may not write to {account.name}-readers: {account.name} may only read there"
    )
    assert "is no member of it" in (objection(f"{account.name}-else") or "")
    monkeypatch.setenv("HF_TOKEN", hub.create_token(account.name, "read"))
    assert objection(account.name) == "the token may only read"


def test_a_dry_run_needs_no_token(account, metric, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")

    assert push("metric", metric, f"{account.name}/emoji_count", tag="v1", dry_run=True).dry_run


def test_a_private_repository_is_hidden_from_others(account, metric, hub, monkeypatch):
    repo_id = f"{account.name}/emoji_count"
    push("metric", metric, repo_id, tag="v1", private=True, quiet=True)

    monkeypatch.delenv("HF_TOKEN")

    assert account.api.repo_info(repo_id, repo_type="space").private
    assert push("metric", metric, repo_id, tag="v1", dry_run=True).created  # as if it were not there


def test_private_is_refused_for_a_repository_that_is_public_already(account, metric):
    repo_id = f"{account.name}/emoji_count"
    push("metric", metric, repo_id, tag="v1", quiet=True)

    with pytest.raises(PublishError, match="is public already"):
        push("metric", metric, repo_id, tag="v1", private=True, quiet=True)


@pytest.mark.parametrize("repo_id", ["emoji_count", "/emoji_count", "me/", "a/b/c", "me/a--b", "me/ü"])
def test_a_repository_id_without_namespace_is_wrong_usage(account, metric, repo_id):
    with pytest.raises(UsageError, match="repository id"):
        push("metric", metric, repo_id, tag="v1")


@pytest.mark.parametrize("tag", ["1", "v", "v1.0", "v01", "V1", "main", "v1\n", "v１"])
def test_a_tag_is_v_and_a_whole_number(account, metric, tag):
    with pytest.raises(UsageError, match="is no version"):
        push("metric", metric, f"{account.name}/emoji_count", tag=tag)


def test_a_missing_folder_is_wrong_usage(account, tmp_path):
    with pytest.raises(UsageError, match="no such folder"):
        push("space", tmp_path / "nothing", f"{account.name}/x", tag="v1")


def test_no_token_says_how_to_log_in(account, metric, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")

    with pytest.raises(PublishError, match="no Hub token") as caught:
        push("metric", metric, f"{account.name}/emoji_count", tag="v1")

    assert caught.value.hint is not None
    assert "hf auth login" in caught.value.hint


def test_a_bad_token_is_named_as_such_and_never_shown(account, metric, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_thisisnotatokenofthisHub")

    with pytest.raises(PublishError, match="does not accept the token") as caught:
        push("metric", metric, f"{account.name}/emoji_count", tag="v1")

    assert "hf_this" not in f"{caught.value} {caught.value.hint}"


def test_a_read_token_and_a_foreign_namespace_have_no_permission(account, metric, hub, monkeypatch):
    push("metric", metric, f"{account.name}/emoji_count", tag="v1", quiet=True)
    (metric / "emoji_count.py").write_text("changed = True\n", encoding="utf-8")
    hub.create_user(f"{account.name}-other")
    for token in (hub.create_token(account.name, "read"), hub.create_token(f"{account.name}-other")):
        monkeypatch.setenv("HF_TOKEN", token)

        with pytest.raises(PublishError, match="no permission to write") as caught:
            push("metric", metric, f"{account.name}/emoji_count", tag="v2", quiet=True)

        assert token not in f"{caught.value} {caught.value.hint}"


def test_an_unreachable_hub_is_one_clear_line(account, metric, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")

    with pytest.raises(PublishError, match=r"the Hub at http://127\.0\.0\.1:9 cannot be reached") as caught:
        push("metric", metric, f"{account.name}/emoji_count", tag="v1")
    assert "emojit hub serve" in str(caught.value.hint)


def test_an_endpoint_that_is_no_url_is_wrong_usage(account, metric, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "localhost:7860")

    with pytest.raises(UsageError, match="HF_ENDPOINT"):
        push("metric", metric, f"{account.name}/emoji_count", tag="v1")


def test_offline_refuses_every_hub_but_one_on_this_machine(account, metric, monkeypatch):
    monkeypatch.setenv("EMOJIT_OFFLINE", "1")
    assert push("metric", metric, f"{account.name}/emoji_count", tag="v1", quiet=True).commit

    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example.org")
    with pytest.raises(OfflineError, match="EMOJIT_OFFLINE"):
        push("metric", metric, f"{account.name}/emoji_count", tag="v1")


def test_a_metric_must_be_named_like_its_script(account, metric):
    with pytest.raises(PublishError, match=r"looks for counter\.py") as caught:
        push("metric", metric, f"{account.name}/counter", tag="v1")
    assert caught.value.hint == f"publish it as {account.name}/emoji_count"

    with pytest.raises(PublishError, match="hyphen"):
        push("metric", metric, f"{account.name}/emoji-count", tag="v1")


@pytest.mark.parametrize(
    "readme", [None, "# no front matter\n", "---\ntitle: x\n---\n", "---\na: [\n---\n", "---\n- a\n---\n"]
)
def test_a_space_needs_an_sdk_in_its_front_matter(account, metric, readme):
    (metric / "README.md").unlink()
    if readme is not None:
        (metric / "README.md").write_text(readme, encoding="utf-8")

    with pytest.raises(PublishError, match=r"README\.md"):
        push("space", metric, f"{account.name}/emoji_count", tag="v1")


def test_a_model_without_weights_or_tokenizer_is_refused_before_the_hub_is_asked(account, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    model = tmp_path / "model"
    model.mkdir()
    for name, missing in (
        ("config.json", "no model here"),
        ("model.safetensors", "no weights"),
        (None, "no tokenizer"),
    ):
        with pytest.raises(StudentError, match=missing):
            push("model", model, f"{account.name}/student", tag="v1")
        if name is not None:
            (model / name).write_text("{}", encoding="utf-8")


def test_a_plain_model_folder_is_published_as_it_is(account, tmp_path):
    model = tmp_path / "model"
    model.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (model / name).write_text("{}", encoding="utf-8")

    push("model", model, f"{account.name}/student", tag="v1", quiet=True)

    assert account.files(f"{account.name}/student", "model", "v1") >= {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
    }


@pytest.mark.slow
def test_a_packaged_metric_pushed_is_what_the_snippet_of_its_card_loads(account, stranger):
    push("metric", resource("eval_modules/emoji_jaccard"), f"{account.name}/emoji_jaccard", tag="v1", quiet=True)
    card = Path(account.api.hf_hub_download(f"{account.name}/emoji_jaccard", "README.md", repo_type="space"))
    snippet = card.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    assert f'evaluate.load("{account.name}/emoji_jaccard", revision="v1")\n' in snippet
    script = (
        "import sys\n"
        "sys.modules['transformers'] = None\n"  # with it, evaluate imports torch, which no metric needs
        "import evaluate\n"
        "del sys.modules['transformers']\n"
        f"{snippet}\n"
        "print(metric.compute(predictions=['📖 😊 🇯🇵 📚 👏'], references=['🤔 📚 📖 🇯🇵 🔍'])['jaccard'] == 3 / 7)\n"
        "assert 'emojit' not in sys.modules"
    )

    done = stranger(script)

    assert done.stdout.strip() == "True"
