"""The rater page: consent, a training item, then one text at a time with the answers of unnamed systems.

An answer is on the disk before the page goes on (`queue_on_disk`), and goes from there into a private data set (`sending`). Nothing of a rater lives in this
process alone: after a restart, or on another device, the code is enough. `rater.json` says where answers go, `EMOJIT_RATER_QUEUE` in the environment which folder
they wait in.
"""

from __future__ import annotations

import html
import json
import logging
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr
import words
from queue_on_disk import Queue, Refused, plain_code
from sending import Sender
from task import TRAINING, Item, Task, read_task

HERE = Path(__file__).resolve().parent
PERSISTENT = Path("/data")
"""Where a Space's disk outlives a restart."""
LETTERS = "ABCDEF"
SCALE = [str(value) for value in range(5)]
YES_NO = [words.NO, words.YES]

STYLE = """
.gradio-container { max-width: 40rem !important; margin: 0 auto !important; }
.badge { font-size: .85rem; opacity: .8; margin: 0; overflow-wrap: anywhere; }
.badge progress { width: 100%; }
.said { font-size: 1.25rem; line-height: 1.6; overflow-wrap: anywhere; margin: .25rem 0; }
.emojis { font-size: 2rem; line-height: 1.4; margin: 0; overflow-wrap: anywhere; }
.emojis b { font-size: 1rem; margin-right: .5rem; }
.notice { border-left: .25rem solid var(--color-accent); padding: .5rem .75rem; margin: 0; }
.notice small { display: block; opacity: .75; }
.answer { border-top: 2px solid var(--border-color-primary); padding-top: .5rem; }
.answer fieldset, #preference { padding: .35rem 0 !important; border: 0 !important; min-width: 0 !important; }
.answer .wrap { display: grid !important; grid-template-columns: repeat(5, 1fr); gap: .35rem; }
.answer .two .wrap { grid-template-columns: repeat(2, 1fr); }
.answer .wrap label { justify-content: center; padding: .6rem .2rem; }
#rating label:has(input:focus-visible) { outline: 3px solid var(--color-accent); outline-offset: 1px; }
"""
THEME = gr.themes.Default(
    font=["system-ui", "Hiragino Sans", "Noto Sans CJK JP", "Noto Sans JP", "Noto Color Emoji", "sans-serif"],
    font_mono=["ui-monospace", "monospace"],
)  # fonts of the visitor's own machine: nothing is fetched from elsewhere

logger = logging.getLogger(__name__)


def notice(text: str, more: str = "") -> str:
    """Return a message as HTML; nothing for no text."""
    small = f"<small>{html.escape(more)}</small>" if more else ""
    return f'<p class="notice" role="alert">{html.escape(text)}{small}</p>' if text else ""


