"""From a student to an export that is known to answer as it does: written beside, asked, and put in place when it passes."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from emojit.errors import StudentError, UsageError
from emojit.provenance import package_versions
from emojit.student.export.check import REQUIRED, check_texts, compare
from emojit.student.export.extra import require_runtime
from emojit.student.export.loading import open_export
from emojit.student.export.record import SCHEMA_VERSION, Check, ExportRecord, Format, Precision, digest, emoji_digest
from emojit.student.predict import Student, load_student
from emojit.student.record import FILE_NAME as RUN_RECORD

logger = logging.getLogger(__name__)

_PACKAGES = ("torch", "transformers", "onnx", "onnxruntime", "onnxscript", "ctranslate2")
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_NOT_COPIED = ("*.safetensors", "*.safetensors.index.json", "*.bin", "README.md", "manifest.json", "provenance.json")
"""Files of a model that do not go into a folder of its own for an export: its weights, and what speaks of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportResult:
    """An export that was made."""

    folder: Path
    """Where it lies."""
    record: ExportRecord
    """What it is."""
    original_size: int
    """Size of the weights that it was made of (bytes)."""


def export(
    model: str | Path,
    form: Format,
    revision: str | None = None,
    *,
    int8: bool = False,
    out: Path | None = None,
    texts: Path | None = None,
    force: bool = False,
) -> ExportResult:
    """Write a student in the form of another runtime, and hold its answers against the original's.

    Args:
        model: a run folder, a model folder, or a Hub repository as namespace/name.
        form: the runtime.
        revision: tag, branch or commit of a repository.
        int8: whether the matrices become int8.
        out: a new model folder to make, with the export and the tokenizer and without the weights; None puts the export beside the weights of a folder.
        texts: a file of texts for the check, see `check.check_texts`.
        force: keep the export whatever the check says.

    Raises:
        StudentError: the model cannot be loaded or exported, or the export answers otherwise and `force` is not given: then nothing is written.
        UsageError: a repository without `out`, or an `out` that is not empty.
        MissingExtraError: the extra of the format, or `train`, is not installed.
    """
    require_runtime(form, writing=True)
    path = Path(model).expanduser()
    if out is None and not path.is_dir():
        raise UsageError(f"{model}: an export of a repository needs a folder", hint="add --out DIR")
    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"--out {out}: not an empty folder", hint="give a new folder as --out")
    student = load_student(model, revision)
    student.model.to("cpu")
    asked, source = check_texts(path if (path / RUN_RECORD).is_file() else None, texts)
    answers = student.answer(asked).emojis
    precision: Precision = "int8" if int8 else "float32"
    check = Check(source=source, texts=len(asked), equal=0, required=REQUIRED[precision])
    home = Path(student.model.name_or_path)
    target = out or home
    target.mkdir(parents=True, exist_ok=True)
    weights = {file.name: digest(file) for pattern in _WEIGHTS for file in sorted(home.glob(pattern))}
    with tempfile.TemporaryDirectory(dir=target, prefix=f".{form}-") as scratch:
        best: tuple[Path, ExportRecord] | None = None
        for written, kept in _written(student, form, int8=int8, scratch=Path(scratch)):
            record = ExportRecord(
                schema_version=SCHEMA_VERSION,
                format=form,
                precision=precision,
                kept_float32=kept,
                model_type=student.model.config.model_type,
                weights=weights,
                emojis=emoji_digest(list(student.vocabulary.id_of)),
                method=student.settings.method,
                check=check,
                files={file.name: digest(file) for file in sorted(written.iterdir())},
                size=sum(file.stat().st_size for file in written.iterdir()),
                versions=package_versions(_PACKAGES),
            )
            exported = open_export(home, written, record, source=student.source, commit=student.commit)
            record = replace(record, check=compare(answers, exported, asked, check))
            if best is None or record.check.equal > best[1].check.equal:
                best = written, record
            if record.check.passed:
                break
        if best is None:
            raise StudentError(f"{model}: nothing was exported")
        folder, record = best
        if not record.check.passed and not force:
            raise StudentError(
                _disagrees(model, record), hint="leave --int8 out, or keep it with --force" if int8 else None
            )
        if out is not None:
            _copy_rest(home, out)
        record.write(folder)
        _put(folder, target / form)
    return ExportResult(
        folder=target / form,
        record=record,
        original_size=sum((home / name).stat().st_size for name in weights),
    )


def _written(student: Student, form: Format, *, int8: bool, scratch: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yield folders with exports, the fastest first, and what each keeps in float32; the next one is made when it is asked for."""
    columns = [*student.vocabulary.emoji_of, student.vocabulary.eos_id]
    start = student.model.config.decoder_start_token_id
    start = student.vocabulary.pad_id if start is None else start
    whole = scratch / "float32"
    whole.mkdir()
    if form == "ctranslate2":
        from emojit.student.export.ctranslate2_model import write_model

        write_model(student.model, columns, start, whole, int8=int8)
        yield whole, ()
        return
    from emojit.student.export.onnx_graphs import write_graphs
    from emojit.student.export.onnx_int8 import quantise, rungs

    write_graphs(student.model, columns, start, whole)
    if not int8:
        yield whole, ()
        return
    for number, rung in enumerate(rungs(whole)):
        folder = scratch / f"int8-{number}"
        folder.mkdir()
        quantise(whole, folder, rung)
        logger.info("int8 rung=%d kept=%s", number, rung.kept)
        yield folder, rung.kept


def _disagrees(model: str | Path, record: ExportRecord) -> str:
    check = record.check
    return (
        f"{model}: the {record.precision} export to {record.format} answers {check.equal} of {check.texts} texts"
        f" ({check.source}) with the same emoji, {check.share:.1%}; {check.required:.0%} are asked for"
    )


def _copy_rest(home: Path, out: Path) -> None:
    """Copy what belongs to a model besides its weights: tokenizer, configuration, decoding."""
    skipped = {file for pattern in _NOT_COPIED for file in home.glob(pattern)}
    for file in sorted(home.iterdir()):
        if file.is_file() and file not in skipped and not file.name.startswith("."):
            shutil.copyfile(file, out / file.name)


def _put(folder: Path, place: Path) -> None:
    """Move an export to where it belongs; an older one makes room at the last moment."""
    old = place.with_name(f".{place.name}-old")
    if place.exists():
        place.replace(old)
    folder.replace(place)
    shutil.rmtree(old, ignore_errors=True)
