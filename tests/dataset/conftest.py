"""A teacher on loopback for the room's tests, and small corpora."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import random
import runpy
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from emojit.dataset.making import MAKING
from emojit.recipe import BalanceConfig, BuildRecipe, CorpusConfig, FilterConfig, TeacherConfig
from emojit.recipe.corpus import FILTER_ORDER

EMOJIS = ("🎉", "😊", "📚", "🌧️", "🍜", "🇯🇵", "👨‍👩‍👧", "1️⃣")
NAMES = ("すずめ", "めじろ", "つばめ", "ひよどり", "うぐいす", "かわせみ", "ふくろう", "はくちょう")


class TeacherServer(ThreadingHTTPServer):
    """Answers a question always in the same way, after a random while, so that answers come in another order each time; `hold` may keep an answer back.

    What `reply` says is an answer, a status, or several opinions, of which it gives as many as it is asked for. A call for which `cut` holds gets no answer.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answered: list[str] = []
        self.cost: float | None = 0.001
        self.extra: dict[str, object] = {}
        self.delay_s = 0.003
        self.hold: Callable[[str, str], None] = lambda step, text: None
        self.cut: Callable[[str], bool] = lambda body: False
        self.reply: Callable[[str, str], str | int | list[str]] = usual
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


def usual(step: str, text: str) -> str:
    if step == "rewrite":
        return f"{text.rstrip('。')}んだって"
    digest = hashlib.sha256(text.encode()).digest()
    return " ".join(dict.fromkeys(EMOJIS[byte % len(EMOJIS)] for byte in digest[: 1 + digest[-1] % 5]))


class _Handler(BaseHTTPRequestHandler):
    server: TeacherServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        question = json.loads(body)
        messages = question["messages"]
        step = "emoji" if "絵文字を選ぶ" in messages[0]["content"] else "rewrite"
        text = messages[-1]["content"].rpartition("\n\n")[2]
        time.sleep(random.uniform(0, 2 * self.server.delay_s))
        self.server.hold(step, text)
        if self.server.cut(body.decode()):
            self.close_connection = True
            return
        said = self.server.reply(step, text)
        status = said if isinstance(said, int) else 200
        answer: dict[str, object] = {"error": {"message": "refused"}}
        if not isinstance(said, int):
            usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
            if self.server.cost is not None:
                usage["cost"] = self.server.cost
            opinions = [said] if isinstance(said, str) else said[: question.get("n", 1)]
            choices = [
                {"index": i, "message": {"role": "assistant", "content": one}, "finish_reason": "stop"}
                for i, one in enumerate(opinions)
            ]
            answer = {
                "id": "x",
                "object": "chat.completion",
                "created": 1,
                "model": "m",
                "choices": choices,
                "usage": usage,
                **self.server.extra,
            }
            self.server.answered.append(body.decode())
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def server() -> Iterator[TeacherServer]:
    with TeacherServer() as running:
        yield running
        running.shutdown()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """30 articles of two good sentences and some dirt."""
    path = tmp_path / "birds.jsonl"
    rows = (
        {
            "id": f"d{i}",
            "title": f"鳥{i}",
            "licence": "CC BY-SA 3.0" if i % 2 else "CC BY-SA 4.0",
            "text": f"概要.\n{name}の{i}号は、庭によく来る小さな鳥である。{name}の{i}号は、冬になると南の国へ渡っていく。これは重い。",
        }
        for i, name in enumerate(NAMES[i % len(NAMES)] for i in range(30))
    )
    path.write_text(
        "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8", newline="\n"
    )
    return path


@pytest.fixture
def recipe(corpus: Path, server: TeacherServer) -> BuildRecipe:
    """A build over the small corpus by the teacher on loopback: sentences of one template and eight emoji, so that only equal texts are alike, and without a cap."""
    return BuildRecipe(
        name="birds",
        filters=FilterConfig(
            order=tuple(name for name in FILTER_ORDER if name != "near_duplicate"), near_duplicate_threshold=1.0
        ),
        balance=BalanceConfig(max_share=1.0),
        corpus=CorpusConfig(source=str(corpus)),
        teacher=TeacherConfig(
            kind="openai",
            model="m",
            base_url=server.url,
            licence="test",
            distillation_allowed=True,
            eval_samples=2,
            concurrency=16,
            max_attempts=2,
            timeout_s=10,
        ),
    )


def render_card(folder: Path) -> str:
    """Stand in for the real card, which belongs to another room: a function of the files in the folder."""
    assert (folder / "recipe.toml").is_file()
    assert not (folder / "manifest.json").exists()
    return f"# {json.loads((folder / 'statistics.json').read_text(encoding='utf-8'))['rows']}\n"


@pytest.fixture(scope="session")
def card() -> Callable[[Path], str]:
    return render_card


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a build, but not which code made it: a commit may be made between two builds."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != MAKING)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="session", name="contents")
def contents_fixture() -> Callable[[Path], dict[str, bytes]]:
    return contents


@pytest.fixture
def with_teacher() -> Callable[..., BuildRecipe]:
    def replaced(recipe: BuildRecipe, **values: object) -> BuildRecipe:
        return dataclasses.replace(recipe, teacher=dataclasses.replace(recipe.teacher, **values))

    return replaced


BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


class Synthetic:
    """The synthetic endpoint of the benchmarks in a process of its own: skewed emoji, obeys what a prompt steers away from, writes posts."""

    def __init__(self) -> None:
        command = [sys.executable, str(BENCHMARKS / "synthetic_teacher.py")]
        environment = {**os.environ, "PYTHONPATH": str(BENCHMARKS.parent)}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def stats(self) -> dict[str, int]:
        """How many questions it has answered, and how many different ones."""
        with urllib.request.urlopen(f"{self.url.removesuffix('/v1')}/stats") as answer:
            counts: dict[str, int] = json.loads(answer.read())
        return counts

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def synthetic() -> Iterator[Synthetic]:
    running = Synthetic()
    yield running
    running.close()


@pytest.fixture
def made_up(synthetic: Synthetic, tmp_path: Path) -> BuildRecipe:
    """300 pairs of a corpus of 250 made-up articles, small blocks, so that the cap bites and prompts are steered."""
    return _made_up(tmp_path, synthetic.url)


@pytest.fixture(scope="module")
def synthetic_once() -> Iterator[Synthetic]:
    """As `synthetic`, for all tests of a file."""
    running = Synthetic()
    yield running
    running.close()


@pytest.fixture(scope="module")
def made_up_once(synthetic_once: Synthetic, tmp_path_factory: pytest.TempPathFactory) -> BuildRecipe:
    """As `made_up`, for a build that is made once and looked at by several tests."""
    return _made_up(tmp_path_factory.mktemp("made-up"), synthetic_once.url)


def _made_up(folder: Path, url: str) -> BuildRecipe:
    path = folder / "made_up.jsonl"
    runpy.run_path(str(BENCHMARKS / "synthetic_corpus.py"))["write"](path, 250)
    return BuildRecipe(
        name="made-up",
        count=300,
        corpus=CorpusConfig(source=str(path)),
        balance=BalanceConfig(block=16, lag=4),
        teacher=TeacherConfig(
            kind="openai",
            model="m",
            base_url=url,
            licence="CC0-1.0",
            distillation_allowed=True,
            concurrency=16,
        ),
    )
