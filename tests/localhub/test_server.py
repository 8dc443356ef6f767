from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError

from emojit.errors import HubServerError, UsageError
from emojit.localhub import LocalHub

LARGE = bytes(range(256)) * 4000


def serve(root: Path, *options: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", "emojit", "hub", "serve", "--root", str(root), "--port", "0", "--json", *options]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def served(tmp_path):
    """Starts `emojit hub serve` as often as needed; yields a function that returns the process and what it printed."""
    processes = []

    def start(*options):
        process = serve(tmp_path / "hub", *options)
        processes.append(process)
        line = process.stdout.readline()
        assert line, process.stderr.read()
        return process, json.loads(line)

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def git(path: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(path), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_a_restart_keeps_everything(tmp_path):
    with LocalHub(tmp_path / "hub") as hub:
        hub.create_user("me")
        token = hub.create_token("me")
        api = HfApi(endpoint=hub.endpoint, token=token)
        api.create_repo("me/model", private=True)
        api.upload_file(path_or_fileobj=LARGE, path_in_repo="w.bin", repo_id="me/model")
        api.upload_file(path_or_fileobj=b"x", path_in_repo="a.txt", repo_id="me/model")
        api.create_tag("me/model", tag="v1")
        api.move_repo("me/model", "me/moved")
        before = api.list_repo_refs("me/moved")

    with LocalHub(tmp_path / "hub") as hub:
        api = HfApi(endpoint=hub.endpoint, token=token)
        assert api.whoami()["name"] == "me"
        assert api.list_repo_refs("me/model") == before
        path = api.hf_hub_download("me/moved", "w.bin", revision="v1", cache_dir=tmp_path / "cache")
        assert Path(path).read_bytes() == LARGE
        assert api.model_info("me/moved").private
        # The same client, which remembers the chunks it has sent, uploads them again to the restarted server.
        api.create_repo("me/other")
        api.upload_file(path_or_fileobj=LARGE + b"1", path_in_repo="w.bin", repo_id="me/other")


def test_git_finds_nothing_wrong_in_a_repository_with_history(hub, api, model):
    api.upload_file(path_or_fileobj="ねこ".encode(), path_in_repo="d/é/a.txt", repo_id=model)
    api.upload_file(path_or_fileobj=LARGE, path_in_repo="a-b/w.bin", repo_id=model)
    api.upload_file(path_or_fileobj=b"x", path_in_repo="a/w.txt", repo_id=model)
    api.create_tag(model, tag="v1", tag_message="annotated")
    api.create_branch(model, branch="x/y")
    api.delete_file("a/w.txt", model, revision="x/y")
    api.super_squash_history(model)
    api.delete_tag(model, tag="v1")

    for repository in (hub.root / "repos").iterdir():
        # Nothing at all is printed, so no warning either.
        assert git(repository, "fsck", "--full", "--strict", "--no-dangling") == ""
        git(repository, "log", "--stat")


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "192.168.0.1", "example.org", "127.0.0.2"])
def test_only_loopback_is_served(tmp_path, host):
    with pytest.raises(UsageError, match=r"serves only 127\.0\.0\.1"):
        LocalHub(tmp_path, host=host)


def test_the_server_listens_on_loopback_only(hub):
    port = int(hub.endpoint.rpartition(":")[2])
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    if not tables[0].exists():
        pytest.skip("needs /proc")

    lines = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]
    listening = [line[1].split(":")[0] for line in lines if line[1].endswith(f":{port:04X}") and line[3] == "0A"]

    assert listening == ["0100007F"]


