"""A pretrained encoder and its tokenizer, from a folder or a Hub, with an error that says what is wrong with it."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emojit.baselines.bert_config import BertConfig
from emojit.baselines.extra import require_evaluate_extra
from emojit.dataset.licences import UNKNOWN
from emojit.errors import MissingExtraError, StudentError
from emojit.lineage import read_lineage
from emojit.network import hub_endpoint, hub_errors, hub_failure, hub_progress, require_online

_NEEDED = ("torch", "transformers", "accelerate")
_HINT = "give an encoder such as sbintuitions/modernbert-ja-130m: --set base=NAMESPACE/NAME or a folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """An encoder with a new head."""

    model: Any
    """A sequence classifier of transformers."""
    tokenizer: Any
    """Its tokenizer."""
    source: str
    """Where it comes from, in words."""
    licences: tuple[str, ...]
    """Licence that its card states, as the Hub writes it, "unknown" where it states none; of an encoder that went on learning also that of its texts."""


def require_bert_extra() -> None:
    """Make sure that an encoder can be trained and asked on this installation.

    Raises:
        MissingExtraError: a package of the extras `train` or `evaluate` is not installed.
    """
    require_evaluate_extra()
    missing = [module for module in _NEEDED if importlib.util.find_spec(module) is None]
    if missing:
        raise MissingExtraError(f"not installed: {', '.join(missing)}", hint="pip install 'emojit[train]'")


def encoder(config: BertConfig, *, labels: int) -> Encoder:
    """Load the base of a baseline, with a new head of `labels` outputs.

    Raises:
        StudentError: there is no such model, or it is no encoder with a tokenizer.
        OfflineError: it is on a Hub, and `EMOJIT_OFFLINE` is set.
        MissingExtraError: its tokenizer needs a package that is not installed.
    """
    from transformers import set_seed

    path = Path(config.base).expanduser()
    folder, commit = (_model_folder(path), None) if path.is_dir() else _fetch(config.base, config.revision)
    set_seed(config.seed)  # the head is new
    model, tokenizer = _load(folder, labels=labels, where=config.base)
    lineage = read_lineage(folder)
    if lineage is not None:
        source, licences = lineage.in_words(), lineage.licences
    else:
        licences = (_licence(folder),)
        source = f"{path.resolve().name if commit is None else f'{config.base} at {commit}'} ({licences[0]})"
    return Encoder(model=model, tokenizer=tokenizer, source=f"pretrained weights: {source}", licences=licences)


def _model_folder(path: Path) -> Path:
    """Return where the encoder lies: that of a run of `emojit train` in its `model`."""
    return path / "model" if not (path / "config.json").exists() and (path / "model").is_dir() else path


def saved_encoder(folder: Path, *, labels: int) -> tuple[Any, Any]:
    """Load what a baseline has saved.

    Raises:
        StudentError: files are missing or damaged.
        MissingExtraError: its tokenizer needs a package that is not installed.
    """
    return _load(folder, labels=labels, where=str(folder))


def save_encoder(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write what `saved_encoder` loads."""
    with _library_quiet():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


@contextmanager
def _library_quiet() -> Iterator[None]:
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def _load(folder: Path, *, labels: int, where: str) -> tuple[Any, Any]:
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    try:
        with _library_quiet():  # it would report the new head as missing weights
            tokenizer = AutoTokenizer.from_pretrained(folder)
            model = AutoModelForSequenceClassification.from_pretrained(
                folder, num_labels=labels, problem_type="multi_label_classification", dtype="float32"
            )
    except ImportError as exc:  # of the morphological analyser that some Japanese tokenizers ask for
        raise MissingExtraError(
            f"{where}: its tokenizer needs a package that is not installed ({str(exc).splitlines()[0]})",
            hint="pip install 'emojit[mecab]', or take a model such as sbintuitions/modernbert-ja-130m, which needs none",
        ) from exc
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as exc:
        reason = next(iter(str(exc).splitlines()), type(exc).__name__)
        raise StudentError(f"{where}: cannot be loaded as an encoder ({reason})", hint=_HINT) from exc
    if tokenizer.pad_token_id is None:
        raise StudentError(f"{where}: its tokenizer has no padding", hint=_HINT)
    model.config.pad_token_id = tokenizer.pad_token_id
    return model.to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer


def _fetch(repo_id: str, revision: str) -> tuple[Path, str]:
    """Download a repository into the Hub's cache; return (folder, commit)."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError, RevisionNotFoundError

    if repo_id.count("/") != 1 or repo_id.startswith((".", "/", "~")):
        raise StudentError(f"{repo_id}: no such folder, and no repository name", hint=_HINT)
    require_online(repo_id)
    api = HfApi(endpoint=hub_endpoint())
    try:
        info = api.model_info(repo_id, revision=revision, timeout=30)
        with hub_progress():
            folder = api.snapshot_download(
                repo_id, revision=info.sha, ignore_patterns=["*.msgpack", "*.h5", "*.ot", "*.onnx", "*.tflite"]
            )
    except (HFValidationError, RepositoryNotFoundError, RevisionNotFoundError) as exc:
        raise StudentError(
            f"{repo_id}: no such model at {hub_endpoint()}, no revision {revision!r}, or no access to it", hint=_HINT
        ) from exc
    except hub_errors() as exc:
        raise StudentError(f"{repo_id}: {hub_failure(exc)}", hint="check the network and HF_ENDPOINT") from exc
    return Path(folder), str(info.sha)


def _licence(folder: Path) -> str:
    from huggingface_hub import metadata_load

    card = folder / "README.md"
    licence = (metadata_load(card) or {}).get("license") if card.is_file() else None
    return licence if isinstance(licence, str) else UNKNOWN