class Desk:
    """What happens at a press of each button; knows nothing of the page but which values it shows."""

    def __init__(self, task: Task, queue: Queue, sender: Sender | None) -> None:
        self.task = task
        self.queue = queue
        self.sender = sender
        longest = max(len(item.answers) for item in task.items.values())
        self.blocks = max(longest, len(words.TRAINING_ANSWERS))
        self.training = Item(name=TRAINING, text=words.TRAINING_TEXT, answers=words.TRAINING_ANSWERS)

    def start(self, agreed: bool, _: str) -> list[Any]:
        """Give a code to somebody who agrees."""
        if not agreed:
            return self.door(words.MUST_AGREE)
        try:
            code = self.queue.start()
        except Refused:
            return self.door(words.FULL)
        except OSError:
            logger.exception("the disk did not take a record")
            return self.door(words.NOT_SAVED)
        self._sent_for()
        return self.next(code)

    def resume(self, typed: str) -> list[Any]:
        """Let somebody go on who has a code."""
        code = plain_code(typed or "")
        return self.next(code) if self._knows(code) else self.door(words.UNKNOWN_CODE)

    def arrive(self, code: str | None) -> list[Any]:
        """Show what belongs to the code in the visitor's browser, or the front door."""
        return self.next(code) if code and self._knows(code) else self.door("")

    def save(self, code: str, place: str, *values: Any) -> list[Any]:
        """Keep the answer to the item that the page shows, and go on to the next."""
        item = self._item(place)
        if item is None or not self._knows(code):
            return self._same(words.STALE)
        ratings, preference, missing = self._read(item, values)
        if missing:
            return self._same(words.MISSING.format(questions="、".join(missing)))
        try:
            if item.name == TRAINING:
                self.queue.train(code)
            else:
                self.queue.answer(code, item.name, ratings, preference)
        except (OSError, Refused):
            logger.exception("an answer was not taken")
            return self._same(words.NOT_SAVED)
        self._sent_for()
        if item.name == TRAINING:
            return self._panel(
                "break", code, break_text=f"## {words.TRAINING_DONE}\n{words.TRAINING_ABOUT}", go=words.BEGIN
            )
        return self.next(code, after=item.name)

    def back(self, code: str, place: str) -> list[Any]:
        """Show the item before this one again, with the answer that was given."""
        order = self.task.order(code)
        index = order.index(place) if place in order else len(order)
        return self._show(code, self.task.items[order[max(index - 1, 0)]])

    def next(self, code: str, after: str | None = None) -> list[Any]:
        """Show the first item without an answer: the one that follows, else the first of all; or the training item, or that all is done."""
        if not self.queue.has_trained(code):
            return self._show(code, self.training)
        order, answered = self.task.order(code), self.queue.answers(code)
        start = order.index(after) + 1 if after in order else 0
        for name in order[start:] + order[:start]:
            if name not in answered:
                return self._show(code, self.task.items[name])
        text = f"## {words.DONE}\n{words.DONE_ABOUT.format(total=len(order))}\n\n{words.CODE_IS}`{code}`"
        return self._panel("break", code, break_text=text, go=words.REVIEW)

    def go(self, code: str) -> list[Any]:
        """Leave the pause: to the first item, or back to the last where all are done."""
        done = len(self.queue.answers(code)) >= len(self.task.items)
        return self.back(code, "") if done else self.next(code)

    def leave(self) -> list[Any]:
        """Forget the code in this browser."""
        return self.door("")

    def door(self, message: str) -> list[Any]:
        """Show the front door."""
        return self._panel("door", "", message=message)

    def _knows(self, code: str) -> bool:
        if self.queue.knows(code):
            return True
        if self.sender is not None and plain_code(code) == code != "":
            self.sender.look()
        return self.queue.knows(code)

    def _sent_for(self) -> None:
        if self.sender is not None:
            self.sender.wake()

    def _item(self, place: str) -> Item | None:
        return self.training if place == TRAINING else self.task.items.get(place)

    def _read(self, item: Item, values: tuple[Any, ...]) -> tuple[list[dict[str, Any]], int | None, list[str]]:
        """Return ratings, preference, and the names of the questions that have no answer."""
        ratings, missing = [], []
        for index, letter in zip(range(len(item.answers)), LETTERS, strict=False):
            marks = [_mark(item, value) for value in values[3 * index : 3 * index + 3]]
            for question, mark, allowed in zip(("意味", "自然さ", "誤解"), marks, (5, 5, 2), strict=True):
                if mark not in range(allowed):
                    missing.append(f"{letter} {question}")
            semantic, naturalness, misleading = marks
            ratings.append(
                {
                    "option": index + 1,
                    "semantic": semantic,
                    "naturalness": naturalness,
                    "misleading": bool(misleading),
                }
            )
        preference = _mark(item, values[-1])
        if preference not in range(len(item.answers) + 1):
            missing.append(words.PREFERENCE)
        return ratings, preference or None, missing

    def _show(self, code: str, item: Item) -> list[Any]:
        answered = self.queue.answers(code)
        return self._panel("rating", code, item=item, given=answered.get(item.name), done=len(answered))

    def _same(self, message: str) -> list[Any]:
        """Leave everything as it is, the answers that were chosen included, and say something."""
        return [gr.skip()] * (len(self._panel("door", "")) - 1) + [notice(message)]

    def _panel(
        self,
        which: str,
        code: str,
        *,
        message: str = "",
        item: Item | None = None,
        given: dict[str, Any] | None = None,
        done: int = 0,
        break_text: str = "",
        go: str = "",
    ) -> list[Any]:
        """Return a value for every part of the page, in the order of `build`."""
        parts: list[Any] = [
            code,
            code or None,
            item.name if item else "",
            gr.update(visible=which == "door"),
            notice(message if which == "door" else ""),
            gr.update(visible=which == "rating"),
            gr.update(visible=which == "break"),
            break_text,
            gr.update(value=go or words.BEGIN),
            gr.update(visible=which != "door"),
            self._head(code, item, given, done) if item else "",
        ]
        answers = item.answers if item else ()
        for index in range(self.blocks):
            there = index < len(answers)
            rated = given["ratings"][index] if given and there else {}
            parts += [
                gr.update(visible=there),
                self._emojis(LETTERS[index], answers[index]) if there else "",
                _choices(item, SCALE, rated.get("semantic")),
                _choices(item, SCALE, rated.get("naturalness")),
                _choices(item, YES_NO, rated.get("misleading")),
            ]
        best = None if given is None else given["preference"] or 0
        return [*parts, _choices(item, [words.NO_PREFERENCE, *LETTERS[: len(answers)]], best), ""]

    def _head(self, code: str, item: Item, given: dict[str, Any] | None, done: int) -> str:
        total = len(self.task.items)
        badge = words.TRAINING_BADGE if item.name == TRAINING else words.PROGRESS.format(done=done, total=total)
        again = f"　{words.AGAIN_BADGE}" if given else ""
        return (
            f'<p class="badge">{badge}{again}<progress max="{total}" value="{done}" aria-label="{badge}"></progress></p>'
            f'<p class="badge">{words.CODE_IS}<code>{html.escape(code)}</code>{words.KEEP_CODE}</p>'
            f'<p class="said" tabindex="-1">「{html.escape(item.text)}」</p>'
        )

    @staticmethod
    def _emojis(letter: str, answer: str) -> str:
        return f'<p class="emojis"><b>{letter}</b>{html.escape(answer) or words.NO_EMOJI}</p>'


