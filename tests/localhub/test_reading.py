from __future__ import annotations

import pytest
from huggingface_hub import CommitOperationAdd, HfApi, HfFileSystem, get_session
from huggingface_hub.errors import (
    EntryNotFoundError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

LARGE = bytes(range(256)) * 4000


@pytest.fixture(scope="module")
def repo(hub, tokens):
    """A data set with a large file, small files and folders."""
    api = HfApi(endpoint=hub.endpoint, token=tokens.writer)
    api.create_repo("me/reading", repo_type="dataset")
    files = {
        "README.md": b"---\nlicense: mit\n---\n",
        "data/w.bin": LARGE,
        "data/sub/a.txt": b"0123456789",
        "data/empty": b"",
    }
    for path, content in files.items():
        operation = CommitOperationAdd(path_in_repo=path, path_or_fileobj=content)
        api.create_commit("me/reading", [operation], commit_message=f"add {path}", repo_type="dataset")
    return "me/reading"


def get(hub, path, method="GET", **headers):
    return get_session().request(method, f"{hub.endpoint}/{path}", headers=headers)


def test_the_tree_lists_files_and_folders_with_sizes_and_hashes(api, repo):
    entries = {entry.path: entry for entry in api.list_repo_tree(repo, repo_type="dataset", recursive=True)}

    assert list(entries) == [
        ".gitattributes", "README.md", "data", "data/empty", "data/sub", "data/sub/a.txt", "data/w.bin",
    ]  # fmt: skip
    assert entries["data/w.bin"].size == entries["data/w.bin"].lfs.size == len(LARGE)
    assert entries["data/sub/a.txt"].size == 10
    flat = api.list_repo_tree(repo, "data/sub", repo_type="dataset")
    assert [entry.path for entry in flat] == ["data/sub/a.txt"]


def test_expanded_entries_name_the_commit_that_changed_them_last(api, repo):
    entries = api.list_repo_tree(repo, repo_type="dataset", recursive=True, expand=True)

    titles = {entry.path: entry.last_commit.title for entry in entries}

    assert titles["README.md"] == "add README.md"
    assert titles["data/w.bin"] == "add data/w.bin"
    assert titles["data"] == "add data/empty"


def test_paths_info_leaves_out_what_is_missing(api, repo):
    infos = api.get_paths_info(repo, ["data/w.bin", "missing", "data"], repo_type="dataset", expand=True)

    assert [info.path for info in infos] == ["data/w.bin", "data"]
    assert infos[0].last_commit.title == "add data/w.bin"


def test_a_long_tree_comes_in_pages_that_the_client_follows(api, model):
    operations = [
        CommitOperationAdd(path_in_repo=f"d/{number:04}.txt", path_or_fileobj=b"x") for number in range(1100)
    ]
    api.create_commit(model, operations, commit_message="many")

    assert len(list(api.list_repo_tree(model, "d"))) == 1100
    assert len(list(api.list_repo_tree(model, "d", revision="refs/heads/main"))) == 1100
    assert len(api.model_info(model, files_metadata=True).siblings) == 1101


def test_the_file_system_lists_globs_and_reads(hub, tokens, repo):
    files = HfFileSystem(endpoint=hub.endpoint, token=tokens.writer)

    assert files.glob(f"datasets/{repo}/**/*.txt") == [f"datasets/{repo}/data/sub/a.txt"]
    assert files.info(f"datasets/{repo}/data/w.bin")["size"] == len(LARGE)
    assert files.read_block(f"datasets/{repo}/data/w.bin", 1000, 16) == LARGE[1000:1016]
    with files.open(f"datasets/{repo}/data/sub/a.txt", "rb") as file:
        file.seek(4)
        assert file.read() == b"456789"
    assert not files.exists(f"datasets/{repo}/missing")


def test_a_snapshot_holds_exactly_the_files(api, repo, tmp_path):
    from pathlib import Path

    folder = Path(api.snapshot_download(repo, repo_type="dataset", cache_dir=tmp_path))

    found = {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    assert found == {
        ".gitattributes": found[".gitattributes"],
        "README.md": 21,
        "data/empty": 0,
        "data/sub/a.txt": 10,
        "data/w.bin": len(LARGE),
    }


@pytest.mark.parametrize("path", ["data/w.bin", "data/sub/a.txt"])
@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [("bytes=2-5", 2, 6), ("bytes=7-", 7, None), ("bytes=-3", -3, None), ("bytes=0-99999999", 0, None)],
)
def test_a_range_returns_that_part_as_206(hub, repo, path, header, start, stop):
    whole = LARGE if path.endswith("bin") else b"0123456789"

    answer = get(hub, f"datasets/{repo}/resolve/main/{path}", Range=header)

    assert answer.status_code == 206
    assert answer.content == whole[start:stop]
    first = len(whole) + start if start < 0 else start
    assert answer.headers["Content-Range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(whole)}"


@pytest.mark.parametrize("header", ["bytes=5-2", "bytes=-", "lines=1-2", "bytes=0-1,4-5", "nonsense"])
def test_a_header_that_is_no_single_range_gives_the_whole_file(hub, repo, header):
    answer = get(hub, f"datasets/{repo}/resolve/main/data/sub/a.txt", Range=header)

    assert (answer.status_code, answer.content) == (200, b"0123456789")


@pytest.mark.parametrize(
    ("path", "header"), [("data/sub/a.txt", "bytes=10-"), ("data/sub/a.txt", "bytes=-0"), ("data/empty", "bytes=0-")]
)
def test_a_range_behind_the_end_is_416(hub, repo, path, header):
    answer = get(hub, f"datasets/{repo}/resolve/main/{path}", Range=header)

    assert answer.status_code == 416
    assert answer.headers["Content-Range"].startswith("bytes */")


def test_head_tells_what_the_download_needs(hub, api, repo):
    entry = api.get_paths_info(repo, "data/w.bin", repo_type="dataset")[0]

    large = get(hub, f"datasets/{repo}/resolve/main/data/w.bin", "HEAD")
    small = get(hub, f"datasets/{repo}/resolve/main/data/sub/a.txt", "HEAD")

    assert large.headers["X-Linked-Etag"] == f'"{entry.lfs.sha256}"'
    assert int(large.headers["X-Linked-Size"]) == int(large.headers["Content-Length"]) == len(LARGE)
    assert small.headers["X-Repo-Commit"] == api.dataset_info(repo).sha
    assert small.headers["ETag"] == f'"{api.get_paths_info(repo, "data/sub/a.txt", repo_type="dataset")[0].blob_id}"'
    assert small.content == b""


def test_each_kind_of_absence_has_its_own_error(api, repo, hub, tmp_path):
    def load(repo_id=repo, path="README.md", revision=None):
        api.hf_hub_download(repo_id, path, repo_type="dataset", revision=revision, cache_dir=tmp_path)

    with pytest.raises(RepositoryNotFoundError):
        load(repo_id="me/missing")
    with pytest.raises(RepositoryNotFoundError):
        load(repo_id="without_namespace")
    with pytest.raises(RevisionNotFoundError):
        load(revision="missing")
    for path in ("missing", "data", "data/sub/a.txt/x"):
        with pytest.raises(EntryNotFoundError):
            load(path=path)
    with pytest.raises(EntryNotFoundError):
        list(api.list_repo_tree(repo, "missing", repo_type="dataset"))
    absent = get(hub, f"datasets/{repo}/resolve/main/missing", "HEAD")
    assert absent.headers["X-Repo-Commit"] == api.dataset_info(repo).sha


def test_unknown_routes_and_methods_are_refused_plainly(hub):
    assert get(hub, "api/nothing").status_code == 404
    assert get(hub, "nothing/of/this/shape").status_code == 404
    assert get(hub, "api/whoami-v2", "DELETE").status_code == 405


def test_a_page_that_names_the_server_otherwise_is_refused(hub):
    """A web page can point a host of its own to 127.0.0.1; the Host header gives it away."""
    assert get(hub, "api/models", Host="evil.example").status_code == 421


@pytest.mark.parametrize("query", ["limit=x", "limit=0", "cursor=!", "cursor=LTU="])
def test_a_broken_page_request_is_400(hub, repo, query):
    assert get(hub, f"api/datasets/{repo}/tree/main?{query}").status_code == 400


def test_auth_check_tells_who_may_read_and_write(api, stranger, repo):
    api.auth_check(repo, repo_type="dataset", write=True)
    stranger.auth_check(repo, repo_type="dataset")
    with pytest.raises(HfHubHTTPError):
        stranger.auth_check(repo, repo_type="dataset", write=True)
