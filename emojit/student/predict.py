"""A trained student, asked for the emoji of texts."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emojit.errors import ConfigError, StudentError
from emojit.logs import progress
from emojit.recipe import DecodingConfig, dump, load_text
from emojit.student.decoding import Settings, answers, candidates, generation_config, read_settings, write_settings
from emojit.student.decoding.calibration import DecodingCalibration
from emojit.student.extra import require_train_extra
from emojit.student.rows import encode_texts
from emojit.student.vocabulary import EmojiVocabulary, emoji_vocabulary

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from emojit.student.decoding import Network

logger = logging.getLogger(__name__)

_LONGEST_INPUT = 512
"""Tokens read of a text where the tokenizer names no limit: what T5 was pretrained on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """The answers to a list of texts."""

    emojis: list[list[str]]
    """One list per text, in the order of the texts: 1 to 5 distinct inventory emoji."""
    cut: int
    """Texts longer than the student reads, whose end it did not see (count)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Emoji that a student would write."""

    emojis: list[str]
    """One to five distinct inventory emoji."""
    score: float
    """Probability of the choice per emoji, see `emojit.student.decoding.search.score`; in [0, 1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """A model that can be asked."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    vocabulary: EmojiVocabulary
    decoding: DecodingConfig
    source: str
    """Repository id, or the folder as it was given."""
    commit: str | None
    """Commit of the repository; None for a folder."""
    calibration: DecodingCalibration | None = None
    """What `calibrate` found; used where `decoding.length` asks for it."""

    def predict(self, texts: Sequence[str], *, batch_size: int | None = None) -> list[list[str]]:
        """Return the emoji of each text; see `answer`."""
        return self.answer(texts, batch_size=batch_size).emojis

    def answer(self, texts: Sequence[str], *, batch_size: int | None = None, quiet: bool = True) -> Predictions:
        """Ask for the emoji of texts, in batches of similar length.

        A text without words is a text: the student answers with what it finds likeliest, and the rule of 1 to 5 emoji has no exception.

        Args:
            texts: any strings.
            batch_size: texts per generation step (count); None takes the recipe's.
            quiet: no progress bar.
        """
        found, cut = self.ask(texts, self.settings, batch_size=batch_size, quiet=quiet)
        if cut:
            logger.warning("texts=%d cut=%d at %d tokens", len(texts), cut, self.max_input_tokens)
        return Predictions(emojis=found, cut=cut)

    def candidates(self, text: str, count: int = 5) -> list[Candidate]:
        """Return the answer to a text, and behind it, by falling score, other choices; what the page of the demo shows.

        Args:
            text: any string.
            count: choices at most (count, at least 1).
        """
        encoded = encode_texts(self.tokenizer, [text], max_tokens=self.max_input_tokens)
        emojis = list(self.vocabulary.emoji_of.values())
        return [
            Candidate(emojis=[emojis[column] for column in choice.columns], score=choice.score)
            for choice in candidates(self.network(), encoded.input_ids[0], self.settings, count)
        ]

    @property
    def settings(self) -> Settings:
        """How its answers are read: the recipe's section with what was fitted."""
        settings = settings_of(self.decoding)
        calibrated = self.decoding.length == "calibrated"
        if calibrated and self.calibration is not None and self.calibration.fits(settings):
            return self.calibration.apply(settings)
        return settings

    @property
    def max_input_tokens(self) -> int:
        """Longest input (tokens); what training used stands in the tokenizer's `model_max_length`."""
        limit: int = self.tokenizer.model_max_length
        return limit if limit < 1_000_000 else _LONGEST_INPUT

    def network(self) -> Network:
        """Return the model with its weights of now, as decoding asks for it."""
        from emojit.student.decoding.torch_network import TorchNetwork

        return TorchNetwork(
            self.model, [*self.vocabulary.emoji_of, self.vocabulary.eos_id], pad_id=self.vocabulary.pad_id
        )

    def save_decoding(self, folder: Path) -> None:
        """Write `emojit_decoding.json` and `generation_config.json` into the model's folder."""
        settings = self.settings
        calibrated = self.decoding.length == "calibrated" and self.calibration is not None
        fitted = self.calibration.as_dict() if calibrated and self.calibration is not None else None
        write_settings(folder, settings, fitted=fitted)
        self.model.generation_config.save_pretrained(folder)

    def ask(
        self, texts: Sequence[str], settings: Settings, *, batch_size: int | None = None, quiet: bool = True
    ) -> tuple[list[list[str]], int]:
        """Return the emoji of each text, and how many texts were cut; see `answer`.

        Args:
            texts: any strings.
            settings: how, in place of the student's own.
            batch_size: texts per generation step (count).
            quiet: no progress bar.
        """
        encoded = encode_texts(self.tokenizer, texts, max_tokens=self.max_input_tokens)
        emojis = list(self.vocabulary.emoji_of.values())
        found: list[list[str]] = [[] for _ in texts]
        network = self.network()
        for batch in self.batches(encoded.input_ids, batch_size, quiet=quiet):
            for index, answer in zip(
                batch, answers(network, [encoded.input_ids[i] for i in batch], settings), strict=True
            ):
                found[index] = [emojis[column] for column in answer]
        return found, encoded.cut

    def batches(
        self, input_ids: Sequence[Sequence[int]], batch_size: int | None, *, quiet: bool
    ) -> Iterator[list[int]]:
        """Yield the places of texts of similar length, short ones first.

        Args:
            input_ids: tokens of each text.
            batch_size: texts per batch (count); None takes the recipe's.
            quiet: no progress bar.
        """
        order = sorted(range(len(input_ids)), key=lambda index: len(input_ids[index]))
        size = batch_size or self.decoding.batch_size
        with progress(total=len(order), label="predict", unit="text", quiet=quiet) as bar:
            for start in range(0, len(order), size):
                batch = order[start : start + size]
                yield batch
                bar.update(len(batch))