def _choices(item: Item | None, labels: Sequence[str], value: int | None) -> Any:
    """Return the choices of a question, each marked with the item that it is for.

    A browser puts the parts of the next item on the page one after the other; what is chosen for the one before must not count for it.
    """
    name = item.name if item else ""
    chosen = None if value is None else f"{name}:{int(value)}"
    return gr.update(choices=[(label, f"{name}:{place}") for place, label in enumerate(labels)], value=chosen)


def _mark(item: Item, value: Any) -> int | None:
    """Return what was chosen for this item; None for nothing, and for what was chosen for another one."""
    name, _, mark = value.partition(":") if isinstance(value, str) else ("", "", "")
    return int(mark) if name == item.name and mark.isascii() and mark.isdigit() else None


def build(desk: Desk) -> gr.Blocks:
    """Make the page."""
    with gr.Blocks(title=words.TITLE, analytics_enabled=False) as page:
        stored = gr.BrowserState(None, storage_key="emojit-rater", secret="no secret: the code alone lies there")
        code = gr.Textbox(visible="hidden")
        place = gr.Textbox(visible="hidden")
        gr.Markdown(f"# {words.TITLE}")
        with gr.Column(visible=False) as door:
            gr.Markdown(words.LEAD)
            contact = desk.task.contact or words.NO_CONTACT
            gr.Markdown(words.CONSENT.format(items=len(desk.task.items), contact=html.escape(contact)))
            agreed = gr.Checkbox(label=words.AGREE)
            start = gr.Button(words.START, variant="primary")
            said = gr.HTML(padding=False)
            with gr.Accordion(words.RESUME_TITLE, open=False):
                typed = gr.Textbox(label=words.CODE_LABEL, placeholder=words.CODE_PLACEHOLDER, max_lines=1)
                resume = gr.Button(words.RESUME)
        answers: list[Any] = []
        blocks: list[Any] = []
        with gr.Column(visible=False, elem_id="rating") as rating:
            head = gr.HTML(padding=False)
            with gr.Accordion(words.SCALES_TITLE, open=False):
                gr.Markdown(words.SCALES)
            with gr.Accordion(words.KEYS_TITLE, open=False):
                gr.Markdown(words.KEYS)
            for letter in LETTERS[: desk.blocks]:
                with gr.Column(elem_classes="answer") as block:
                    emojis = gr.HTML(padding=False)
                    asked = [
                        gr.Radio([], label=words.SEMANTIC.format(letter=letter)),
                        gr.Radio([], label=words.NATURALNESS.format(letter=letter)),
                        gr.Radio([], label=words.MISLEADING.format(letter=letter), elem_classes="two"),
                    ]
                answers += asked
                blocks += [block, emojis, *asked]
            best = gr.Radio([], label=words.PREFERENCE, elem_id="preference")
            warning = gr.HTML(padding=False)
            save = gr.Button(words.SAVE, variant="primary", elem_id="save")
            back = gr.Button(words.BACK, size="sm")
        with gr.Column(visible=False) as pause:
            pause_text = gr.Markdown()
            go = gr.Button(words.BEGIN, variant="primary", elem_id="begin")
        with gr.Column(visible=False) as ending, gr.Accordion(words.LEAVE, open=False):
            gr.Markdown(words.LEAVE_ABOUT)
            leave = gr.Button(words.LEAVE, size="sm")
        parts = [code, stored, place, door, said, rating, pause, pause_text, go, ending, head, *blocks, best, warning]
        settings: dict[str, Any] = {
            "outputs": parts,
            "api_visibility": "private",
            "show_progress": "hidden",
            "concurrency_limit": 16,
        }
        top = "() => { window.scrollTo(0, 0); document.activeElement?.blur(); }"
        page.load(desk.arrive, stored, **settings)
        start.click(desk.start, [agreed, typed], **settings)
        gr.on([resume.click, typed.submit], desk.resume, typed, **settings)
        # Not preprocessed: the choices that a visitor sees would have to be those that this process remembers, which a restart forgets.
        save.click(desk.save, [code, place, *answers, best], preprocess=False, **settings)
        back.click(desk.back, [code, place], **settings)
        go.click(desk.go, code, **settings)
        leave.click(desk.leave, **settings)
        place.change(None, js=top)  # another item, or none
    return page


