"""The rater page in a real browser, 390 pixels wide: two raters at once, a reload, a server that is killed, and a report that counts exactly what was answered."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import HfApi

from emojit.evaluation.rating.collect import collect
from emojit.evaluation.rating.report import load_ratings, make_report
from emojit.localhub import LocalHub

pytestmark = pytest.mark.slow

ANSWERS = "me/answers"
SAVE = "保存して次へ"
SELDOM = "import atexit, gc\ngc.set_threshold(10_000, 10, 10)\natexit.register(gc.freeze)\n"
"""The page's process collects no garbage while it imports: what is imported stays."""


class Server:
    """`emojit rate space` as its user runs it; the same port again after it was killed."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.command = [sys.executable, "-m", "emojit", "rate", "space", str(folder), "--answers", ANSWERS, "--json"]
        (folder.parent / "site").mkdir()
        (folder.parent / "site" / "sitecustomize.py").write_text(SELDOM, encoding="utf-8")
        self.env = env | {"PYTHONPATH": str(folder.parent / "site")}
        self.log = folder.parent / "server.txt"
        self.port = "0"
        self.running: subprocess.Popen[str] | None = None

    def start(self) -> str:
        with self.log.open("a", encoding="utf-8") as log:
            self.running = subprocess.Popen(
                [*self.command, "--port", self.port], env=self.env, stdout=subprocess.PIPE, stderr=log, text=True
            )
        line = self.running.stdout.readline()
        assert line, self.log.read_text(encoding="utf-8")
        url: str = json.loads(line)["url"]
        self.port = url.rsplit(":", 1)[1]
        return url

    def kill(self) -> None:
        """Let the page's own process die as in a power cut, and the command with it."""
        found = subprocess.run(["pgrep", "-P", str(self.running.pid)], capture_output=True, text=True, check=True)
        for pid in map(int, found.stdout.split()):
            os.kill(pid, signal.SIGKILL)
        self.end(expected=1)

    def end(self, *, expected: int | None = 0) -> None:
        if expected == 0:
            self.running.send_signal(signal.SIGINT)
        code = self.running.wait(60)
        self.running.stdout.close()
        assert expected is None or code == expected, self.log.read_text(encoding="utf-8")


@pytest.fixture
def server(make_task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A task of ten texts; the page's answers go to a Hub of this machine."""
    folder, _ = make_task(10, systems=("student",))
    with LocalHub(tmp_path / "hub") as hub:
        hub.create_user("me")
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        monkeypatch.setenv("HF_TOKEN", hub.create_token("me"))
        running = Server(folder, dict(os.environ))
        yield running
        if running.running is not None and running.running.poll() is None:
            running.running.terminate()  # it ends the page, which is a process of its own
            running.end(expected=None)


class Rater:
    """Somebody at a page, who answers with the keyboard and notes what was acknowledged."""

    def __init__(self, page, url: str) -> None:
        self.page = page
        page.set_default_timeout(60_000)  # a page that begins beside many other tests takes its time
        page.goto(url)
        page.get_by_label("同意します").check()
        page.get_by_role("button", name="はじめる", exact=True).click()
        page.get_by_text("練習", exact=True).wait_for()
        self.code = page.locator(".badge code").inner_text()
        self.acknowledged: dict[str, str] = {}
        page.keyboard.type("4300012301")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="本番をはじめる").wait_for()
        page.keyboard.press("Enter")
        self.sees(0)

    def goes_on_elsewhere(self, context, url: str) -> None:
        """Take another device, which knows nothing but the code that was written down, in capitals."""
        self.page = context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.goto(url)
        self.page.get_by_text("前に始めたことがある人").click()
        code = self.page.get_by_placeholder("例：abcd-efgh-jkmn")
        code.fill("aaaa-aaaa-aaaa")
        self.page.get_by_role("button", name="続きから始める").click()
        self.page.get_by_text("この参加コードは見つかりません").wait_for()
        code.fill(self.code.upper().replace("-", " "))
        self.page.get_by_role("button", name="続きから始める").click()

    def sees(self, done: int) -> None:
        """Wait for a text that has no answer yet."""
        self.page.get_by_text(f"{done} / 10 問").first.wait_for()
        self.page.wait_for_function("document.querySelectorAll('#rating input:checked').length === 0")

    def choose(self, mark: int) -> str:
        """Choose marks for every answer of the text that is shown, and return the text."""
        shown = self.page.locator(".answer:visible").count()
        for _ in range(shown):
            self.page.keyboard.type(f"{mark}{mark}0")
        self.page.keyboard.type("1")
        return self.page.locator(".said").inner_text()[1:-1]

    def answer(self, mark: int) -> None:
        text = self.choose(mark)
        self.page.keyboard.press("Enter")
        done = len(self.acknowledged | {text: ""})
        if done < 10:
            self.sees(done)
        else:
            self.page.get_by_text("すべて終わりました").wait_for()
        self.acknowledged[text] = str(mark)