def load_student(model: str | Path, revision: str | None = None, *, overrides: Sequence[str] = ()) -> Student:
    """Load a trained student onto the GPU if there is one.

    Args:
        model: a model folder, a run folder, or a Hub repository as namespace/name.
        revision: tag, branch or commit of a repository; None means its main branch.
        overrides: `decoding.key=value` strings as `--set` takes them, above what the model was saved with.

    Raises:
        StudentError: no such model, no tokenizer, no encoder-decoder, a vocabulary without the inventory emoji, or a damaged `emojit_decoding.json`.
        ConfigError: an override is none, or what it asks for was not fitted.
        MissingExtraError: the extra `train` is not installed.
    """
    require_train_extra()
    from emojit.student.loading import load_parts

    parts = load_parts(model, revision)
    vocabulary = emoji_vocabulary(
        parts.tokenizer,
        where=str(model),
        suppressed=parts.model.generation_config.suppress_tokens or (),
        start_id=parts.model.config.decoder_start_token_id,
    )
    decoding, calibration = read_decoding(Path(parts.model.name_or_path), overrides, where=str(model))
    return make_student(
        parts.model,
        parts.tokenizer,
        vocabulary,
        decoding,
        source=parts.source,
        commit=parts.commit,
        calibration=calibration,
    )


def read_decoding(
    folder: Path, overrides: Sequence[str], *, where: str
) -> tuple[DecodingConfig, DecodingCalibration | None]:
    """Read how the answers of the model in a folder are meant to be read; arguments and errors as those of `load_student`."""
    try:
        settings, fitted = read_settings(folder)
        calibration = None if fitted is None else DecodingCalibration.from_dict(fitted)
    except (ValueError, TypeError) as exc:
        raise StudentError(
            f"{where}: {exc}", hint="give a model that `emojit train` wrote, or remove the file"
        ) from exc
    decoding = _overridden(_config_of(settings, calibrated=calibration is not None), overrides, where)
    if decoding.length == "calibrated" and not (calibration and calibration.fits(settings_of(decoding))):
        fitted_for = f"its calibration is for {calibration.method!r}" if calibration else "it has no calibration"
        raise ConfigError(
            f"{where}: decoding.length cannot be 'calibrated' with method {decoding.method!r}: {fitted_for}",
            hint="add --set decoding.length=model",
        )
    return decoding, calibration


def make_student(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    vocabulary: EmojiVocabulary,
    decoding: DecodingConfig,
    *,
    source: str,
    commit: str | None,
    calibration: DecodingCalibration | None = None,
) -> Student:
    """Make a student of a model in memory: moves it to the GPU if there is one, and sets its generation config to `decoding`."""
    import torch

    model.to("cuda" if torch.cuda.is_available() else "cpu")
    student = Student(
        model=model,
        tokenizer=tokenizer,
        vocabulary=vocabulary,
        decoding=decoding,
        source=source,
        commit=commit,
        calibration=calibration,
    )
    rows = model.get_output_embeddings().weight.shape[0]
    model.generation_config = generation_config(
        vocabulary, vocabulary_size=rows, decoding=decoding, end_bias=student.settings.end_bias
    )
    return student


def settings_of(decoding: DecodingConfig) -> Settings:
    """Return what a recipe's section says, before anything was fitted."""
    known = {field.name for field in dataclasses.fields(Settings)} & {
        field.name for field in dataclasses.fields(decoding)
    }
    return Settings(**{name: getattr(decoding, name) for name in known})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """What `--set` may change of a student that is there."""

    decoding: DecodingConfig


def _overridden(decoding: DecodingConfig, overrides: Sequence[str], where: str) -> DecodingConfig:
    if not overrides:
        return decoding
    return load_text(_Section, dump(_Section(decoding=decoding)), where=where, overrides=overrides).decoding


def _config_of(settings: Settings, *, calibrated: bool) -> DecodingConfig:
    """Return the recipe's section that `settings_of` would turn into these settings."""
    known = {field.name for field in dataclasses.fields(settings)} & {
        field.name for field in dataclasses.fields(DecodingConfig)
    }
    values = {name: getattr(settings, name) for name in known}
    return DecodingConfig(length="calibrated" if calibrated else "model", **values)
