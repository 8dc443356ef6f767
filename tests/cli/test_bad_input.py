"""A hostile and a clumsy user at the command line: one `error:` line, one `hint:` line, the right exit code, and nothing lost or left that looks whole."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from emojit.dataset.making import MAKING

KEY = "sk-this-key-must-never-be-shown-0123456789"
TOKEN = "hf_thisTokenMustNeverBeShown0123456789"


@dataclass
class Done:
    code: int
    out: str
    err: str


@pytest.fixture
def emojit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run the command line in this process, in an empty folder."""
    from emojit.cli.app import main

    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["emojit", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        captured = capsys.readouterr()
        return Done(int(caught.value.code or 0), captured.out, captured.err)

    return run


def assert_refused(done: Done, code: int, message: str, hint: str = "") -> None:
    lines = done.err.splitlines()
    assert done.code == code, done.err
    assert done.out == ""
    assert len(lines) == 2, done.err
    assert lines[0].startswith("error: ")
    assert message in lines[0]
    assert lines[1].startswith("hint: ")
    assert hint in lines[1]


class Server(ThreadingHTTPServer):
    """Answers every POST with what `reply` says: text of the teacher, or (status, body). A GET, as a Hub's, is answered by `reply` too."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, reply: Callable[[dict[str, Any], str], str | tuple[int, str]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply = reply
        self.answered: list[str] = []
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        said = self.server.reply(json.loads(body or "{}"), self.headers.get("Authorization", ""))
        status, text = said if isinstance(said, tuple) else (200, "")
        if isinstance(said, str):
            choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
            text = json.dumps(
                {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
            )
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text.encode())))
        self.send_header("X-Error-Message", text if status >= 400 else "")
        self.end_headers()
        self.wfile.write(text.encode())
        if isinstance(said, str):
            self.server.answered.append(body)

    do_GET = do_POST

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            super().handle()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(reply: Callable[[dict[str, Any], str], str | tuple[int, str]]) -> Server:
        servers.append(Server(reply))
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def is_emoji_question(body: dict[str, Any]) -> bool:
    return "絵文字を選ぶ" in body["messages"][0]["content"]


def rewritten(body: dict[str, Any]) -> str:
    sentence: str = body["messages"][-1]["content"].rsplit("\n\n", 1)[1]
    return f"{sentence.rstrip('。')}だって"


def usual(body: dict[str, Any], authorization: str) -> str:
    return "🐦 😊" if is_emoji_question(body) else rewritten(body)


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    path = tmp_path / "鳥 の記事.jsonl"
    lines = [
        json.dumps({"id": str(i), "text": f"{name}は、庭によく来る小さな鳥の第{i}種である。", "licence": "CC0-1.0"})
        for i, name in enumerate("鳩鶴鷹鴨鷺鳶鵜鴎雀燕鶯鵙" * 4)
    ]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


PERMISSION = ["--set", "teacher.licence=test", "--set", "teacher.distillation_allowed=true"]


def teacher_options(articles: Path, url: str, out: str = "v1") -> list[str]:
    asked = ["--teacher", "openai", "--model", "m", "--base-url", f"{url}/v1", "--set", "teacher.max_attempts=1"]
    asked += ["--set", "teacher.eval_samples=1", *PERMISSION]
    asked += ["--set", "filters.near_duplicate_threshold=1.0"]  # the sentences differ in one character
    return ["build-dataset", "--corpus", str(articles), *asked, "--out", out, "--json"]


USAGE = {
    "unknown command": (["fly"], "No such command 'fly'", "emojit --help"),
    "unknown option": (["build-dataset", "--fly"], "No such option: --fly", "emojit build-dataset --help"),
    "missing argument": (["push", "dataset"], "Missing argument 'PATH'", "emojit push dataset --help"),
    "not a number": (["build-dataset", "--count", "many"], "Invalid value for '--count'", "build-dataset --help"),
    "not a choice": (["build-dataset", "--teacher", "psychic"], "'psychic' is not one of", "build-dataset --help"),
    "count below zero": (["build-dataset", "--count", "-1"], "command line: count must be >= 0, got -1", "recipes"),
    "endless concurrency": (["build-dataset", "--concurrency", "10000000"], "teacher.concurrency must be in", "recipes"),
    "demo of a recipe that is none": (["demo", "--folder", "d", "--recipe", "nope"], "nope: no such recipe", "demo"),
    "demo with a wrong key": (["demo", "--folder", "d", "--set", "train.x=1"], "unknown key train.x", "valid keys"),
    "--set without a value": (["build-dataset", "--set", "count"], "--set count: expected key.path=value", "example"),
    "a name that leaves the folder": (["build-dataset", "--set", "name=.."], "name must be", "recipes"),
    "endpoint with a password": (
        ["build-dataset", "--base-url", "http://me:pw@127.0.0.1/v1"],
        "must not hold a user, a password",
        "EMOJIT_API_KEY",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", USAGE)
def test_wrong_usage_is_an_error_a_hint_and_exit_code_2(emojit, case):
    arguments, message, hint = USAGE[case]

    assert_refused(emojit(*arguments), 2, message, hint)
    assert names(Path()) == []


ENVIRONMENT = {
    "half an address": ("HF_ENDPOINT", "http://[", "HF_ENDPOINT is no http(s) URL: 'http://['"),
    "no scheme": ("HF_ENDPOINT", "127.0.0.1:8765", "HF_ENDPOINT is no http(s) URL"),
    "a password": ("HF_ENDPOINT", "https://me:secret@hub.example.org", "must not hold a user or a password"),
    "a token in Japanese": ("HF_TOKEN", "ひみつ", "HF_TOKEN holds characters that no HTTP header can carry"),
}


@pytest.mark.parametrize("case", ENVIRONMENT)
def test_a_variable_that_no_client_can_use_is_said_before_anything_is_imported(emojit, monkeypatch, case):
    name, value, message = ENVIRONMENT[case]
    monkeypatch.setenv(name, value)

    done = emojit("doctor", "--json")

    assert_refused(done, 2, message)
    assert "secret" not in done.err
    assert "ひみつ" not in done.err


def test_the_openai_packages_own_variable_is_checked_like_the_recipes_key(emojit, articles, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://[")

    done = emojit("build-dataset", "--corpus", articles, "--teacher", "openai", *PERMISSION, "--out", "v1")

    assert_refused(done, 2, "OPENAI_BASE_URL is no URL", "http://127.0.0.1")


PLACES = {
    "the root": ("/", "could become"),
    "the current folder": (".", "is not empty and holds no finished build"),
    "below a file": ("鳥 の記事.jsonl/v1", "cannot be written"),
    "a name that is too long": ("あ" * 100, "cannot be written"),
}


@pytest.mark.parametrize("case", PLACES)
def test_a_place_where_no_build_can_stand_is_refused_and_left_as_it_was(emojit, articles, case):
    out, message = PLACES[case]

    assert_refused(emojit("build-dataset", "--count", "3", "--out", out), 1, message, "--out")
    assert names(Path()) == [articles.name]


def test_a_folder_of_the_files_is_found_under_any_spelling(emojit, tmp_path):
    (tmp_path / "置き場 所").mkdir()

    for out in ("置き場 所/../v 1", tmp_path / "v 1", "./v 1"):
        done = emojit("build-dataset", "--count", "40", "--out", out, "--json")
        assert json.loads(done.out)["folder"] == str(tmp_path / "v 1")
    assert json.loads(done.out)["already_complete"] is True
    assert names(Path()) == ["v 1", "置き場 所"]


REPLIES = {
    "empty": ("", "empty 48"),
    "prose": ("この文には🎉が合うと思います。", "prose 48"),
    "refusal": ("申し訳ありませんが、お答えできません。", "refusal 48"),
    "English": ("Sure! Here are some emojis: 🎉", "prose 48"),
    "six emoji": ("🎉😊📚🌧️🍜🎁", "too_many 48"),
    "the banned one": ("✨", "banned 48"),
}


@pytest.mark.parametrize("case", REPLIES)
def test_a_teacher_that_only_gives_unusable_replies_leaves_no_build_and_says_why(emojit, articles, serve, case):
    reply, counted = REPLIES[case]
    server = serve(lambda body, _: reply if is_emoji_question(body) else rewritten(body))

    done = emojit(*teacher_options(articles, server.url))

    assert_refused(done, 1, f"no pair came out of 48 sentences (emoji: {counted}); nothing was written")
    assert names(Path()) == ["v1.replies.sqlite", articles.name]


def test_a_key_that_a_teacher_echoes_is_in_no_message_and_no_file(emojit, articles, serve, tmp_path, monkeypatch):
    monkeypatch.setenv("EMOJIT_API_KEY", KEY)
    echo = serve(lambda _, authorization: (401, json.dumps({"error": {"message": f"{authorization} {TOKEN}"}})))
    chatty = serve(lambda body, _: f"😊 {KEY}" if len(body["messages"][-1]["content"]) % 3 else usual(body, ""))

    refused = emojit(*teacher_options(articles, echo.url, "refused"))
    done = emojit(*teacher_options(articles, chatty.url))

    assert_refused(refused, 1, "HTTP 401: Bearer *** hf_***", "EMOJIT_API_KEY")
    assert KEY not in done.out + done.err
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_token_that_a_hub_echoes_is_masked(emojit, serve, tmp_path, monkeypatch, status):
    hub = serve(lambda _, authorization: (status, f"no {authorization}"))
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    (tmp_path / "README.md").write_text("---\nsdk: gradio\n---\n", encoding="utf-8")

    for arguments in (["push", "space", ".", "me/x", "--tag", "v1"], ["build-dataset", "--corpus", "me/x"]):
        done = emojit(*arguments)
        assert_refused(done, 1, "me/x: ")
        assert TOKEN not in done.err


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a build, but not which code made it: a commit may be made between two runs."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != MAKING)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.slow
@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda signum: signum.name)
def test_stopped_in_the_middle_the_same_command_gives_the_same_bytes_and_asks_nothing_twice(
    emojit, articles, serve, warm, tmp_path, signum
):
    def slow(body: dict[str, Any], authorization: str) -> str:
        time.sleep(0.02)
        return usual(body, authorization)

    server = serve(slow)
    command = [*teacher_options(articles, server.url), "--concurrency", "1"]
    assert emojit(*[item if item != "v1" else "whole" for item in command]).code == 0
    server.answered.clear()

    process = warm.start(*command, cwd=tmp_path)
    while len(server.answered) < 30:
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    process.send_signal(signum)
    out, err = process.communicate(timeout=20)
    assert out == ""
    assert not (tmp_path / "v1").exists()
    if signum != signal.SIGKILL:
        assert process.returncode == 130
        assert re.fullmatch(r"stopped; the same command goes on .*\n", err)
    done = emojit(*command)

    assert json.loads(done.out)["from_store"] >= 28
    # What was on its way when the process died: of one place at the endpoint, the question there and the answer before it, which is being taken to the disk.
    assert len(server.answered) - len(set(server.answered)) <= 2
    assert contents(tmp_path / "v1") == contents(tmp_path / "whole")
    assert not [name for name in names(tmp_path) if name.startswith(".")]


@pytest.mark.slow
def test_two_builds_into_one_folder_at_once_end_as_one_build_and_one_refusal(articles, serve, warm, tmp_path):
    def slow(body: dict[str, Any], authorization: str) -> str:
        time.sleep(0.2)
        return usual(body, authorization)

    command = teacher_options(articles, serve(slow).url)
    processes = [warm.start(*command, cwd=tmp_path) for _ in range(2)]
    ends = sorted((*process.communicate(timeout=60), process.returncode) for process in processes)

    assert [code for *_, code in ends] == [1, 0]
    assert "another process is building into it" in ends[0][1]
    assert json.loads(ends[1][0])["already_complete"] is False


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_result_that_cannot_be_written_is_one_line(tmp_path):
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "emojit", "build-dataset", "--dry-run", "--json"],
            cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip

    assert done.returncode == 1
    assert re.match(r"error: .*No space left on device\nhint: ", done.stderr)
