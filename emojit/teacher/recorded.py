"""Teachers that play back: the recorded replies of the sample, and the replies of a release."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from emojit import emoji
from emojit.errors import TeacherError
from emojit.resources import resource
from emojit.teacher.records import Question, Reply, Step

SAMPLE = "sample/replies.jsonl"


class RecordedTeacher:
    """Answers from a file of recorded replies; the packaged sample by default.

    One JSON object per line: `text`, `sns_text`, `emojis` (a list, or one string with blanks), and `second`, a further independent choice, or null.
    An unknown sentence is an error and no answer, so that a changed sample is noticed. The wording of the prompts does not matter here.
    """

    live = False

    def __init__(self, path: str | Path | None = None) -> None:
        """Read the file.

        Raises:
            TeacherError: the file is missing, a line is no reply, or two lines answer the same question differently.
        """
        self.path = Path(path) if path is not None else resource(SAMPLE)
        self._replies: dict[tuple[str, str, int], str] = {}
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as exc:
            message = f"recorded replies {self.path}: cannot be read ({exc})"
            raise TeacherError(message, hint="give a UTF-8 JSONL file") from exc
        for number, line in enumerate(lines, start=1):
            if line.strip():
                self._add(number, line)

    async def ask(self, question: Question) -> Reply:
        """Return the recorded reply.

        Raises:
            TeacherError: there is none for this sentence, or none for this opinion.
        """
        text = self._replies.get((question.step, question.text, question.sample))
        if text is None:
            about = f"{self.path.name} holds no reply ({question.step}, opinion {question.sample + 1}) for: {question.text}"
            if (question.step, question.text, 0) in self._replies:
                hint = "fewer opinions are recorded: --set teacher.samples=1 --set teacher.eval_samples=1"
            else:
                hint = "the recorded teacher knows its own sentences only: use --teacher openai, or the corpus the file was made for"
            raise TeacherError(f"recorded teacher: {about}", hint=hint)
        key, request = question.key, question.request
        return Reply(key=key, request=request, text=text, finish_reason="stop", provider="recorded", attempts=1)

    async def close(self) -> None:
        """Nothing is open."""

    def _add(self, number: int, line: str) -> None:
        where = f"recorded replies {self.path}: line {number}"
        try:
            answers = _answers(json.loads(line))
        except (ValueError, KeyError, TypeError):
            needed = 'needed: {"text": …, "sns_text": …, "emojis": […]}'
            raise TeacherError(f"{where} is no reply", hint=needed) from None
        for question, reply in answers:
            if self._replies.setdefault(question, reply) != reply:
                raise TeacherError(
                    f"{where} answers a question of an earlier line differently ({question[0]}: {question[1]})",
                    hint="one question has one answer: remove one of the two lines",
                )


class ReplayTeacher:
    """Answers from the replies of a release, so that a version can be built again for nothing."""

    live = False

    def __init__(self, replies: Mapping[str, Reply]) -> None:
        """Take the replies by key, the ones with an error among them."""
        self._replies = replies

    async def ask(self, question: Question) -> Reply:
        """Return the reply of the release.

        Raises:
            TeacherError: the release was not made with this question.
        """
        reply = self._replies.get(question.key)
        if reply is None:
            raise TeacherError(
                f"the release holds no reply to this question ({question.step}): {question.text}",
                hint="corpus, filters, prompts and [teacher] must be those of its recipe.toml, and emojit the version in its manifest.json",
            )
        return reply

    async def close(self) -> None:
        """Nothing is open."""


def _answers(row: dict[str, object]) -> list[tuple[tuple[Step, str, int], str]]:
    """Return what a line answers: ((step, text of the question, sample), reply)."""
    text, post = row["text"], row["sns_text"]
    if not isinstance(text, str) or not isinstance(post, str):
        raise TypeError
    answers: list[tuple[tuple[Step, str, int], str]] = [
        (("rewrite", text, 0), post),
        (("emoji", post, 0), _written(row["emojis"])),
    ]
    if row.get("second") is not None:
        answers.append((("emoji", post, 1), _written(row["second"])))
    return answers


def _written(emojis: object) -> str:
    if isinstance(emojis, str):
        return emojis
    if isinstance(emojis, list) and all(isinstance(item, str) for item in emojis):
        return emoji.join(emojis)
    raise TypeError
