"""`emojit predict`: ask a student or a saved baseline for the emoji of texts."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from emojit.cli import output
from emojit.cli.options import JsonOption, ModelOption, RevisionOption

if TYPE_CHECKING:
    from emojit.student.stream import Answer
    from emojit.student.textfile import Fields, Texts

TextsArgument = Annotated[list[str] | None, typer.Argument(metavar="[TEXT]...", help="Texts to answer.")]
InputOption = Annotated[
    Path | None, typer.Option("--input", metavar="FILE", help="Texts: .jsonl, or plain text with one text a line.")
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="Write JSON lines here instead of to stdout.")
]
FieldOption = Annotated[str, typer.Option("--field", help="Field of a JSON line that holds the text.")]
AnswerFieldOption = Annotated[str, typer.Option("--answer-field", help="Field of the output that gets the emoji.")]
OverwriteOption = Annotated[
    bool,
    typer.Option("--overwrite", help="Replace emoji that an input line has already; without it that is an error."),
]
ResumeOption = Annotated[
    bool, typer.Option("--resume", help="Go on with the --output of an interrupted run of the same command.")
]
DecodingOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="decoding.KEY=VALUE", help="Read the answers otherwise; may be repeated."),
]
BackendOption = Annotated[
    Literal["transformers", "onnx", "ctranslate2"],
    typer.Option("--backend", help="What runs a student: its weights, or an export (`emojit export`)."),
]


def predict(
    model: ModelOption,
    texts: TextsArgument = None,
    input_file: InputOption = None,
    output_file: OutputOption = None,
    field: FieldOption = "text",
    answer_field: AnswerFieldOption = "emojis",
    overwrite: OverwriteOption = False,
    revision: RevisionOption = None,
    overrides: DecodingOption = None,
    backend: BackendOption = "transformers",
    resume: ResumeOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print the emoji of texts, given as arguments, as a file, or one a line on stdin.

    Texts given as arguments are answered with one line each: the text, a tab, the emoji. Files and stdin are answered with JSON lines: every input
    field, and `emojis`, a list. On stdin, a first line that is a JSON object says that JSON lines follow. A text without a character gets an empty list.
    Files of any length are read and written as they go; until the last line is written, the output is called FILE.partial.

    Example: emojit predict --model you/emojit-student "おにぎりがおいしい"
    """
    from emojit.evaluation.predictor import load_predictor
    from emojit.student.stream import write_answers
    from emojit.student.textfile import Fields, TextFile, check_output

    fields = Fields(text=field, answer=answer_field, overwrite=overwrite)
    _check_options(output_file, fields, resume=resume)
    source = _source(texts, input_file, fields)
    total = source.check() if isinstance(source, TextFile) else None
    if output_file is not None:
        check_output(output_file)
    student = load_predictor(model, revision, overrides=overrides or (), backend=backend)
    result: dict[str, object] = {"model": model, "commit": student.commit}
    if output_file is None:
        _show(source, student.answer, fields, result, as_arguments=bool(texts), as_json=as_json)
        return
    decides = {**result, "set": overrides or [], "backend": backend}
    counts = write_answers(
        source, student.answer, output_file, fields, model=decides, resume=resume, total=total, quiet=as_json
    )
    said = "".join(
        f", {count} {what}"
        for count, what in ((counts.blank, "blank"), (counts.cut, "cut"), (counts.resumed, "from the run before"))
        if count
    )
    output.show(
        {**result, **dataclasses.asdict(counts), "output": str(output_file)},
        as_json=as_json,
        text=f"{counts.rows} rows: {output_file}{said}",
    )


def _check_options(output_file: Path | None, fields: Fields, *, resume: bool) -> None:
    from emojit.errors import UsageError

    if resume and output_file is None:
        raise UsageError("--resume goes on with a file, and no --output is named", hint="add --output FILE")
    if fields.text == fields.answer:
        raise UsageError(f"--answer-field {fields.answer}: the text stands there", hint="give another name")


def _source(texts: list[str] | None, input_file: Path | None, fields: Fields) -> Texts:
    """Return the texts of the one place that was named."""
    from emojit.errors import UsageError
    from emojit.student.textfile import TextFile, TextList, TextStream

    if texts and input_file is not None:
        raise UsageError("give either texts or --input, not both", hint="emojit predict --help")
    if texts:
        return TextList(texts)
    if input_file is not None:
        return TextFile(input_file, fields)
    if sys.stdin.isatty():
        raise UsageError("no text is given", hint='emojit predict --model DIR|REPO "おにぎりがおいしい"')
    return TextStream(sys.stdin, fields)


def _show(
    source: Texts,
    answer: Answer,
    fields: Fields,
    result: dict[str, object],
    *,
    as_arguments: bool,
    as_json: bool,
) -> None:
    """Print the answers as they come; `--json` wants one object and holds all of them."""
    from emojit.student.stream import Counts, answered
    from emojit.student.textfile import json_line

    counts = Counts()
    predictions = []
    for rows in answered(source, answer, fields, text_field=source.text_field, counts=counts):
        if as_json:
            predictions += rows
            continue
        lines = (
            (f"{row['text']}\t{' '.join(row[fields.answer])}" for row in rows)
            if as_arguments
            else (json_line(row).removesuffix("\n") for row in rows)
        )
        output.show({}, as_json=False, text="\n".join(lines))
    if as_json:
        output.show({**result, **dataclasses.asdict(counts), "predictions": predictions}, as_json=True, text="")
