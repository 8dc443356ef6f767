"""The stage for rare emoji: once the sentences of the corpus have given their rows, the teacher writes posts for emoji that have too few.

For every emoji of the floor's inventory with fewer than `balance.floor_rows` rows the teacher is asked for posts that fit it. A post goes the way of a
rewrite: it is read, gets its emoji by the same question as every row (which does not name the emoji that is wanted), and becomes a row only where
the wanted emoji is among them, the cap holds and no row says the same. So the stage adds posts that a teacher would answer with this emoji, not
posts that were labelled by decree.

Rounds are blocks as in `emojit.dataset.blocks`: one question per emoji and round, which shows the posts of earlier rounds so that the new ones differ; asked
side by side, decided in the order of the inventory, and given up after a bounded number of rounds or after two in a row that gave nothing.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from emojit import emoji as emojis
from emojit.corpus.records import Sentence, sentence_id
from emojit.dataset.balance import Ledger
from emojit.dataset.blocks import OVER_REPRESENTED
from emojit.dataset.outcome import BelowFloor
from emojit.dataset.pair import RARE, STEERED, WRITTEN
from emojit.dataset.rows import Rows
from emojit.dataset.splits import split_of
from emojit.recipe import BuildRecipe, SplitConfig, TeacherConfig
from emojit.teacher import Engine, Labelled, Task, banned_forms, choose, post_question, together
from emojit.teacher.posts import read_posts
from emojit.teacher.reading import Unreadable
from emojit.teacher.records import NO_ANSWER

SOURCE = WRITTEN
"""Source of the rows of this stage."""

MISSING = "wanted_emoji_missing"
"""Reason of a post whose emoji do not hold the one that it was written for."""

_MOST_POSTS = 10  # of one question: a longer list gets monotonous, and its end is cut
_SPARE_POSTS = 2  # some are never usable; what is over is a row more
_SPARE_ROUNDS = 2
_IDLE_ROUNDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PostAsk:
    """One question for posts.

    Attributes:
        emoji: the emoji that they shall fit.
        doc_id: of the posts.
        posts: posts wanted (count).
        known: posts that were written before, the latest ones.
        avoid: what the question for their emoji steers away from.
        samples: opinions on each post (count).
    """

    emoji: str
    doc_id: str
    posts: int
    known: tuple[str, ...]
    avoid: tuple[str, ...]
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostAnswer:
    """What came of a question for posts.

    Attributes:
        keys: of the question for posts.
        labelled: one record per post, in the order of the reply; `sns_text` is the post.
        reason: why there is no post at all, or None.
        detail: the reply, or the error of the call.
    """

    keys: tuple[str, ...]
    labelled: tuple[Labelled, ...] = ()
    reason: str | None = None
    detail: str = ""


@dataclass(slots=True)
class _Emoji:
    """How far one emoji has come."""

    emoji: str
    rounds_left: int
    idle: int = 0
    known: deque[str] = field(default_factory=lambda: deque(maxlen=_MOST_POSTS))
    reasons: Counter[str] = field(default_factory=Counter)


async def write_posts(ask: PostAsk, engine: Engine, config: TeacherConfig) -> PostAnswer:
    """Ask for posts, then for the emoji of each.

    Raises:
        TeacherError: as `Engine.reply`.
    """
    name = emojis.entry(ask.emoji).name_ja
    question = post_question(ask.emoji, name, ask.posts, config, ask.known)
    keys = (question.key,)
    reply = await engine.reply(question)
    if reply.error is not None:
        return PostAnswer(keys=keys, reason=NO_ANSWER, detail=reply.error)
    try:
        lines = read_posts(reply.text, ask.posts, finish_reason=reply.finish_reason)
    except Unreadable as exc:
        return PostAnswer(keys=keys, reason=exc.reason, detail=exc.detail)
    labelled: dict[int, Labelled] = {}

    async def label(index: int) -> None:
        line = lines[index]
        id_ = sentence_id(SOURCE, ask.doc_id, line.text)
        if line.reason is not None:
            labelled[index] = Labelled(id=id_, sns_text=line.text, stage="post", reason=line.reason)
            return
        task = Task(id=id_, text=line.text, samples=ask.samples, avoid=ask.avoid)
        labelled[index] = await choose(task, line.rewrite, engine, config)

    await together(label(index) for index in range(len(lines)))
    return PostAnswer(keys=keys, labelled=tuple(labelled[index] for index in range(len(lines))))


class RarePosts:
    """Forms and decides the rounds; a core for `emojit.dataset.drive`.

    Attributes:
        inventory: emoji of the floor's inventory (count).
        posts: posts that the teacher wrote (count), rejected ones included.
    """

    def __init__(self, recipe: BuildRecipe, ledger: Ledger, rows: Rows) -> None:
        """Find the emoji below the floor.

        Args:
            recipe: of the build.
            ledger: of the rows that are there.
            rows: keeps what comes out.
        """
        wanted = _inventory(recipe, ledger)
        self.inventory = len(wanted)
        self.posts = 0
        self._recipe = recipe
        self._floor = recipe.balance.floor_rows
        self._ledger = ledger
        self._rows = rows
        self._short = [
            _Emoji(emoji, _rounds(self._floor - ledger.counts[emoji]))
            for emoji in wanted
            if ledger.counts[emoji] < self._floor
        ]
        self._ready = deque(self._short)
        self._open: deque[tuple[tuple[_Emoji, PostAsk], ...]] = deque()

    def more(self) -> list[tuple[PostAsk, ...]]:
        """Form the next rounds of the emoji that are still short."""
        formed = []
        while len(self._open) < self._recipe.balance.lag and (block := tuple(self._take())):
            self._open.append(block)
            formed.append(tuple(ask for _, ask in block))
        return formed

    def decide(self, answers: Sequence[PostAnswer]) -> None:
        """Decide the oldest open block."""
        for (one, ask), answer in zip(self._open.popleft(), answers, strict=True):
            before = self._ledger.counts[one.emoji]
            self._decide(one, ask, answer)
            one.idle = 0 if self._ledger.counts[one.emoji] > before else one.idle + 1
            if self._missing(one) and one.rounds_left and one.idle < _IDLE_ROUNDS:
                self._ready.append(one)

    def below(self) -> tuple[BelowFloor, ...]:
        """Return the emoji that stay below the floor, and what became of their posts."""
        return tuple(
            BelowFloor(
                emoji=one.emoji,
                rows=self._ledger.counts[one.emoji],
                reason=", ".join(f"{reason} {n}" for reason, n in one.reasons.most_common(3)) or "too few posts",
            )
            for one in self._short
            if self._missing(one)
        )

    def _take(self) -> Iterator[tuple[_Emoji, PostAsk]]:
        full = self._ledger.full()
        taken = 0
        while self._ready and taken < self._recipe.balance.block:
            one = self._ready.popleft()
            if not self._missing(one):  # posts for others held it
                continue
            one.rounds_left -= 1
            taken += 1
            ask = PostAsk(
                emoji=one.emoji,
                doc_id=train_doc_id(one.emoji, self._recipe.splits),
                posts=min(_MOST_POSTS, self._missing(one) + _SPARE_POSTS),
                known=tuple(one.known),
                avoid=tuple(emoji for emoji in full if emoji != one.emoji),
                samples=self._recipe.teacher.samples,
            )
            yield one, ask

    def _missing(self, one: _Emoji) -> int:
        return max(0, self._floor - self._ledger.counts[one.emoji])

    def _decide(self, one: _Emoji, ask: PostAsk, answer: PostAnswer) -> None:
        self._rows.replies.write(answer.keys)
        if answer.reason is not None:
            self._reject(one, self._sentence(ask, ""), answer.reason, answer.detail)
        for labelled in answer.labelled:
            self.posts += 1
            self._rows.used(labelled)
            post = labelled.sns_text or ""
            one.known.append(post)
            sentence = self._sentence(ask, post)
            if labelled.reason is not None:
                self._reject(one, sentence, labelled.reason, labelled.detail)
            elif one.emoji not in labelled.emojis:
                self._reject(one, sentence, MISSING, f"{one.emoji} is not among {emojis.join(labelled.emojis)}")
            elif (clash := self._rows.clash(sentence, labelled)) is not None:
                self._reject(one, sentence, *clash)
            elif not self._ledger.fits(labelled.emojis):
                over = emojis.join(self._ledger.over(labelled.emojis))
                self._reject(one, sentence, OVER_REPRESENTED, f"over the cap: {over}")
            else:
                self._ledger.add(labelled.emojis)
                self._rows.keep(sentence, labelled, flags=(*((STEERED,) if ask.avoid else ()), RARE))

    def _reject(self, one: _Emoji, sentence: Sentence, reason: str, detail: str) -> None:
        one.reasons[reason] += 1
        self._rows.refuse(sentence, "post", reason, detail or f"for {one.emoji}")

    def _sentence(self, ask: PostAsk, post: str) -> Sentence:
        return Sentence(
            id=sentence_id(SOURCE, ask.doc_id, post),
            source=SOURCE,
            doc_id=ask.doc_id,
            title=None,
            url=None,
            licence=self._recipe.teacher.licence,
            index=0,
            text=post,
        )


def train_doc_id(emoji: str, splits: SplitConfig) -> str:
    """Return the document that all posts for an emoji belong to: its code points, and the first number with which the hash puts it into train.

    The posts are made for training; with such an id that holds by the same rule as for every article, for ever.
    """
    points = "-".join(f"{ord(char):x}" for char in emoji)
    number = 0
    while split_of(SOURCE, doc_id := f"{points}.{number}", splits) != "train":
        number += 1
    return doc_id


def _inventory(recipe: BuildRecipe, ledger: Ledger) -> list[str]:
    """Return the emoji that shall reach the floor: the most frequent ones of the build, or all but the banned ones in Unicode order."""
    top = recipe.balance.floor_top
    if top:
        return sorted(ledger.counts, key=lambda emoji: (-ledger.counts[emoji], emoji))[:top]
    banned = banned_forms(recipe.teacher.banned)
    return [entry.emoji for entry in emojis.inventory() if entry.emoji not in banned]


def _rounds(missing: int) -> int:
    return 2 * math.ceil(missing / _MOST_POSTS) + _SPARE_ROUNDS
