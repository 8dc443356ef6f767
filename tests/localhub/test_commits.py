from __future__ import annotations

import base64
import io
import json
import threading
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, get_session
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, RevisionNotFoundError

LARGE = bytes(range(256)) * 4000
"""1 MB with NUL bytes: sent as a large file."""


def add(path, content=b"x"):
    return CommitOperationAdd(path_in_repo=path, path_or_fileobj=content)


def raw_commit(hub, token, repo, *operations, revision="main"):
    """A commit as another client would send it, past the checks of huggingface_hub."""
    lines = [{"key": "header", "value": {"summary": "raw"}}, *operations]
    return get_session().post(
        f"{hub.endpoint}/api/models/{repo}/commit/{revision}",
        content=b"".join(json.dumps(line).encode() + b"\n" for line in lines),
        headers={"Authorization": f"Bearer {token}"},
    )


def raw_file(path, content=b"x"):
    return {
        "key": "file",
        "value": {"path": path, "content": base64.b64encode(content).decode(), "encoding": "base64"},
    }


def read(api, repo, path, tmp_path, revision=None):
    return Path(api.hf_hub_download(repo, path, cache_dir=tmp_path, revision=revision)).read_bytes()


# huggingface_hub 2.4.0 hands an open file to httpx2 as `data=`, which httpx2 calls deprecated.
@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
def test_small_large_empty_and_buffered_files_come_back_as_they_went(api, model, tmp_path):
    files = {"a.txt": "ねこ😺\n".encode(), "deep/er/w.bin": LARGE, "empty.txt": b"", "deep/日本 語.txt": b"y"}
    api.create_commit(model, [add(path, content) for path, content in files.items()], commit_message="m")
    api.upload_file(path_or_fileobj=io.BytesIO(LARGE + b"1"), path_in_repo="buffer.bin", repo_id=model)

    for path, content in {**files, "buffer.bin": LARGE + b"1"}.items():
        assert read(api, model, path, tmp_path) == content


def test_a_folder_goes_up_and_an_unchanged_one_makes_no_commit(api, model, tmp_path):
    folder = tmp_path / "up"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "w.bin").write_bytes(LARGE)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    (folder / "ignored.log").write_text("x", encoding="utf-8")
    (folder / ".gitignore").write_text("*.log\n", encoding="utf-8")

    first = api.upload_folder(repo_id=model, folder_path=folder)
    second = api.upload_folder(repo_id=model, folder_path=folder)

    assert first.oid == second.oid
    assert api.list_repo_files(model) == [".gitattributes", ".gitignore", "README.md", "sub/w.bin"]


@pytest.mark.slow
@pytest.mark.parametrize("variables", [{"HF_HUB_DISABLE_XET": "1"}, {}], ids=["lfs", "xet"])
def test_large_files_go_up_with_and_without_xet(run_client, api, name, variables):
    """Chunks of every kind: random (stored), text (LZ4), float32 (byte-grouped LZ4), odd length."""
    script = f"""
        import io, os
        from huggingface_hub import HfApi, hf_hub_download
        api = HfApi()
        api.create_repo({name!r})
        os.mkdir("up")
        import numpy
        contents = {{
            "random.bin": os.urandom(3_000_001),
            "text.bin": "".join(f"row {{number}} of text\\n" for number in range(200_000)).encode() + b"\\0",
            "floats.npy": numpy.sin(numpy.arange(600_003, dtype="float32")).tobytes(),
        }}
        for path, content in contents.items():
            open(f"up/{{path}}", "wb").write(content)
        api.upload_folder(repo_id={name!r}, folder_path="up")
        api.upload_file(repo_id={name!r}, path_in_repo="again.bin", path_or_fileobj=contents["text.bin"] + b"more")
        api.upload_file(repo_id={name!r}, path_in_repo="buffer.bin", path_or_fileobj=io.BytesIO(contents["random.bin"]))
        contents |= {{"again.bin": contents["text.bin"] + b"more", "buffer.bin": contents["random.bin"]}}
        for path, content in contents.items():
            assert open(hf_hub_download({name!r}, path), "rb").read() == content, path
    """

    run_client(script, **variables)

    sizes = {entry.path: entry.lfs.size for entry in api.list_repo_tree(name) if entry.lfs}
    assert sizes["random.bin"] == 3_000_001
    assert len(sizes) == 5


