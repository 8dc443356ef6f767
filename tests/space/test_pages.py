"""The pages of the Spaces in a real browser, phone width: the demo as it was published at a tag, a demo without its model, and a metric."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from huggingface_hub import HfApi

from emojit.metrics import jaccard_scores
from emojit.release.push import push
from emojit.resources import resource
from emojit.space.demo import local_speaker, stage_demo
from emojit.space.source import space_to_push
from emojit.student import load_student

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("chromium")]

MODEL = "me/moved-student"
PRESS = "絵文字をえらぶ"
HOSTILE = "雨の日は<img src=x onerror=\"document.title='hacked'\">${1+1}{{value}}</p><script>document.title='hacked'</script>"

GUARD = """
import atexit, gc, os, socket
gc.set_threshold(10_000, 10, 10)  # what is imported stays
atexit.register(gc.freeze)
def hook(event, arguments):
    if event == "socket.connect" and arguments[0].family in (socket.AF_INET, socket.AF_INET6):
        if arguments[1][0] not in ("127.0.0.1", "::1", "localhost"):
            open(os.environ["FOREIGN"], "a").write(f"{arguments[1]}\\n")
    if event == "socket.getaddrinfo" and arguments[0] not in ("127.0.0.1", "::1", "localhost", None, ""):
        open(os.environ["FOREIGN"], "a").write(f"{arguments[0]}\\n")
