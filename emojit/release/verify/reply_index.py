"""The replies of a build as a table on disk, by what they were asked about: any number of them in constant memory."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from emojit import emoji
from emojit.recipe import TeacherConfig
from emojit.teacher import (
    Reply,
    Unreadable,
    banned_forms,
    emoji_question,
    post_question,
    read_emojis,
    rewrite_question,
)
from emojit.teacher.posts import read_posts
from emojit.teacher.reading import Rewrite, read_rewrite

_GAP = "\ue000"  # of the private use area: it stands in no prompt
_MOST_POSTS = 100


class ReplyIndex:
    """Reads replies once and answers what they say about a sentence and about a post.

    Use it as a context manager; the table is gone afterwards.
    """

    def __init__(self, folder: Path, config: TeacherConfig) -> None:
        """Open an empty table in a folder for temporary files.

        Args:
            folder: where the table lies meanwhile.
            config: the teacher of the build; its prompts must be those of this version of emojit.
        """
        self._config = config
        self._banned = banned_forms(config.banned)
        self._heads = {
            "rewrite": _head(rewrite_question(_GAP, config).body),
            "emoji": _head(emoji_question(_GAP, config).body),
            "post": _head(post_question(_GAP, "", 1, config).body),
        }
        self._table = sqlite3.connect(folder / "replies.sqlite", isolation_level=None)
        self._table.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN;"
            "CREATE TABLE rewrites (about TEXT PRIMARY KEY, text TEXT, leaked INTEGER) WITHOUT ROWID;"
            "CREATE TABLE posts (text TEXT PRIMARY KEY, leaked INTEGER) WITHOUT ROWID;"
            "CREATE TABLE votes (about TEXT, wording TEXT, sample INTEGER, vote TEXT, PRIMARY KEY (about, wording, sample)) WITHOUT ROWID;"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._table.close()

    def add(self, reply: Reply) -> None:
        """Read one reply as the build read it; one without an answer, or that cannot be read, says nothing."""
        if reply.error is not None:
            return
        request = json.loads(reply.request)
        messages = request["body"]["messages"]
        user = messages[-1]["content"]
        with contextlib.suppress(Unreadable):
            if user.startswith(self._heads["rewrite"]):
                about = user.removeprefix(self._heads["rewrite"])
                post = read_rewrite(reply.text, about, finish_reason=reply.finish_reason)
                self._table.execute("INSERT OR IGNORE INTO rewrites VALUES (?, ?, ?)", (about, post.text, post.leaked))
            elif user.startswith(self._heads["emoji"]):
                about = user.removeprefix(self._heads["emoji"])
                vote = read_emojis(reply.text, self._banned, finish_reason=reply.finish_reason)
                values = (about, messages[0]["content"], request["sample"], emoji.join(vote))
                self._table.execute("INSERT OR IGNORE INTO votes VALUES (?, ?, ?, ?)", values)
            elif user.startswith(self._heads["post"]):
                for line in read_posts(reply.text, _MOST_POSTS, finish_reason=reply.finish_reason):
                    self._table.execute("INSERT OR IGNORE INTO posts VALUES (?, ?)", (line.text, line.leaked))

    def rewrite(self, sentence: str) -> Rewrite | None:
        """Return the post that the teacher made of a sentence, or None."""
        return self._rewrite("SELECT text, leaked FROM rewrites WHERE about = ?", sentence)

    def post(self, text: str) -> Rewrite | None:
        """Return a post that the teacher wrote for a rare emoji, or None where it wrote no such post."""
        return self._rewrite("SELECT text, leaked FROM posts WHERE text = ?", text)

    def votes(self, post: str, samples: int) -> Iterator[Sequence[tuple[str, ...]]]:
        """Yield the readable choices of emoji for a post, once for every wording of the question: the plain one, and those that steer.

        Args:
            post: the post.
            samples: opinions that count (count); later ones belong to another row with the same post.
        """
        found = self._table.execute(
            "SELECT wording, vote FROM votes WHERE about = ? AND sample < ? ORDER BY wording, sample", (post, samples)
        )
        by_wording: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for wording, vote in found:
            by_wording[wording].append(tuple(vote.split(" ")))
        yield from by_wording.values()

    def _rewrite(self, query: str, text: str) -> Rewrite | None:
        found = self._table.execute(query, (text,)).fetchone()
        return None if found is None else Rewrite(text=found[0], leaked=found[1])


def _head(body: dict[str, object]) -> str:
    """Return what stands before the text in a question."""
    messages = body["messages"]
    assert isinstance(messages, list)
    content: str = messages[-1]["content"]
    return content.split(_GAP, maxsplit=1)[0]
