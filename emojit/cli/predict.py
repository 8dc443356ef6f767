"""`emojit predict`: ask a student for the emoji of texts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emojit.cli import output
from emojit.cli.options import JsonOption, ModelOption, RevisionOption

if TYPE_CHECKING:
    from emojit.student.textfile import Record

TextsArgument = Annotated[list[str] | None, typer.Argument(metavar="[TEXT]...", help="Texts to answer.")]
InputOption = Annotated[
    Path | None, typer.Option("--input", metavar="FILE", help="Texts: .jsonl, or plain text with one text a line.")
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="Write JSON lines here instead of to stdout.")
]
FieldOption = Annotated[str, typer.Option("--field", help="Field of a JSON line that holds the text.")]


def predict(
    model: ModelOption,
    texts: TextsArgument = None,
    input_file: InputOption = None,
    output_file: OutputOption = None,
    field: FieldOption = "text",
    revision: RevisionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the emoji of texts, given as arguments, as a file, or one a line on stdin.

    Texts given as arguments are answered with one line each: the text, a tab, the emoji. Files and stdin are answered with JSON lines: every input
    field, and `emojis`, a list. On stdin, a first line that is a JSON object says that JSON lines follow.

    Example: emojit predict --model you/emojit-student "おにぎりがおいしい"
    """
    from emojit.dataset.folder import write_text
    from emojit.student import load_student
    from emojit.student.textfile import check_output, check_unicode, json_lines, with_answers

    if output_file is not None:
        check_output(output_file)
    records = _records(texts, input_file, field)
    column = field if records and field in records[0] else "text"  # plain text has no other field
    check_unicode(records, column, where=str(input_file or ("arguments" if texts else "stdin")))
    student = load_student(model, revision)
    answers = student.answer([record[column] for record in records], quiet=as_json)
    rows = with_answers(records, answers.emojis)
    result: dict[str, object] = {"model": model, "commit": student.commit, "rows": len(rows), "cut": answers.cut}
    if output_file is not None:
        write_text(output_file, json_lines(records, answers.emojis))
        output.show({**result, "output": str(output_file)}, as_json=as_json, text=f"{len(rows)} rows: {output_file}")
        return
    plain = "\n".join(f"{row['text']}\t{' '.join(row['emojis'])}" for row in rows) if texts else ""
    text = plain or json_lines(records, answers.emojis).removesuffix("\n")
    output.show({**result, "predictions": rows}, as_json=as_json, text=text)


def _records(texts: list[str] | None, input_file: Path | None, field: str) -> list[Record]:
    """Return the texts of the one place that was named."""
    from emojit.errors import UsageError
    from emojit.student.textfile import read_records, stdin_records

    if texts and input_file is not None:
        raise UsageError("give either texts or --input, not both", hint="emojit predict --help")
    if texts:
        return [{"text": text} for text in texts]
    if input_file is not None:
        return read_records(input_file, field=field)
    if sys.stdin.isatty():
        raise UsageError("no text is given", hint='emojit predict --model DIR|REPO "おにぎりがおいしい"')
    return stdin_records(sys.stdin.read(), field=field)