def test_what_two_raters_answered_is_what_the_report_counts_after_a_reload_and_a_kill(
    server, page, chromium, make_task
):
    url = server.start()
    first = Rater(page, url)
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="ja-JP")
    second = Rater(context.new_page(), url)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.documentElement.lang") == "ja"

    page.keyboard.type("3")
    page.get_by_role("button", name=SAVE).click()  # most questions are open
    page.get_by_text("まだ選んでいない質問があります：A 自然さ").wait_for()
    page.reload()
    first.sees(0)
    for mark in (0, 1, 2, 3):
        first.answer(mark)
        if mark < 2:
            second.answer(4 - mark)
    page.reload()
    first.sees(4)
    page.get_by_role("button", name="前の問へ").click()
    page.get_by_text("回答ずみ").wait_for()
    marked = 3 * page.locator(".answer:visible").count() + 1
    page.wait_for_function(f"document.querySelectorAll('#rating input:checked').length === {marked}")
    first.answer(4)  # the answer 3 is changed
    first.choose(1)

    server.kill()
    page.keyboard.press("Enter")
    page.get_by_text("サーバーとの接続が切れました").first.wait_for()  # Gradio itself says it in English
    assert "onnection" not in page.locator("body").inner_text()
    for rater in (first, second):
        rater.page.goto("about:blank")  # for the page would load itself again at a moment of its own
    server.start()
    second.goes_on_elsewhere(chromium.new_context(viewport={"width": 390, "height": 844}, locale="ja-JP"), url)
    second.sees(2)
    second.answer(2)
    page.goto(url)
    first.sees(4)
    for mark in (0, 1, 2, 3, 4, 2):
        first.answer(mark)
    for opened in (context, second.page.context):
        opened.close()
    server.end()

    folder = Path(server.command[5])
    waiting = list((folder / "rater-queue" / "pending").iterdir())
    (folder / "rater-queue").rename(folder.parent / "lost")  # the data set alone has every answer
    found = collect(folder, quiet=True)
    ratings = load_ratings(folder)
    report = make_report(ratings)
    said = {
        rater.code: {
            item.text: {str(one.semantic) for one in ratings.ratings if (one.id, one.rater) == (item.id, rater.code)}
            for item in found.task.items
            if item.text in rater.acknowledged
        }
        for rater in (first, second)
    }
    assert waiting == []
    assert (found.merged.superseded, found.merged.damaged) == (1, ())
    assert said == {
        rater.code: {text: {mark} for text, mark in rater.acknowledged.items()} for rater in (first, second)
    }
    assert {one.rater: one.items for one in report.raters} == {first.code: 10, second.code: 3}
    assert (report.items, [one.ratings for one in report.systems]) == (10, [13, 13])
    assert HfApi(endpoint=server.env["HF_ENDPOINT"], token=server.env["HF_TOKEN"]).dataset_info(ANSWERS).private
