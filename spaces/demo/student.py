"""The model: loaded once, asked for the emoji of a text, one to five and never one twice.

The code that decodes is that of the package emojit, which this Space does not need: `decoding/` and `emoji_reader/` hold copies. A token of the vocabulary
that is no emoji of Emoji 16.0 cannot be written. torch and transformers are imported when a model is loaded, not before.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from decoding.answer import candidates as choices
from decoding.settings import Settings, read_settings
from emoji_reader.reader import INVENTORY, fold

LONGEST_TEXT = 1000
"""Characters that are looked at at all; what the model reads is counted in tokens and is less."""
LONGEST_INPUT = 512
"""Tokens read where the tokenizer names no limit: what T5 was pretrained on."""

_FILES = ["*.json", "*.safetensors", "*.model", "*.jinja"]
"""What is fetched of a model repository: no pickled weights, which could run code."""


class TooLong(ValueError):
    """A text that is longer than what the model reads."""


class CannotLoad(Exception):
    """The model could not be loaded; the message is one line."""


@dataclass(frozen=True)
class Candidate:
    """Emoji for a text.

    Attributes:
        emojis: one to five distinct emoji, in the order in which they were written.
        score: probability of the choice per emoji, in [0, 1]: the geometric mean over the emoji and, where more could have followed, the end.
    """

    emojis: list[str]
    score: float


def load(model: str, revision: str | None) -> tuple[Student, str | None]:
    """Load a model.

    Args:
        model: a folder, or a repository of the Hub that `HF_ENDPOINT` names.
        revision: tag of the repository; None for a folder.

    Returns:
        The model, and the commit that was read; None for a folder.

    Raises:
        CannotLoad: for whatever reason.
    """
    try:
        folder = Path(model).expanduser()
        commit = None
        if not folder.is_dir():
            folder = _fetch(model, revision)
            commit = folder.name
        return _read(folder), commit
    except ImportError as exc:
        raise CannotLoad(f"not installed: {exc.name}; pip install -r requirements.txt") from exc
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as exc:
        raise CannotLoad(next(iter(str(exc).splitlines()), type(exc).__name__)) from exc


def _fetch(model: str, revision: str | None) -> Path:
    """Return the folder in the Hub's cache that is named after the commit."""
    from huggingface_hub import snapshot_download

    return Path(snapshot_download(model, revision=revision, allow_patterns=_FILES, ignore_patterns=["run/*"]))


def _read(folder: Path) -> Student:
    from safetensors import SafetensorError
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # it would draw hundreds of lines into the log of a Space
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder)
        network = AutoModelForSeq2SeqLM.from_pretrained(folder, dtype="float32", use_safetensors=True)
    except SafetensorError as exc:  # is no error of any other kind
        raise ValueError(f"the weights are damaged: {exc}") from exc
    return Student(network, tokenizer, read_settings(folder)[0])


class Student:
    """A loaded model.

    Args:
        model: an encoder-decoder.
        tokenizer: its tokenizer, in which every emoji is one token.
        settings: how its answers are read.

    Raises:
        ValueError: the tokenizer has no emoji, or no end.
    """

    def __init__(self, model, tokenizer, settings: Settings) -> None:
        import torch
        from decoding.torch_network import TorchNetwork

        known, barred = tokenizer.get_added_vocab(), set(model.generation_config.suppress_tokens or ())
        self.emojis = [emoji for emoji in INVENTORY if emoji in known and known[emoji] not in barred]
        if not self.emojis:
            raise ValueError(f"the vocabulary lacks {len(INVENTORY)} of the {len(INVENTORY)} emoji")
        if tokenizer.eos_token_id is None or tokenizer.pad_token_id is None:
            raise ValueError("the tokenizer has no end or no padding token")
        self.tokenizer, self.settings = tokenizer, settings
        self.longest = tokenizer.model_max_length if tokenizer.model_max_length < 1_000_000 else LONGEST_INPUT
        self.network = TorchNetwork(
            model.to("cuda" if torch.cuda.is_available() else "cpu"),
            [*(known[emoji] for emoji in self.emojis), tokenizer.eos_token_id],
            pad_id=tokenizer.pad_token_id,
        )

    def ask(self, text: str, *, candidates: int) -> list[Candidate]:
        """Return what the model answers, and behind it what it writes when it must begin with another emoji, by falling score.

        Args:
            text: any text.
            candidates: how many are returned at most (count); choices that differ in their order alone count as one.

        Raises:
            TooLong: the text has more tokens than the model reads.
        """
        if len(text) > LONGEST_TEXT:
            raise TooLong
        text = text.encode("utf-8", "replace").decode("utf-8")  # a browser may send half a character
        tokens = self.tokenizer([fold(text, lenient=True)], verbose=False).input_ids[0]
        if len(tokens) > self.longest:
            raise TooLong
        return [
            Candidate([self.emojis[column] for column in choice.columns], choice.score)
            for choice in choices(self.network, tokens, self.settings, candidates)
        ]
