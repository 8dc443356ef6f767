"""The page of the Space: type predictions and references, see the scores.

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
metric = evaluate.load(str(FOLDER / "emoji_votes.py"))


def score(predictions: str, references: str) -> dict[str, float | None]:
    """Score the two fields line by line; an empty line is a row without emoji, a slash stands between two votes."""
    if not predictions.strip() and not references.strip():
        raise gr.Error("Nothing to score: write the emoji of one row per line.", title="Empty", print_exception=False)
    try:
        votes = [line.split("/") for line in references.split("\n")]
        return metric.compute(predictions=predictions.split("\n"), references=votes)
    except ValueError as exc:
        raise gr.Error(str(exc), title="Not scored", print_exception=False) from exc


demo = gr.Interface(
    fn=score,
    inputs=[
        gr.Textbox(label="Predictions, one row per line", lines=4),
        gr.Textbox(label="References: the votes of one row per line, / between them", lines=4),
    ],
    outputs=gr.JSON(label="Scores"),
    examples=[["🎉\n📚", "🎉😊 / 🎉\n📖 / 📚✏️ / 📚"]],
    title="emoji_votes",
    description=metric.info.description,
    article=(FOLDER / "README.md").read_text(encoding="utf-8").split("---\n", 2)[2],
    flagging_mode="never",
    submit_btn="Score",
)

if __name__ == "__main__":
    demo.launch(theme=THEME, footer_links=[], run_history=False)
