"""An encoder-decoder and its tokenizer, from a folder or from the Hub, with an error that says what is wrong with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emojit.errors import StudentError
from emojit.network import hub_endpoint, hub_errors, hub_failure, hub_progress, require_online
from emojit.student.dummy_prefix import with_dummy_prefix
from emojit.student.library import library_quiet

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

_TOKENIZER_FILES = ("tokenizer.json", "spiece.model", "tokenizer.model", "sentencepiece.bpe.model", "vocab.json")
_EXPORTS = ("onnx", "ctranslate2")
_NEVER = ["run/*", "*.msgpack", "*.h5", "*.ot", "*.tflite"]
_NOT_NEEDED = [*_NEVER, "*.onnx", *(f"{name}/*" for name in _EXPORTS)]
"""Files of a model repository that no student is loaded from."""
_WEIGHTS = ["*.safetensors", "*.safetensors.index.json", "pytorch_model*"]
"""Files that no export is loaded from."""
_DROPOUT = ("dropout_rate", "dropout")
"""What T5 and BART call it."""
_HINT = "give a folder or repository that `emojit train` wrote, or an encoder-decoder such as a T5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A model and its tokenizer."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    source: str
    """Repository id, or the folder as it was given."""
    commit: str | None
    """Commit that was read; None for a folder."""
    licence: str | None
    """Licence that the model's card states, as the Hub writes it; None where there is no card or it states none."""


def load_parts(
    source: str | Path,
    revision: str | None = None,
    *,
    dropout: float | None = None,
    dummy_prefix: bool | None = None,
) -> Parts:
    """Load a model and its tokenizer in float32.

    Args:
        source: a model folder, a run folder (its `model` is taken), or a Hub repository as namespace/name.
        revision: tag, branch or commit of a repository; None means its main branch.
        dropout: dropout rate to load it with, in [0, 1); None takes its own.
        dummy_prefix: whether the tokenizer puts a word mark before a text; None does as its SentencePiece model, where there is one, was trained.

    Raises:
        StudentError: no such folder, repository or revision; no weights, no tokenizer, or no encoder-decoder.
        OfflineError: a repository is named while `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
    """
    folder, commit = find_model(source, revision)
    return _load(folder, where=str(source), commit=commit, dropout=dropout, dummy_prefix=dummy_prefix)


def find_model(
    source: str | Path, revision: str | None = None, *, export: str | None = None
) -> tuple[Path, str | None]:
    """Return the folder of a model, downloaded where it is a repository, and the commit of the repository.

    Args:
        source: see `load_parts`, whose errors these are.
        revision: see there.
        export: name of the folder of an export that is wanted in place of the weights, such as "onnx".
    """
    path = Path(source).expanduser()
    if path.is_dir():
        if revision is not None:
            raise StudentError(f"{path}: a folder has no revision {revision!r}", hint="leave --revision out")
        folder, commit = _model_folder(path), None
    else:
        name = str(source)
        if name.count("/") != 1 or name.startswith((".", "/", "~")) or name.endswith("/"):
            raise StudentError(f"{name}: no such folder, and no repository name", hint=_HINT)
        folder, commit = _fetch(name, revision, export)
    return folder, commit


def _model_folder(path: Path) -> Path:
    return path / "model" if not (path / "config.json").exists() and (path / "model").is_dir() else path


def _load(folder: Path, *, where: str, commit: str | None, dropout: float | None, dummy_prefix: bool | None) -> Parts:
    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoModelForSeq2SeqLM, AutoTokenizer

    if not (folder / "config.json").is_file():
        raise StudentError(f"{where}: no config.json, so this is no model", hint=_HINT)
    # Without this check transformers 5.23 makes an empty tokenizer from the model's type alone.
    if not any((folder / name).is_file() for name in _TOKENIZER_FILES) and not _reads_bytes(folder):
        raise StudentError(f"{where}: no tokenizer (none of {', '.join(_TOKENIZER_FILES)})", hint=_HINT)
    try:
        with library_quiet():
            config = AutoConfig.from_pretrained(folder)
            if not config.is_encoder_decoder:
                raise StudentError(f"{where}: {config.model_type} is no encoder-decoder", hint=_HINT)
            if dropout is not None:
                _set_dropout(config, dropout, where=where)
            model = AutoModelForSeq2SeqLM.from_pretrained(folder, config=config, dtype="float32")
            tokenizer = with_dummy_prefix(AutoTokenizer.from_pretrained(folder), folder, wanted=dummy_prefix)
    except (OSError, ValueError, KeyError, SafetensorError) as exc:
        raise StudentError(f"{where}: cannot be loaded ({first_line(exc)})", hint=_HINT) from exc
    return Parts(model=model, tokenizer=tokenizer, source=where, commit=commit, licence=stated_licence(folder))


def _reads_bytes(folder: Path) -> bool:
    """Whether the tokenizer is that of ByT5, which has no vocabulary file."""
    path = folder / "tokenizer_config.json"
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(table, dict) and table.get("tokenizer_class") == "ByT5Tokenizer"


def _set_dropout(config: PreTrainedConfig, rate: float, *, where: str) -> None:
    name = next((name for name in _DROPOUT if hasattr(config, name)), None)
    if name is None:
        raise StudentError(
            f"{where}: {config.model_type} has no dropout rate under the names {', '.join(_DROPOUT)}", hint=_HINT
        )
    setattr(config, name, rate)


def stated_licence(folder: Path) -> str | None:
    """Return the licence that a model's card states, as the Hub writes it; None where there is no card or it states none."""
    from huggingface_hub import metadata_load

    card = folder / "README.md"
    licence = (metadata_load(card) or {}).get("license") if card.is_file() else None
    return licence if isinstance(licence, str) else None


def _fetch(repo_id: str, revision: str | None, export: str | None) -> tuple[Path, str]:
    """Download a model repository into the Hub's cache; return (folder, commit)."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import (
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    require_online(repo_id)
    endpoint = hub_endpoint()
    api = HfApi(endpoint=endpoint)
    try:
        info = api.model_info(repo_id, revision=revision, timeout=30)
        if info.sha is None:
            raise StudentError(f"{repo_id}: the Hub names no commit for it")
        names = [file.rfilename for file in info.siblings or []]
        if export is not None:
            skipped = [*_NEVER, *_WEIGHTS, *(f"{name}/*" for name in _EXPORTS if name != export)]
        else:
            skipped = [*_NOT_NEEDED, *(["*.bin"] if any(name.endswith(".safetensors") for name in names) else [])]
        with hub_progress():
            folder = api.snapshot_download(repo_id, revision=info.sha, ignore_patterns=skipped)
    except HFValidationError as exc:
        raise StudentError(f"{repo_id}: no repository name", hint="write it as namespace/name") from exc
    except RevisionNotFoundError as exc:
        raise StudentError(f"{repo_id}: no revision {revision!r}", hint="check the tags of the repository") from exc
    except RepositoryNotFoundError as exc:
        raise StudentError(
            f"{repo_id}: no such folder, and no such model at {endpoint} or no access to it",
            hint="check the name and HF_ENDPOINT; for a private one run `hf auth login`",
        ) from exc
    except hub_errors(LocalEntryNotFoundError) as exc:
        raise StudentError(f"{repo_id}: {hub_failure(exc)}", hint="check the network and HF_ENDPOINT") from exc
    return Path(folder), info.sha


def first_line(exc: BaseException) -> str:
    """Return the first line of what a library says, for an error of ours."""
    return next(iter(str(exc).splitlines()), type(exc).__name__)