def test_operations_apply_in_order_and_folders_can_be_deleted(api, model):
    api.create_commit(model, [add("d/a.txt"), add("d/b.txt"), add("e/c.txt"), add("f.txt")], commit_message="m")

    api.create_commit(
        model,
        [
            CommitOperationDelete("d/"),
            add("d/new.txt"),
            CommitOperationDelete("e/c.txt"),
            CommitOperationDelete("f.txt"),
        ],
        commit_message="m",
    )

    assert api.list_repo_files(model) == [".gitattributes", "d/new.txt"]


def test_deleting_what_is_not_there_is_refused_as_a_whole(api, model):
    with pytest.raises(EntryNotFoundError, match="A file with this name doesn't exist"):
        api.create_commit(model, [add("a.txt"), CommitOperationDelete("missing.txt")], commit_message="m")

    assert api.list_repo_files(model) == [".gitattributes"]


def test_files_are_copied_on_the_server(api, model, tmp_path):
    api.create_commit(model, [add("w.bin", LARGE), add("a.txt")], commit_message="m")

    operations = [CommitOperationCopy("w.bin", "copy/w.bin"), CommitOperationCopy("a.txt", "copy/a.txt")]
    api.create_commit(model, operations, commit_message="copy")

    assert read(api, model, "copy/w.bin", tmp_path) == LARGE
    assert read(api, model, "copy/a.txt", tmp_path) == b"x"


def test_a_stale_parent_is_refused(api, model):
    old = api.model_info(model).sha
    api.create_commit(model, [add("a.txt")], commit_message="m", parent_commit=old)

    with pytest.raises(HfHubHTTPError, match="A commit has happened since") as refused:
        api.create_commit(model, [add("b.txt")], commit_message="m", parent_commit=old)

    assert refused.value.response.status_code == 412
    assert "b.txt" not in api.list_repo_files(model)


def test_of_writers_with_the_same_parent_exactly_one_wins(api, model):
    parent = api.model_info(model).sha
    outcomes = []

    def write(number):
        try:
            api.create_commit(model, [add(f"{number}.txt")], commit_message="m", parent_commit=parent)
            outcomes.append(200)
        except HfHubHTTPError as exc:
            outcomes.append(exc.response.status_code)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == [200, 412, 412, 412, 412, 412]
    assert len(api.list_repo_commits(model)) == 2


