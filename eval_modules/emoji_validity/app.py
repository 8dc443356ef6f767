"""The page of the Space: type answers, see the shares of faults.

Not `evaluate.utils.launch_gradio_widget`: evaluate 0.4.6 calls `gradio.inputs` there, which is gone since gradio 4.
"""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported

import evaluate
import gradio as gr

FOLDER = Path(__file__).resolve().parent
THEME = gr.themes.Default(
    font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
)  # nothing is fetched
metric = evaluate.load(str(FOLDER / "emoji_validity.py"))


def score(predictions: str, inventory: str, most: float) -> dict[str, float]:
    """Count the faults line by line; an empty line is an answer without emoji."""
    if not predictions.strip():
        raise gr.Error("Nothing to score: write one answer per line.", title="Empty", print_exception=False)
    try:
        allowed = inventory.strip() or None
        return metric.compute(predictions=predictions.split("\n"), inventory=allowed, most=int(most))
    except ValueError as exc:
        raise gr.Error(str(exc), title="Not scored", print_exception=False) from exc


demo = gr.Interface(
    fn=score,
    inputs=[
        gr.Textbox(label="Predictions, one row per line", lines=4),
        gr.Textbox(label="Emoji that are allowed; empty for all of Emoji 16.0", lines=1),
        gr.Slider(label="Most emoji of an answer", minimum=1, maximum=20, step=1, value=5),
    ],
    outputs=gr.JSON(label="Scores"),
    examples=[["🎉 😊\n🎉🎉\n祭り🎉\n\n👏😊🎉📚💪🔥", "", 5]],
    title="emoji_validity",
    description=metric.info.description,
    article=(FOLDER / "README.md").read_text(encoding="utf-8").split("---\n", 2)[2],
    flagging_mode="never",
    submit_btn="Score",
)

if __name__ == "__main__":
    demo.launch(theme=THEME, footer_links=[], run_history=False)
