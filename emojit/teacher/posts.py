"""Read the reply to the question for posts: one post per line.

The reply as a whole is read as in `emojit.teacher.reading`: thinking and fences are cut; empty ones and refusals are no answer. Then:

| what came | reading |
|---|---|
| lines that begin with "1. ", "- ", "① " | these lines are the posts, without the mark; lines without one are talk and left out |
| no line with a mark | every line is a post, but for a first line that announces; a single one where several were asked for: `chatter` |
| finish_reason "length" | the last line is cut off and left out; `truncated` where it is the only one |
| a label ("投稿1:"), quotes around the whole | cut |
| emoji in a post | taken out and counted |
| more posts than were asked for | the first ones |
| a post of fewer than 8 or more than 140 code points | `too_short`, `too_long` |
| Latin or other foreign letters, talk about emoji or the task | `english`, `foreign_script`, `chatter` as for a rewrite |
| the same post twice | the first is kept |
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from emojit import emoji
from emojit.teacher.reading import (
    Rewrite,
    Unreadable,
    announces,
    checked,
    foreign_reason,
    lines_of,
    talks_about_the_task,
    unmarked,
    unquoted,
)

_MIN_CHARS, _MAX_CHARS = 8, 140
_LABEL = re.compile(r"^\W{0,3}(?:投稿|ポスト|post)\s*\d{0,2}\s*\**\s*[:：]\s*\**\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One post of the reply.

    Attributes:
        text: one line without emoji.
        leaked: emoji that were taken out (count).
        reason: why it cannot be used, or None.
    """

    text: str
    leaked: int = 0
    reason: str | None = None

    @property
    def rewrite(self) -> Rewrite:
        """The post in the form in which rewrites are handed on."""
        return Rewrite(text=self.text, leaked=self.leaked)


def read_posts(text: str, count: int, *, finish_reason: str | None = None) -> list[Post]:
    """Read posts.

    Args:
        text: the reply as it came.
        count: posts that were asked for (count).
        finish_reason: as the endpoint says it.

    Returns:
        1 to `count` different posts in the order of the reply, unusable ones with their reason.

    Raises:
        Unreadable: the reply holds no post.
    """
    cut = finish_reason == "length"
    lines = lines_of(checked(text, None if cut else finish_reason))
    if cut:
        lines = lines[:-1]
        if not lines:
            raise Unreadable("truncated", text)
    marked = [bare for line in lines if (bare := unmarked(line)) != line]
    loose = not marked
    if loose:
        marked = lines[1:] if len(lines) > 1 and announces(lines[0]) else lines
    posts: dict[str, Post] = {}
    for line in marked:
        post = _post(line)
        if post is not None:
            posts.setdefault(post.text, post)
    if not posts:
        raise Unreadable("empty", text)
    if loose and len(marked) == 1 and count > 1:
        raise Unreadable("chatter", text)
    return list(posts.values())[:count]


def _post(line: str) -> Post | None:
    raw = unquoted(_LABEL.sub("", line))
    found = emoji.read(raw)
    text = re.sub(r"\s+", " ", emoji.strip(raw)).strip()
    if not any(char.isalnum() for char in text):
        return None
    return Post(text=text, leaked=len(found.emojis) + len(found.outside), reason=_reason(text))


def _reason(text: str) -> str | None:
    if len(text) < _MIN_CHARS:
        return "too_short"
    if len(text) > _MAX_CHARS:
        return "too_long"
    if (reason := foreign_reason(text, "")) is not None:
        return reason
    return "chatter" if talks_about_the_task(text, "") else None