__import__("sys").addaudithook(hook)
"""
"""Writes down every host but this machine that a Python process looks up or reaches, and collects no garbage while libraries are imported."""


@dataclass
class Pages:
    demo: str
    broken: str
    metric: str


def start(*arguments: str, env: dict[str, str], cwd: Path) -> subprocess.Popen[str]:
    """Run `emojit space run` as a user does; it takes seconds, so the caller starts all of them before it waits for one."""
    command = [sys.executable, "-m", "emojit", "space", "run", *arguments, "--port", "0", "--json"]
    with (cwd / "errors.txt").open("a", encoding="utf-8") as errors:
        return subprocess.Popen(
            command, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8"
        )


def move_tag(api: HfApi) -> None:
    """Let the tag of the model stand for another commit than it did when the Space was published; the weights are the same."""
    api.upload_file(path_or_fileobj=b"x", path_in_repo="notes.txt", repo_id=MODEL)
    api.delete_tag(MODEL, tag="v1")
    api.create_tag(MODEL, tag="v1")


@pytest.fixture(scope="module")
def pages(published, tmp_path_factory) -> Iterator[Pages]:
    """The three pages; Ctrl-C ends each of them in order, and nothing listens afterwards."""
    folder = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", published.hub.endpoint)
        patch.setenv("HF_TOKEN", published.token)
        push("model", published.folder, MODEL, tag="v1", quiet=True)
        with space_to_push(Path("demo"), model=f"{MODEL}@v1") as space:
            push("space", space, "me/page", tag="v1", quiet=True)
    move_tag(published.api)
    (folder / "guard").mkdir()
    (folder / "guard" / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
    foreign = folder / "foreign.txt"
    env = published.environment(folder / "home") | {"PYTHONPATH": str(folder / "guard"), "FOREIGN": str(foreign)}
    mine = stage_demo(resource("spaces/demo"), folder / "mine", local_speaker(published.folder))
    running = [
        start("me/page@v1", "--trust", env=env, cwd=folder),
        start(str(mine), env=env | {"EMOJIT_MODEL": "me/none", "EMOJIT_REVISION": "v1"}, cwd=folder),
        start("emoji_jaccard", env=env, cwd=folder),
    ]
    urls = [json.loads(one.stdout.readline() or "{}").get("url") for one in running]
    said = (folder / "errors.txt").read_text(encoding="utf-8")
    if None not in urls:
        yield Pages(*urls)
    for one in running:
        one.send_signal(signal.SIGINT)
    codes = [one.wait(20) for one in running]
    for one in running:
        one.stdout.close()
    assert None not in urls, said
    assert codes == [0, 0, 0], (folder / "errors.txt").read_text(encoding="utf-8")
    assert not foreign.exists(), foreign.read_text(encoding="utf-8")
    for url in urls:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", urlsplit(url).port)) != 0


@pytest.fixture
def demo(page, pages):
    page.goto(pages.demo)
    page.get_by_role("button", name=PRESS).wait_for()
    return page


def ask(page, text: str) -> None:
    page.get_by_label("文", exact=True).fill(text)
    page.get_by_role("button", name=PRESS).click()


def test_a_text_is_answered_with_the_emoji_of_emojit_predict_and_other_candidates_with_scores(demo, model_folder):
    text = "雨の日は家で本を読むに限る"
    ask(demo, text)
    demo.locator(".candidates").nth(1).wait_for()

    answer = demo.locator(".candidates.answer .emojis").inner_text()
    others = demo.locator(".candidates:not(.answer) .emojis").all_inner_texts()
    scores = demo.locator(".candidates .score").all_inner_texts()

    assert answer.split() == load_student(model_folder).predict([text])[0]
    assert len(others) == len(set(others)) == 4
    assert answer not in others
    assert all(score.startswith("スコア ") and "%" in score for score in scores)
    assert demo.get_by_text(MODEL).is_visible()
    assert demo.locator("code", has_text="v1").is_visible()
    assert demo.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_tag_that_was_moved_since_is_said_with_both_commits(demo, published):
    first, now = (
        published.api.model_info(MODEL, revision=revision).sha
        for revision in (published.api.list_repo_commits(MODEL)[1].commit_id, "v1")
    )

    line = demo.get_by_text("タグが別のコミットへ動かされています")

    assert line.is_visible()
    assert first != now
    assert f"{first[:12]} → {now[:12]}" in line.inner_text()


def test_an_example_is_taken_over_with_a_tap(demo):
    demo.get_by_role("button", name="財布をどこかに落としたかもしれない").click()
    demo.get_by_role("button", name=PRESS).click()

    assert "財布をどこかに落としたかもしれない" in demo.locator(".said").inner_text()


def test_nothing_and_too_much_are_answered_with_a_friendly_line(demo):
    ask(demo, "  \u3000")
    demo.get_by_text("文を書いてから").wait_for()
    ask(demo, "雨の日は家で本を読む。" * 200)
    demo.get_by_text("文が長すぎて").wait_for()

    assert demo.locator(".candidates").count() == 0


def test_markup_in_a_text_is_shown_as_text(demo):
    ask(demo, HOSTILE)
    demo.locator(".candidates").first.wait_for()

    assert demo.locator(".said").inner_text() == f"「{HOSTILE}」"
    assert demo.locator(".said img, .said script").count() == 0
    assert demo.title() == "文にあう絵文字"


def test_a_model_that_cannot_be_loaded_is_said_on_the_page_in_two_languages(page, pages):
    page.goto(pages.broken)
    page.get_by_text("モデルを読み込めません").wait_for()
    ask(page, "雨の日は家で本を読む")
    page.get_by_text("could not be loaded").wait_for()

    assert page.get_by_text("Traceback").count() == 0


def test_the_metric_page_computes_what_emojit_computes(page, pages):
    predictions, references = "📖😊🇯🇵\n🎉 😊", "📚 📖 🇯🇵\n🎉"
    page.goto(pages.metric)
    page.get_by_label("Predictions").fill(predictions)
    page.get_by_label("References").fill(references)
    page.get_by_role("button", name="Score", exact=True).click()
    shown = page.locator(".json-holder")
    shown.get_by_text("jaccard").wait_for()

    rows = ([["📖", "😊", "🇯🇵"], ["🎉", "😊"]], [["📚", "📖", "🇯🇵"], ["🎉"]])
    scores = json.loads(shown.inner_text())
    assert scores["jaccard"] == pytest.approx(sum(jaccard_scores(*rows)) / 2)
    page.get_by_label("References").fill("🎉")
    page.get_by_role("button", name="Score", exact=True).click()
    page.get_by_text("2 predictions for 1 references").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
