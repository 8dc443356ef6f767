"""Every command of the README runs, in its order and as written.

Only three things are put in other places: the teacher's address, which becomes a server of this test; Japanese Wikipedia, of which the embedded Hub has a
stand-in under its own name; and the recipe for a GPU host, whose base model cannot be fetched here, which becomes a small student from nothing.

Commands that take seconds to start are forks of a process that has imported everything; those that no other test starts as a user does are processes of
their own.
"""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import sys
import threading
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import CommitOperationAdd, HfApi

from emojit.localhub import LocalHub
from emojit.resources import resource

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


ALONE = ("doctor", "releases", "reproduce", "replies")


class Teacher(BaseHTTPRequestHandler):
    """A chat-completions endpoint that knows the packaged sample's replies by heart and refuses what it does not know."""

    protocol_version = "HTTP/1.1"
    replies: dict[str, str] = {}  # noqa: RUF012 - filled once below, read by every request

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompt = request["messages"][-1]["content"]
        known = max((text for text in self.replies if text in prompt), key=len, default="")
        message = {"role": "assistant", "content": self.replies.get(known, "申し訳ありませんが、変換できません。")}
        body = json.dumps(
            {
                "id": "1",
                "object": "chat.completion",
                "created": 0,
                "model": request["model"],
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 300, "completion_tokens": 30, "total_tokens": 330, "cost": 0.0001},
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def teacher():
    for line in resource("sample/replies.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        Teacher.replies[row["sns_text"]] = " ".join(row["emojis"])
        Teacher.replies[row["text"]] = row["sns_text"]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Teacher)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


def put_wikipedia(hub: LocalHub, articles: list[str]) -> None:
    """Publish a data set with the name, the configuration and the columns of the real one."""
    hub.create_user("wikimedia")
    api = HfApi(endpoint=hub.endpoint, token=hub.create_token("wikimedia"))
    rows = [json.loads(line) for line in articles]
    table = pa.table({name: [str(row[name]) for row in rows] for name in ("id", "title", "text")})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    card = "---\nconfigs:\n- config_name: 20231101.ja\n  data_files:\n  - {split: train, path: 20231101.ja/train-*}\n---\n"
    files = {"README.md": card.encode(), "20231101.ja/train-00000-of-00001.parquet": sink.getvalue()}
    api.create_repo("wikimedia/wikipedia", repo_type="dataset")
    operations = [CommitOperationAdd(path, content) for path, content in files.items()]
    api.create_commit("wikimedia/wikipedia", operations, commit_message="dump", repo_type="dataset")


def test_the_commands_of_the_readme_run_as_written(tmp_path, teacher, readme, smaller, forks):
    articles = resource("sample/articles.jsonl").read_text(encoding="utf-8").splitlines()[:40]
    (tmp_path / "articles.jsonl").write_text("\n".join(articles) + "\n", encoding="utf-8")
    small = [argument for override in smaller for argument in ("--set", override)]
    ran = []
    with LocalHub(tmp_path / "hub") as hub, ExitStack() as programs:
        hub.create_user("me")
        put_wikipedia(hub, articles)
        env = {
            **os.environ,
            "HF_ENDPOINT": hub.endpoint,
            "HF_TOKEN": hub.create_token("me"),
            "HF_HOME": str(tmp_path / "home"),
            "EMOJIT_API_KEY": "a-key-for-a-test",
            "PYTHONPATH": str(ROOT),
        }
        opened = programs.enter_context(forks(env, emojit=True))
        for line in readme.commands:
            text, _, command = line.split("#")[0].strip().rpartition("| ")
            words = shlex.split(command.replace("https://llm.example.org/v1", teacher))
            if words[0] != "emojit" or words[1] == "hub":  # make, pip and the server that never ends
                continue
            if words[1] == "train":
                words[2] = "demo"
                words += small
            if words[1] in ALONE:
                assert not text
                done = subprocess.run(
                    [sys.executable, "-m", *words],
                    cwd=tmp_path,
                    env=env,
                    capture_output=True,
                    text=True,
                    encoding="utf-8",
                    check=False,
                )
            else:
                done = opened.run({"arguments": words[1:]}, cwd=tmp_path, said=text.removeprefix("echo "))
            assert done.returncode == 0, f"{line}\n{done.stderr}"
            ran.append(" ".join(words[1:3]) if words[1] == "replies" else words[1])

    assert ran == [
        "doctor",
        "build-dataset",
        "build-dataset",
        "push",
        "train",
        "evaluate",
        "push",
        "predict",
        "verify",
        "verify",
        "releases",
        "reproduce",
        "build-dataset",
        "build-dataset",
        "replies push",
        "replies pull",
    ]
