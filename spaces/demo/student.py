"""The model: loaded once, asked for the emoji of a text, one to five and never one twice.

The same rule as in the package emojit, which this Space does not need: a token of the vocabulary that is no emoji of Emoji 16.0 cannot be written, and the
answer is read by token id. torch and transformers are imported when a model is loaded, not before.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from emoji_reader.reader import INVENTORY, fold

MOST_EMOJI = 5
"""Emoji of an answer at most (count)."""
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
    except (OSError, ValueError, KeyError, RuntimeError) as exc:
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
    return Student(network, tokenizer)


class Student:
    """A loaded model.

    Args:
        model: an encoder-decoder.
        tokenizer: its tokenizer, in which every emoji is one token.

    Raises:
        ValueError: the tokenizer lacks emoji.
    """

    def __init__(self, model, tokenizer) -> None:
        import torch
        from transformers import GenerationConfig

        known = tokenizer.get_vocab()
        if missing := [emoji for emoji in INVENTORY if emoji not in known]:
            raise ValueError(f"the vocabulary lacks {len(missing)} of the {len(INVENTORY)} emoji, {missing[0]} first")
        self.emoji_of = {known[emoji]: emoji for emoji in INVENTORY}
        self.tokenizer = tokenizer
        self.longest = tokenizer.model_max_length if tokenizer.model_max_length < 1_000_000 else LONGEST_INPUT
        self.end, self.start = tokenizer.eos_token_id, tokenizer.pad_token_id
        given = model.generation_config
        longest = (given.max_new_tokens or MOST_EMOJI + 1) - 1
        self.most = min(max(longest, 1), MOST_EMOJI)
        self.least = min(max(given.min_new_tokens or 1, 1), self.most)
        self.beams = given.num_beams or 1
        model.generation_config = GenerationConfig(
            decoder_start_token_id=self.start,
            pad_token_id=self.start,
            eos_token_id=self.end,
            forced_eos_token_id=self.end,  # an end that must come costs a beam nothing
            do_sample=False,
        )
        self.model = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()

    def ask(self, text: str, *, candidates: int) -> list[Candidate]:
        """Return what the model answers, and behind it what it writes when it must begin with another emoji, by falling score.

        A search for the likeliest answers would bring five that differ in their last emoji.

        Args:
            text: any text.
            candidates: how many are returned at most (count); choices that differ in their order alone count as one.

        Raises:
            TooLong: the text has more tokens than the model reads.
        """
        import torch

        if len(text) > LONGEST_TEXT:
            raise TooLong
        text = text.encode("utf-8", "replace").decode("utf-8")  # a browser may send half a character
        tokens = self.tokenizer([fold(text, lenient=True)], verbose=False).input_ids
        if len(tokens[0]) > self.longest:
            raise TooLong
        with torch.inference_mode():
            ids = torch.tensor(tokens, device=self.model.device)  # (1, L)
            begun = ids.new_full((1, 1), self.start)
            distinct: dict[frozenset[int], list[int]] = {}
            for choice in [
                *self._write(ids, begun, beams=self.beams),
                *self._write(ids, self._begin_otherwise(ids, begun, 2 * candidates), beams=1),
            ]:
                distinct.setdefault(frozenset(choice), choice)
            choices = list(distinct.values())
            scores = self._scores(ids, choices)
        answer, *others = [
            Candidate([self.emoji_of[token] for token in choice], score)
            for choice, score in zip(choices, scores, strict=True)
        ]
        return [answer, *sorted(others, key=lambda one: -one.score)][:candidates]

    def _begin_otherwise(self, ids, begun, count: int):
        """Return `begun` (1, 1) continued by each of the likeliest first emoji: (`count`, 2)."""
        import torch

        logits = self.model(
            input_ids=ids, attention_mask=ids.new_ones(ids.shape), decoder_input_ids=begun
        ).logits  # (1, 1, V)
        first = self._permit(begun, logits[:, -1]).topk(count).indices  # (1, count)
        return torch.cat([begun.expand(count, -1), first.T], dim=1)

    def _write(self, ids, begun, *, beams: int) -> list[list[int]]:
        """Return the emoji tokens of the answers that begin as the rows of `begun` (N, L) do, the start token first."""
        many = ids.expand(begun.shape[0], -1)
        generated = self.model.generate(
            input_ids=many,
            attention_mask=many.new_ones(many.shape),
            decoder_input_ids=begun,
            max_new_tokens=self.most + 2 - begun.shape[1],
            num_beams=beams,
            logits_processor=[self._permit],
        )  # (N, up to 7): start, emoji, end, padding
        return [[token for token in row if token in self.emoji_of] for row in generated.tolist()]

    def _permit(self, written, scores):
        """Return `scores` (B, V) with -inf wherever a token may not follow `written` (B, L), whose first column is the start token."""
        import torch

        count = written.shape[1] - 1
        allowed = torch.zeros_like(scores, dtype=torch.bool)
        if count < self.most:
            allowed[:, list(self.emoji_of)] = True
            allowed.scatter_(1, written, value=False)
        if count >= self.least:
            allowed[:, self.end] = True
        return scores.masked_fill(~allowed, -torch.inf)

    def _scores(self, ids, choices: list[list[int]]) -> list[float]:
        """Return the score of each choice, from one pass of the decoder over all of them."""
        import torch

        rows = [[self.start, *choice, self.end] for choice in choices]
        length = max(map(len, rows))
        written = ids.new_tensor([row + [self.start] * (length - len(row)) for row in rows])  # (N, T + 1)
        many = ids.expand(len(rows), -1)
        logits = self.model(
            input_ids=many, attention_mask=many.new_ones(many.shape), decoder_input_ids=written[:, :-1]
        ).logits  # (N, T, V)
        steps = [
            torch.log_softmax(self._permit(written[:, : step + 1], logits[:, step]), dim=-1)
            .gather(1, written[:, step + 1 : step + 2])
            .squeeze(1)
            for step in range(length - 1)
        ]
        chances = torch.stack(steps, dim=1)  # (N, T); what stands behind an end is not looked at
        counted = [len(choice) + (len(choice) < self.most) for choice in choices]
        return [chances[row, :count].mean().exp().item() for row, count in enumerate(counted)]