def test_concurrent_writers_without_a_parent_lose_nothing(api, model):
    threads = [
        threading.Thread(
            target=api.create_commit, args=(model, [add(f"{number}.txt")]), kwargs={"commit_message": "m"}
        )
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(api.list_repo_files(model)) == 9
    assert len(api.list_repo_commits(model)) == 9


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "../x", "a/../x", "./x", "a//b", "/x", "..\\x", "a\\b", ".git/config", "a/.GIT/x", ".git ", "git~1",
        ".g\u200cit/x", "a\nb", "a\0b", "x" * 256, "/".join(["d" * 200] * 30), "a/.", "a/..", "C:x",
    ],
)  # fmt: skip
def test_a_path_that_some_system_could_not_check_out_is_422(api, hub, tokens, model_of_bad_paths, path):
    answers = [
        raw_commit(hub, tokens.writer, model_of_bad_paths, raw_file(path)),
        raw_commit(hub, tokens.writer, model_of_bad_paths, {"key": "deletedFile", "value": {"path": path}}),
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert api.list_repo_files(model_of_bad_paths) == [".gitattributes"]


@pytest.fixture(scope="module")
def model_of_bad_paths(hub, tokens):
    from huggingface_hub import HfApi

    HfApi(endpoint=hub.endpoint, token=tokens.writer).create_repo("me/bad_paths")
    return "me/bad_paths"


def test_a_file_and_a_folder_cannot_have_the_same_path(hub, tokens, api, model):
    api.create_commit(model, [add("a"), add("d/x")], commit_message="m")

    assert raw_commit(hub, tokens.writer, model, raw_file("a/b")).status_code == 422
    assert raw_commit(hub, tokens.writer, model, raw_file("d")).status_code == 422
    replaced = raw_commit(hub, tokens.writer, model, {"key": "deletedFile", "value": {"path": "a"}}, raw_file("a/b"))
    assert replaced.status_code == 200


@pytest.mark.parametrize(
    "operation",
    [
        {"key": "file", "value": {"path": "a", "content": "%%%", "encoding": "base64"}},
        {"key": "file", "value": {"path": "a"}},
        {"key": "unknown", "value": {}},
        {"key": "file", "value": None},
        {"no": "key"},
    ],
)
def test_a_malformed_operation_is_400(hub, tokens, model, operation):
    assert raw_commit(hub, tokens.writer, model, operation).status_code == 400


def test_a_pointer_to_content_that_was_not_uploaded_here_is_refused(api, stranger, hub, tokens, model):
    """Knowing the sha256 of a file in somebody's private repository must not be enough to read it."""
    private = model + "_private"
    api.create_repo(private, private=True)
    api.upload_file(path_or_fileobj=LARGE + b"secret", path_in_repo="w.bin", repo_id=private)
    sha256 = api.get_paths_info(private, "w.bin")[0].lfs.sha256
    stranger.create_repo("you/thief")

    pointer = {"key": "lfsFile", "value": {"path": "w.bin", "algo": "sha256", "oid": sha256, "size": 7}}
    answer = raw_commit(hub, tokens.stranger, "you/thief", pointer)

    assert answer.status_code == 422
    batch = (
        get_session()
        .post(
            f"{hub.endpoint}/you/thief.git/info/lfs/objects/batch",
            json={"operation": "upload", "objects": [{"oid": sha256, "size": len(LARGE) + 6}]},
            headers={"Authorization": f"Bearer {tokens.stranger}"},
        )
        .json()
    )
    assert "actions" in batch["objects"][0]


def test_commits_go_only_to_branches(api, model):
    api.create_tag(model, tag="v1")

    for revision in ("v1", "missing", api.model_info(model).sha):
        with pytest.raises(RevisionNotFoundError):
            api.create_commit(model, [add("a.txt")], commit_message="m", revision=revision)


def test_a_broken_card_is_refused_before_anything_is_uploaded(api, model):
    with pytest.raises(ValueError, match="Invalid metadata"):
        api.upload_file(path_or_fileobj=b"---\n[: broken\n---\n", path_in_repo="README.md", repo_id=model)

    assert api.list_repo_files(model) == [".gitattributes"]


def test_a_refusal_reaches_a_client_that_is_still_sending(hub, tokens, model):
    answer = raw_commit(hub, tokens.reader, model, raw_file("a.txt", bytes(20_000_000)))

    assert answer.status_code == 403
    assert "role 'read'" in answer.json()["error"]


def test_content_sent_by_xet_is_kept_once(hub, api, model):
    folder = hub.root / "xet"
    before = set(folder.iterdir()) if folder.exists() else set()

    api.upload_file(path_or_fileobj=LARGE + b"once", path_in_repo="w.bin", repo_id=model)

    assert set(folder.iterdir()) == before


def test_a_changed_file_whose_chunks_the_client_remembers_is_complete(api, model, tmp_path):
    """hf_xet does not send chunks again that it sent to the same address; the address changes with every upload."""
    import random

    content = random.Random(0).randbytes(3_000_000)
    for number in range(3):
        api.upload_file(path_or_fileobj=content + bytes([number]), path_in_repo="w.bin", repo_id=model)

    assert read(api, model, "w.bin", tmp_path) == content + b"\x02"
