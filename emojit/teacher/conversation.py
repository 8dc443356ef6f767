"""What is asked about one sentence: the rewrite, then the emoji of every sample for that rewrite; and the same for a post that is there already."""

from __future__ import annotations

import dataclasses
from functools import lru_cache

from emojit import emoji
from emojit.errors import ConfigError
from emojit.metrics import consensus
from emojit.recipe import TeacherConfig
from emojit.teacher.engine import Engine
from emojit.teacher.prompts import emoji_question, rewrite_question
from emojit.teacher.reading import Rewrite, Unreadable, read_emojis, read_rewrite
from emojit.teacher.records import NO_ANSWER, Labelled, Task


async def converse(task: Task, engine: Engine, config: TeacherConfig) -> Labelled:
    """Ask everything about one sentence.

    Args:
        task: the sentence.
        engine: who answers.
        config: prompts' parameters, banned emoji.

    Returns:
        A pair, or the reason why there is none.

    Raises:
        ConfigError: something banned is no emoji.
        TeacherError: as `Engine.reply`.
    """
    question = rewrite_question(task.text, config)
    reply = await engine.reply(question)
    if reply.error is not None:
        return Labelled(id=task.id, stage="rewrite", reason=NO_ANSWER, detail=reply.error, keys=(question.key,))
    try:
        post = read_rewrite(reply.text, task.text, finish_reason=reply.finish_reason)
    except Unreadable as exc:
        return Labelled(id=task.id, stage="rewrite", reason=exc.reason, detail=exc.detail, keys=(question.key,))

    return await choose(task, post, engine, config, before=(question.key,))


async def choose(
    task: Task, post: Rewrite, engine: Engine, config: TeacherConfig, *, before: tuple[str, ...] = ()
) -> Labelled:
    """Ask for the emoji of a post, once for every sample.

    Args:
        task: how many opinions are wanted, and what the question steers away from; its text is not asked about.
        post: the post.
        engine: who answers.
        config: prompts' parameters, banned emoji.
        before: keys of the questions that led to the post.

    Returns:
        A pair, or the reason why there is none.

    Raises:
        ConfigError: something banned is no emoji.
        TeacherError: as `Engine.reply`.
    """
    banned = banned_forms(config.banned)
    asked = [emoji_question(post.text, config, sample, task.avoid) for sample in range(task.samples)]
    votes: list[tuple[str, ...]] = []
    rejections: list[tuple[str, str]] = []
    for reply in await engine.opinions(asked):
        if reply.error is not None:
            rejections.append((NO_ANSWER, reply.error))
            continue
        try:
            votes.append(read_emojis(reply.text, banned, finish_reason=reply.finish_reason))
        except Unreadable as exc:
            rejections.append((exc.reason, exc.detail))
    keys = (*before, *(one.key for one in asked))
    labelled = Labelled(id=task.id, sns_text=post.text, leaked=post.leaked, votes=tuple(votes), keys=keys)
    if votes:
        return dataclasses.replace(labelled, emojis=votes[0] if len(votes) == 1 else consensus(votes))
    reason, detail = rejections[0]
    return dataclasses.replace(labelled, stage="emoji", reason=reason, detail=detail)


@lru_cache(maxsize=16)
def banned_forms(banned: tuple[str, ...]) -> frozenset[str]:
    """Return the banned emoji in the form in which replies are read.

    Raises:
        ConfigError: something banned is no emoji.
    """
    forms = set()
    for spelling in banned:
        if (form := emoji.canonical(spelling)) is None:
            raise ConfigError(
                f"teacher.banned: {spelling!r} is no emoji of Emoji 16.0", hint='for example banned = ["✨"]'
            )
        forms.add(form)
    return frozenset(forms)
