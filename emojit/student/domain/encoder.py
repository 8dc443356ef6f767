"""The encoder that goes on learning: from a folder or from the Hub, with an error that says what is wrong with it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emojit.errors import MissingExtraError, StudentError
from emojit.student.library import library_quiet
from emojit.student.loading import find_model, first_line, stated_licence

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

logger = logging.getLogger(__name__)

_TOKENIZER_FILES = (
    "tokenizer.json",
    "vocab.txt",
    "spiece.model",
    "tokenizer.model",
    "sentencepiece.bpe.model",
    "vocab.json",
)
_HINT = "give an encoder with a head for masked words, such as sbintuitions/modernbert-ja-130m or tohoku-nlp/bert-base-japanese-v3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """A masked language model and its tokenizer."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    name: str
    """Repository id, or the name of the folder: what may be published."""
    commit: str | None
    """Commit of its repository; None for a folder."""
    licence: str | None
    """Licence that its card states, as the Hub writes it; None where it states none."""
    longest: int | None
    """Tokens that it reads at most (count); None where it does not say."""

    @property
    def mask_id(self) -> int:
        """The mask token."""
        return int(self.tokenizer.mask_token_id)

    @property
    def ordinary(self) -> list[int]:
        """The tokens that stand for text."""
        special = set(self.tokenizer.all_special_ids)
        return [token for token in range(len(self.tokenizer)) if token not in special]


def load_encoder(source: str, revision: str | None) -> Encoder:
    """Load an encoder in float32.

    Args:
        source: a model folder, the folder of a domain run (its `model` is taken), or a Hub repository as namespace/name.
        revision: tag, branch or commit of a repository; None means its main branch.

    Raises:
        StudentError: no such folder, repository or revision; no weights, no tokenizer, no mask token, or no encoder.
        OfflineError: a repository is named while `EMOJIT_OFFLINE` is set and the Hub is not on this machine.
        MissingExtraError: its tokenizer needs a package that is not installed.
    """
    folder, commit = find_model(source, revision)
    model, tokenizer = _load(folder, source)
    for name in ("mask", "pad"):
        if getattr(tokenizer, f"{name}_token_id") is None:
            raise StudentError(f"model.base {source}: its tokenizer has no {name} token", hint=_HINT)
    rows = model.get_input_embeddings().weight.shape[0]
    if rows < len(tokenizer):
        raise StudentError(
            f"model.base {source}: its tokenizer has {len(tokenizer):,} tokens, the model {rows:,} rows for them",
            hint="its files are of two models; download or save it again",
        )
    path = Path(source).expanduser()
    return Encoder(
        model=model,
        tokenizer=tokenizer,
        name=path.resolve().name if path.is_dir() else source,
        commit=commit,
        licence=stated_licence(folder),
        longest=_longest(model, tokenizer),
    )


def _load(folder: Path, source: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoModelForMaskedLM, AutoTokenizer

    where = f"model.base {source}"
    if not (folder / "config.json").is_file():
        raise StudentError(f"{where}: no config.json, so this is no model", hint=_HINT)
    # Without this check transformers 5.23 makes an empty tokenizer from the model's type alone.
    if not any((folder / name).is_file() for name in _TOKENIZER_FILES):
        raise StudentError(f"{where}: no tokenizer (none of {', '.join(_TOKENIZER_FILES)})", hint=_HINT)
    try:
        with library_quiet():
            config = AutoConfig.from_pretrained(folder)
            if config.is_encoder_decoder or type(config) not in AutoModelForMaskedLM._model_mapping:
                raise StudentError(f"{where}: {config.model_type} is no encoder that fills masked words", hint=_HINT)
            tokenizer = AutoTokenizer.from_pretrained(folder)
            model, report = AutoModelForMaskedLM.from_pretrained(
                folder, config=config, dtype="float32", output_loading_info=True
            )
    except ImportError as exc:  # of the morphological analyser that some Japanese tokenizers ask for
        raise MissingExtraError(
            f"{where}: its tokenizer needs a package that is not installed ({first_line(exc)})",
            hint="pip install 'emojit[mecab]', or take a model such as sbintuitions/modernbert-ja-130m, which needs none",
        ) from exc
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as exc:
        raise StudentError(f"{where}: cannot be loaded ({first_line(exc)})", hint=_HINT) from exc
    if new := sorted(report["missing_keys"]):
        logger.warning("%s has no trained head for masked words, or not all of its weights: %s is new", where, new[0])
    return model, tokenizer


def _longest(model: Any, tokenizer: PreTrainedTokenizerBase) -> int | None:
    """Return how many tokens a model reads at most, by its configuration and its tokenizer."""
    stated = [size for size in (tokenizer.model_max_length,) if size < 2**20]  # the library's "unknown" is 10^30
    positions = getattr(model.config, "max_position_embeddings", None)
    if positions:
        embedding = next(
            (
                module
                for name, module in model.named_modules()
                if name.endswith("position_embeddings") and hasattr(module, "padding_idx")
            ),
            None,
        )
        before = getattr(embedding, "padding_idx", None)  # RoBERTa counts positions from behind it
        stated.append(int(positions) - (0 if before is None else before + 1))
    return min(stated, default=None)
