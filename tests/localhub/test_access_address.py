"""Loopback unless told otherwise; any other address needs an explicit flag and tokens; what requests claim about proxies is not believed."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import resource
import select
import socket
import subprocess
import sys
import time

import pytest
from huggingface_hub import HfApi

from emojit.errors import UsageError
from emojit.localhub import LocalHub
from emojit.localhub.manage import create_token
from emojit.localhub.protocol import PatientProtocol


def emojit(*arguments):
    """Run a command to its end; a Hub that is served is killed after some seconds."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return subprocess.run(
        [sys.executable, "-m", "emojit", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_another_address_needs_the_flag_and_a_token_and_says_what_to_do(tmp_path):
    serve = ["hub", "serve", "--root", str(tmp_path / "hub"), "--port", "0", "--host", "0.0.0.0"]

    without_flag = emojit(*serve)
    without_token = emojit(*serve, "--expose")

    for refused in (without_flag, without_token):
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "emojit hub token create" in refused.stderr
        assert "Traceback" not in refused.stderr
    assert "--expose" in without_flag.stderr


@pytest.mark.parametrize(
    ("host", "public_url"),
    [("example.org", None), ("", None), ("0.0.0.0", "ftp://x"), ("0.0.0.0", "https://x/y"), ("0.0.0.0", "hub")],
)
def test_an_address_that_is_none_is_refused_also_with_the_flag(tmp_path, host, public_url):
    create_token(tmp_path, "me", role="write", name=None, scopes=[])

    with pytest.raises(UsageError):
        LocalHub(tmp_path, host=host, expose=True, public_url=public_url)


def test_a_refused_start_leaves_the_folder_free(tmp_path):
    with pytest.raises(UsageError, match="needs tokens"):
        LocalHub(tmp_path, host="0.0.0.0", expose=True)

    with LocalHub(tmp_path) as hub:
        assert hub.endpoint.startswith("http://127.0.0.1:")


def asked(hub, path, host, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", hub.port)
    try:
        connection.request("GET", path, headers={"Host": host, **headers})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def exposed(tmp_path_factory):
    root = tmp_path_factory.mktemp("exposed")
    token = create_token(root, "me", role="write", name=None, scopes=[])
    with LocalHub(root, host="0.0.0.0", expose=True, public_url="https://hub.example.org") as hub:
        hub.port = hub._socket.getsockname()[1]
        hub.token = token
        yield hub


def test_an_exposed_hub_serves_addresses_and_its_own_name_and_no_other(exposed):
    api = HfApi(endpoint=f"http://127.0.0.1:{exposed.port}", token=exposed.token)
    api.create_repo("me/model", exist_ok=True)
    statuses = {
        host: asked(exposed, "/api/models", host)[0]
        for host in (
            "127.0.0.1",
            "192.168.0.7:80",
            "hub.example.org",
            "evil.example",
            "127.0.0.1.evil.example",
            "[",
            "",
        )
    }

    assert statuses == {
        "127.0.0.1": 200,
        "192.168.0.7:80": 200,
        "hub.example.org": 200,
        "evil.example": 421,
        "127.0.0.1.evil.example": 421,
        "[": 400,
        "": 421,
    }


def test_addresses_of_uploads_have_the_scheme_of_the_public_url_whatever_a_request_claims(exposed):
    api = HfApi(endpoint=f"http://127.0.0.1:{exposed.port}", token=exposed.token)
    api.create_repo("me/model", exist_ok=True)
    bearer = {"Authorization": f"Bearer {exposed.token}", "X-Forwarded-Proto": "gopher", "X-Forwarded-Host": "evil"}

    def cas_url(host):
        return json.loads(asked(exposed, "/api/models/me/model/xet-write-token/main", host, **bearer)[2])["casUrl"]

    assert exposed.endpoint == "https://hub.example.org"
    assert cas_url("hub.example.org").startswith("https://hub.example.org/api/local/xet/")
    assert cas_url("127.0.0.1:1").startswith("http://127.0.0.1:1/api/local/xet/")


def test_no_user_or_token_is_made_for_an_exposed_hub(tmp_path):
    token = create_token(tmp_path, "lab-admin", role="write", name=None, scopes=[])
    command = [sys.executable, "-m", "emojit", "hub", "serve", "--root", str(tmp_path), "--port", "0", "--json"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(
        [*command, "--host", "0.0.0.0", "--expose"], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        told = json.loads(process.stdout.readline())
        process.kill()

    assert told["token"] is None
    with LocalHub(tmp_path) as hub:
        assert not hub.has_user("me")
        assert HfApi(endpoint=hub.endpoint, token=token).whoami()["name"] == "lab-admin"


@pytest.fixture
def hasty(tmp_path, monkeypatch):
    """A Hub whose patience ends after a moment."""
    monkeypatch.setattr(PatientProtocol, "head_timeout_s", 0.5)
    monkeypatch.setattr(PatientProtocol, "body_timeout_s", 0.5)
    monkeypatch.setattr(PatientProtocol, "body_block_bytes", 8)
    monkeypatch.setattr(PatientProtocol, "linger_s", 0.5)
    with LocalHub(tmp_path) as hub:
        hub.port = hub._socket.getsockname()[1]
        yield hub


BEGUN = b"POST /api/validate-yaml HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\n"


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"", b""),
        (b"GET /api/models HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"X: y\r\n"),
        (BEGUN, b""),
        (BEGUN, b" "),
    ],
    ids=["nothing", "a head that never ends", "a body that stops", "a body byte by byte"],
)
def test_a_client_that_stops_in_the_middle_is_disconnected(hasty, begin, piece):
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", hasty.port)) as client:
        client.settimeout(0.1)
        client.sendall(begin)
        while time.monotonic() - started < 5:
            try:
                client.sendall(piece)
                if not client.recv(1):
                    break
            except TimeoutError:
                continue
            except OSError:
                break

    assert 0.4 < time.monotonic() - started < 4
    assert asked(hasty, "/api/models", "127.0.0.1")[0] == 200


def test_a_body_that_comes_slowly_but_steadily_is_taken(hasty):
    body = json.dumps({"content": "# x\n" * 5, "repoType": "model"}).encode()
    with socket.create_connection(("127.0.0.1", hasty.port)) as client:
        client.sendall(
            BEGUN.replace(b"100000", str(len(body)).encode()).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        )
        for position in range(0, len(body), 8):
            time.sleep(0.12)
            client.sendall(body[position : position + 8])
        answer = b"".join(iter(lambda: client.recv(4096), b""))

    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("target", "declared"),
    [
        ("POST /api/validate-yaml", b"Transfer-Encoding: chunked"),
        ("POST /api/validate-yaml", b"Content-Length: 999999999999"),
        (f"PUT /api/local/lfs/{'0' * 32}/{'0' * 64}?size=1&expiry=1&signature=x", b"Transfer-Encoding: chunked"),
        ("GET /api/models", b"Transfer-Encoding: chunked"),
    ],
    ids=["too much in chunks", "too much announced", "to an address that is refused", "where none belongs"],
)
def test_a_body_without_end_is_answered_and_cut_off_in_little_memory(hasty, target, declared):
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n" if b"chunked" in declared else b" " * 0x10000
    answer, sent = b"", 0
    memory, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with socket.create_connection(("127.0.0.1", hasty.port)) as client:
        client.settimeout(5)
        client.sendall(target.encode() + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n" + declared + b"\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - started < 10:  # a client that never looks at what it is told
                client.sendall(piece)
                sent += len(piece)
                readable, _, _ = select.select([client], [], [], 0)
                answer += client.recv(4096) if readable else b""

    assert time.monotonic() - started < 8
    assert int(answer.split()[1]) in {200, 400, 403, 413}
    assert sent > 1024 * 1024
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) * 1024 < 64 * 1024 * 1024
    assert asked(hasty, "/api/models", "127.0.0.1")[0] == 200


def test_an_answer_before_the_end_of_a_body_leaves_the_connection_for_the_next_request(hasty):
    body = b" " * 200_000
    request = b"PUT /api/local/lfs/%s/%s?size=1&expiry=1&signature=x HTTP/1.1\r\nHost: 127.0.0.1\r\n" % (
        b"0" * 32,
        b"0" * 64,
    )
    with socket.create_connection(("127.0.0.1", hasty.port)) as client:
        client.settimeout(5)
        client.sendall(request + b"Content-Length: %d\r\n\r\n" % len(body) + body[:70_000])
        assert client.recv(9) == b"HTTP/1.1 "
        client.sendall(body[70_000:] + b"GET /api/models HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        answers = b"".join(iter(lambda: client.recv(4096), b""))

    assert answers.count(b"HTTP/1.1 200") == 1
