"""A student whose network is an export: asked by the same code as the original, without torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from emojit.errors import StudentError
from emojit.student.decoding import Network
from emojit.student.dummy_prefix import with_dummy_prefix
from emojit.student.export.extra import require_runtime
from emojit.student.export.record import ExportRecord, Format, digest, emoji_digest, find_records, read_record
from emojit.student.library import library_quiet
from emojit.student.loading import find_model
from emojit.student.predict import Student, read_decoding
from emojit.student.vocabulary import EmojiVocabulary, emoji_vocabulary

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedStudent(Student):
    """A student that can be asked, and not trained: `model` is None."""

    runtime: Network
    """The export."""
    record: ExportRecord
    """What it says of itself."""

    def network(self) -> Network:
        """Return the export."""
        return self.runtime


def load_exported(
    model: str | Path, form: Format, revision: str | None = None, *, overrides: Sequence[str] = ()
) -> ExportedStudent:
    """Load an export that `emojit export` wrote.

    Args:
        model: the folder of the model beside whose weights it lies, or of the run, or a Hub repository as namespace/name.
        form: which of its exports.
        revision: tag, branch or commit of a repository; None means its main branch.
        overrides: `decoding.key=value` strings as `--set` takes them.

    Raises:
        StudentError: no such model or no such export; it is damaged, or made of other weights or for another tokenizer than lie beside it.
        MissingExtraError: the extra of the format is not installed.
        OfflineError: a repository is named while `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
    """
    require_runtime(form)
    folder, commit = find_model(model, revision, export=form)
    where = str(model)
    if not (folder / form).is_dir():
        raise StudentError(f"{where}: no folder {form}/", hint=f"emojit export {where} --to {form}")
    record = read_record(folder / form)
    _check_files(folder, record)
    return open_export(folder, folder / form, record, overrides=overrides, source=where, commit=commit)


def open_export(
    model: Path,
    export: Path,
    record: ExportRecord,
    *,
    overrides: Sequence[str] = (),
    source: str,
    commit: str | None,
) -> ExportedStudent:
    """Load an export whose files are known to be whole; see `load_exported`.

    Args:
        model: holds the tokenizer and the model's configuration.
        export: holds the export.
        record: what it is.
        overrides: see there.
        source: what the student is called.
        commit: of the repository; None for a folder.
    """
    from transformers import AutoTokenizer

    with library_quiet():
        tokenizer = with_dummy_prefix(AutoTokenizer.from_pretrained(model), model, wanted=None)
    suppressed = _json(model / "generation_config.json").get("suppress_tokens") or ()
    start = _json(model / "config.json").get("decoder_start_token_id")
    vocabulary = emoji_vocabulary(tokenizer, where=source, suppressed=suppressed, start_id=start)
    if emoji_digest(list(vocabulary.id_of)) != record.emojis:
        raise StudentError(
            f"{source}: {record.format}/ was exported with other emoji than its tokenizer has",
            hint=f"emojit export {source} --to {record.format}",
        )
    decoding, calibration = read_decoding(model, overrides, where=source)
    return ExportedStudent(
        model=cast("PreTrainedModel", None),
        tokenizer=tokenizer,
        vocabulary=vocabulary,
        decoding=decoding,
        source=source,
        commit=commit,
        calibration=calibration,
        runtime=_network(
            export, record.format, vocabulary, one_step=decoding.method == "mbr" and not decoding.samples
        ),
        record=record,
    )


def _network(folder: Path, form: Format, vocabulary: EmojiVocabulary, *, one_step: bool) -> Network:
    if form == "onnx":
        from emojit.student.export.onnx_network import OnnxNetwork

        return OnnxNetwork(folder, pad_id=vocabulary.pad_id, emojis=len(vocabulary.id_of))
    from emojit.student.export.ctranslate2_network import CTranslate2Network

    return CTranslate2Network(folder, emojis=len(vocabulary.id_of), ahead=1 if one_step else None)


def check_exports(model: Path) -> None:
    """Hold every export beside a model's weights against its record.

    Raises:
        StudentError: one is damaged, or made of other weights.
    """
    for record in find_records(model):
        _check_files(model, record)


def _check_files(model: Path, record: ExportRecord) -> None:
    """Hold the files of an export, and the weights beside it where they are there, against its record."""
    again = f"emojit export {model} --to {record.format}"
    for name, sha256 in record.files.items():
        path = model / record.format / name
        if not path.is_file():
            raise StudentError(f"{path} is missing", hint=again)
        if digest(path) != sha256:
            raise StudentError(f"{path}: damaged, its sha256 is not that of export.json", hint=again)
    for name, sha256 in record.weights.items():
        path = model / name
        if path.is_file() and digest(path) != sha256:
            raise StudentError(f"{model / record.format}: was exported from other weights than {path}", hint=again)


def _json(path: Path) -> dict[str, Any]:
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as exc:
        raise StudentError(f"{path}: no JSON ({exc})", hint="give a model that `emojit train` wrote") from exc
    return table if isinstance(table, dict) else {}
