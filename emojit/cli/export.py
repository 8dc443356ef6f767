"""`emojit export`: a student for ONNX Runtime or CTranslate2, checked against the original."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from emojit.cli import output
from emojit.cli.options import JsonOption, OutOption

if TYPE_CHECKING:
    from emojit.student.export import ExportResult

ModelArgument = Annotated[
    str,
    typer.Argument(metavar="DIR|REPO[@TAG]", help="Run folder, model folder or Hub repository.", show_default=False),
]
ToOption = Annotated[Literal["onnx", "ctranslate2"], typer.Option("--to", help="The runtime that shall run it.")]
Int8Option = Annotated[bool, typer.Option("--int8", help="Matrices in int8: smaller and faster, a little less exact.")]
TextsOption = Annotated[
    Path | None,
    typer.Option("--texts", metavar="FILE", help="Texts of the check: .jsonl with `text`, or plain text, one a line."),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Keep the export whatever the check says.")]


def export(
    model: ModelArgument,
    to: ToOption,
    int8: Int8Option = False,
    out: OutOption = None,
    texts: TextsOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write a student for another runtime, and hold its answers against the original's on 500 texts.

    The export lies in a folder `onnx` or `ctranslate2` beside the weights, which `emojit push model` takes along; with --out in a model folder of its own,
    without the weights. In float32 every answer must be the same, with --int8 98 % of the sets of emoji; otherwise the exit code is 1 and nothing is kept.

    Example: emojit export outputs/experiments/student --to onnx --int8
    """
    from emojit.student.export import export as run

    name, _, tag = (model, "", "") if Path(model).expanduser().is_dir() else model.partition("@")
    result = run(name, to, tag or None, int8=int8, out=out, texts=texts, force=force)
    record, check = result.record, result.record.check
    table: dict[str, object] = {
        "folder": str(result.folder),
        "format": record.format,
        "precision": record.precision,
        "kept_float32": list(record.kept_float32),
        "texts": check.texts,
        "equal": check.equal,
        "passed": check.passed,
        "bytes": record.size,
        "original_bytes": result.original_size,
    }
    output.show(table, as_json=as_json, text=_text(result))


def _text(result: ExportResult) -> str:
    record, check = result.record, result.record.check
    kept = f"; in float32: {', '.join(record.kept_float32)}" if record.kept_float32 else ""
    sizes = f"{record.size / 1e6:.1f} MB, the weights are {result.original_size / 1e6:.1f} MB"
    failed = "" if check.passed else f" (fewer than the {check.required:.0%} that are asked for: kept by --force)"
    return "\n".join(
        [
            f"{result.folder}: {record.precision}, {sizes}{kept}",
            f"same emoji as the original on {check.equal} of {check.texts} texts ({check.source}){failed}",
        ]
    )