def test_a_taken_port_is_one_clear_error(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(HubServerError, match="is in use") as error:
            LocalHub(tmp_path, taken.getsockname()[1])

    assert "--port" in error.value.hint


def test_a_folder_is_served_once(hub):
    with pytest.raises(HubServerError, match="another Hub is serving"):
        LocalHub(hub.root)


@pytest.mark.parametrize("content", [b"not a database" * 100, None])
def test_a_folder_that_cannot_hold_a_store_is_one_clear_error(tmp_path, content):
    if content is None:
        (tmp_path / "hub").write_bytes(b"a file")
    else:
        (tmp_path / "hub").mkdir()
        (tmp_path / "hub" / "hub.sqlite3").write_bytes(content)

    with pytest.raises(HubServerError):
        LocalHub(tmp_path / "hub")


def test_stopping_twice_is_harmless_and_frees_the_port(tmp_path):
    hub = LocalHub(tmp_path)
    port = int(hub.endpoint.rpartition(":")[2])
    hub.stop()
    hub.stop()

    with LocalHub(tmp_path, port) as again:
        assert again.endpoint == f"http://127.0.0.1:{port}"


def test_what_an_interrupted_server_left_is_removed(tmp_path):
    with LocalHub(tmp_path) as hub:
        hub.create_user("me")
        token = hub.create_token("me")
        HfApi(endpoint=hub.endpoint, token=token).create_repo("me/model")
    (repository,) = (tmp_path / "repos").iterdir()
    (repository / "refs" / "heads" / "main.lock").touch()
    (tmp_path / "repos" / "half.git").mkdir()
    (tmp_path / "tmp" / "half-upload").touch()

    with LocalHub(tmp_path) as hub:
        api = HfApi(endpoint=hub.endpoint, token=token)
        api.upload_file(path_or_fileobj=b"x", path_in_repo="a.txt", repo_id="me/model")

    assert [path.name for path in (tmp_path / "repos").iterdir()] == [repository.name]
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.slow
def test_a_killed_server_loses_no_commit_that_it_confirmed(served, tmp_path):
    process, told = served()
    token = told["token"]
    api = HfApi(endpoint=told["endpoint"], token=token)
    api.create_repo("me/model")
    confirmed = []
    deadline = time.monotonic() + 1.0
    while time.monotonic() < deadline:
        number = len(confirmed)
        content = os.urandom(50_000) if number % 3 == 0 else b"%d" % number
        confirmed.append(
            api.upload_file(path_or_fileobj=content, path_in_repo=f"{number}.bin", repo_id="me/model").oid
        )
    process.send_signal(signal.SIGKILL)
    process.wait()

    _, told = served()

    api = HfApi(endpoint=told["endpoint"], token=token)
    assert told["token"] is None
    assert [commit.commit_id for commit in api.list_repo_commits("me/model")][:-1] == confirmed[::-1]
    (repository,) = (tmp_path / "hub" / "repos").iterdir()
    git(repository, "fsck", "--full", "--strict")


def test_serve_shows_a_token_once_and_ends_quietly_on_ctrl_c(served):
    process, first = served()
    assert HfApi(endpoint=first["endpoint"], token=first["token"]).whoami()["name"] == "me"
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=20)
    assert (process.returncode, stdout, stderr) == (0, "", "")

    process, again = served()
    assert (again["token"], again["user"]) == (None, "me")
    process.send_signal(signal.SIGINT)
    process.wait(timeout=20)

    _, renewed = served("--new-token")
    for token in (first["token"], renewed["token"]):
        assert HfApi(endpoint=renewed["endpoint"], token=token).whoami()["name"] == "me"


def test_serve_reports_a_wrong_host_in_two_lines(tmp_path):
    process = serve(tmp_path / "hub", "--host", "0.0.0.0")

    stdout, stderr = process.communicate(timeout=60)

    assert (process.returncode, stdout) == (2, "")
    assert stderr.splitlines()[0] == "error: the embedded Hub serves only 127.0.0.1, not '0.0.0.0'"
    assert stderr.splitlines()[1].startswith("hint: ")
    assert not (tmp_path / "hub").exists()


def test_an_upload_that_breaks_off_leaves_nothing(hub, tokens, api, model):
    host, _, port = hub.endpoint.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as connection:
        head = (
            f"POST /api/models/{model}/commit/main HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000000\r\n"
            f"Authorization: Bearer {tokens.writer}\r\n\r\n"
        )
        connection.sendall(head.encode() + b'{"key": "header", "value": {"summary": "half"}}\n')
        time.sleep(0.2)

    assert len(api.list_repo_commits(model)) == 1
    deadline = time.monotonic() + 5
    while list((hub.root / "tmp").iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list((hub.root / "tmp").iterdir()) == []
    with pytest.raises(HfHubHTTPError):
        api.model_info(model, revision="half")