def closed(task: Task) -> gr.Blocks:
    """Make the page that takes no answers, for nobody could keep them."""
    logger.error("the answers shall go to %s, but HF_TOKEN is not among this Space's secrets", task.repo_id)
    with gr.Blocks(title=words.TITLE, analytics_enabled=False) as page:
        gr.Markdown(f"# {words.TITLE}")
        gr.HTML(notice(words.NOT_READY, words.NOT_READY_EN))
    return page


def head() -> str:
    """Return what stands in the page's head: the keys, and the words of Gradio that are English."""
    japanese = (HERE / "japanese.html").read_text(encoding="utf-8")
    said = json.dumps(words.GRADIO, ensure_ascii=False).replace("<", "\\u003c")
    return (HERE / "keys.html").read_text(encoding="utf-8") + japanese.replace("WORDS", said)


def queue_folder() -> Path:
    """Return where answers wait: what the environment names, else a disk that outlives a restart, else beside the page."""
    if named := os.environ.get("EMOJIT_RATER_QUEUE"):
        return Path(named)
    return (PERSISTENT if os.access(PERSISTENT, os.W_OK) else HERE) / "rater-queue"


def main() -> None:
    """Show the page, and send what is left when it ends."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    logging.getLogger("sending").setLevel(logging.INFO)
    task = read_task(HERE)
    token = os.environ.get("HF_TOKEN")
    sender: Sender | None = None
    if task.repo_id is not None and not token:
        page = closed(task)
    else:
        queue = Queue(queue_folder(), task.name, items=len(task.items), raters=task.raters)
        if task.repo_id is not None and token:
            sender = Sender(queue, task.repo_id, token, every=task.every)
            sender.begin()
        page = build(Desk(task, queue, sender))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a Space that is put to sleep ends in order
    try:
        page.launch(
            theme=THEME,
            css=STYLE,
            head=head(),
            footer_links=[],
            run_history=False,
        )
    finally:
        if sender is not None:
            sender.finish()


if __name__ == "__main__":
    main()
