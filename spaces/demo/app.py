"""The page of the Space: a Japanese text in, emoji out, with several candidates and their scores.

Which model answers stands in settings.json; `EMOJIT_MODEL` and `EMOJIT_REVISION` in the environment stand above it.
"""

from __future__ import annotations

import html
import json
import logging
import os
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr
import words
from emoji_reader.reader import INVENTORY
from student import Candidate, CannotLoad, Student, TooLong, load

CANDIDATES = 5
"""Answers that are shown at most, the model's own included (count)."""

STYLE = """
.gradio-container { max-width: 40rem !important; margin: 0 auto !important; }
.said { opacity: .75; overflow-wrap: anywhere; margin: 0 0 .5rem; }
.candidates { list-style: none; margin: 0 0 1rem; padding: 0; }
.candidates li { display: grid; grid-template-columns: 1fr auto; gap: .15rem .75rem; align-items: center;
  margin: 0; padding: .5rem .75rem; border-bottom: 1px solid var(--border-color-primary); }
.candidates .emojis { grid-column: 1 / -1; font-size: 1.5rem; line-height: 1.4; user-select: all; }
.candidates .score { font-size: .85rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.candidates meter { width: 100%; height: .4rem; }
.candidates.answer li { border: 2px solid var(--color-accent); border-radius: .75rem; }
.candidates.answer .emojis { font-size: 2.25rem; }
.notice { border-left: .25rem solid var(--color-accent); padding: .5rem .75rem; margin: 0; }
.notice small { display: block; opacity: .75; }
h3.part { margin: .5rem 0 .35rem; font-size: 1rem; }
"""
THEME = gr.themes.Default(
    font=["system-ui", "Hiragino Sans", "Noto Sans CJK JP", "Noto Sans JP", "Noto Color Emoji", "sans-serif"],
    font_mono=["ui-monospace", "monospace"],
)  # fonts of the visitor's own machine: nothing is fetched from elsewhere


def settings() -> tuple[str, str | None, str | None]:
    """Return model, revision, and the commit that the revision stood for when the Space was published."""
    given = json.loads((Path(__file__).resolve().parent / "settings.json").read_text(encoding="utf-8"))
    if model := os.environ.get("EMOJIT_MODEL"):
        return model, os.environ.get("EMOJIT_REVISION") or None, None
    return given["model"], given["revision"], given["commit"]


def who(model: str, revision: str | None, commit: str | None, expected: str | None) -> str:
    """Say in Markdown which model and version answers, and whether the tag was moved since the Space was published."""
    if Path(model).expanduser().is_dir():
        return f"`{Path(model).name}`（このマシンのフォルダー）"
    hub = os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"
    named = f"[`{model}`]({hub}/{model}/tree/{revision or 'main'})、バージョン `{revision or 'main'}`"
    if commit and expected and commit != expected:
        return f"{named}（{words.MOVED}：`{expected[:12]}` → `{commit[:12]}`）"
    return f"{named}（コミット `{commit[:12]}`）" if commit else named


def notice(text: str, more: str = "") -> str:
    """Return a message as HTML."""
    small = f"<small>{html.escape(more)}</small>" if more else ""
    return f'<p class="notice" role="status">{html.escape(text)}{small}</p>'


def percent(share: float) -> str:
    """Return a fraction in [0, 1] as per cent with about two digits that count."""
    if share < 0.0001:
        return "0.01 % 未満"
    return f"{100 * share:.{0 if share >= 0.1 else 1 if share >= 0.01 else 2}f} %"


def table(candidates: list[Candidate], css: str) -> str:
    """Return candidates as HTML."""
    lines = [
        f'<li><span class="emojis">{html.escape(" ".join(one.emojis))}</span>'
        f'<meter min="0" max="1" value="{one.score:.6f}"></meter>'
        f'<span class="score">{words.SCORE} {percent(one.score)}</span></li>'
        for one in candidates
    ]
    return f'<ol class="candidates{css}">{"".join(lines)}</ol>'


def build(student: Student | None, speaker: str) -> gr.Blocks:
    """Make the page.

    Args:
        student: who answers, or None where it could not be loaded.
        speaker: which model that is, in Markdown.
    """

    def ask(text: str | None) -> str:
        """Answer one press of the button."""
        text = (text or "").strip()
        if student is None:
            return notice(words.NOT_LOADED, words.NOT_LOADED_EN)
        if not text:
            return notice(words.EMPTY)
        try:
            answer, *others = student.ask(text, candidates=CANDIDATES)
        except TooLong:
            return notice(words.TOO_LONG)
        said = f'<p class="said">「{html.escape(text)}」</p>'
        first = f'<h3 class="part">{words.ANSWER}</h3>{table([answer], " answer")}'
        rest = f'<h3 class="part">{words.OTHERS}</h3>{table(others, "")}' if others else ""
        return f'<div role="status">{said}{first}{rest}</div>'

    with gr.Blocks(title=words.TITLE, analytics_enabled=False) as page:
        gr.Markdown(f"# {words.TITLE}\n\n{words.LEAD}\n\n{words.SPEAKER}{speaker}")
        broken = "" if student else notice(words.NOT_LOADED, words.NOT_LOADED_EN)
        text = gr.Textbox(label=words.LABEL, placeholder=words.PLACEHOLDER, lines=1, max_lines=6)
        button = gr.Button(words.BUTTON, variant="primary")
        answer = gr.HTML(broken, padding=False)
        gr.Examples(words.SENTENCES, inputs=text, label=words.EXAMPLES)
        with gr.Accordion(words.ABOUT, open=False):
            gr.Markdown(words.ABOUT_TEXT.format(count=len(INVENTORY)))
        gr.on([button.click, text.submit], ask, inputs=text, outputs=answer, api_name="ask")
    return page


def main() -> None:
    """Load the model, and show the page whether that worked or not."""
    model, revision, expected = settings()
    student, commit = None, None
    try:
        student, commit = load(model, revision)
    except CannotLoad:  # why is for the owner's log, which visitors do not see
        logging.getLogger(__name__).exception("the model %s at %s cannot be loaded", model, revision)
    page = build(student, who(model, revision, commit, expected))
    page.launch(theme=THEME, css=STYLE, footer_links=[], run_history=False)


if __name__ == "__main__":
    main()
