"""Walks through a network that write answers: greedy, beams, beams that avoid each other, and samples. All in columns, see `network`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emojit.student.decoding.network import Columns, Session
from emojit.student.decoding.rule import log_softmax, permit, top
from emojit.student.decoding.settings import Settings

Floats = NDArray[np.float64]

_GRID = 2.0**32
"""Random numbers are multiples of 1 / this: added to the number of a row they stay exact."""


@dataclass(frozen=True, slots=True)
class _Chances:
    """What may come next, and how likely: the one place where a session is asked."""

    session: Session
    settings: Settings

    def after(self, written: Columns) -> Floats:
        """Return log-probabilities (N, emoji + 1) of what follows `written` (N, T)."""
        logits = self.session.step(written[:, -1] if written.shape[1] else None)
        logits[:, -1] += self.settings.end_bias
        return log_softmax(permit(logits, written, least=self.settings.min_emojis, most=self.settings.max_emojis))


def _nothing(rows: int) -> Columns:
    return np.empty((rows, 0), dtype=np.int64)


def first_chances(session: Session, settings: Settings, rows: int) -> Floats:
    """Return the log-probabilities of the first emoji (N, emoji + 1)."""
    return _Chances(session, settings).after(_nothing(rows))


def greedy(session: Session, settings: Settings, rows: int, *, first: Columns | None = None) -> list[list[int]]:
    """Take the likeliest column again and again.

    Args:
        session: `rows` texts.
        settings: the rule.
        rows: texts (count).
        first: the first emoji of each answer, where it is given (N,).
    """
    chances = _Chances(session, settings)
    answers: list[list[int]] = [[] for _ in range(rows)]
    live = np.arange(rows)
    written = _nothing(rows)
    while len(live) and written.shape[1] < settings.max_emojis:  # what comes after that many is known without asking
        scores = chances.after(written)
        chosen = scores.argmax(axis=1) if first is None or written.shape[1] else first
        going = chosen != scores.shape[1] - 1
        if not going.all():
            for row in np.flatnonzero(~going).tolist():
                answers[live[row]] = written[row].tolist()
            session.keep(np.flatnonzero(going))
            live, written, chosen = live[going], written[going], chosen[going]
        written = np.concatenate([written, chosen[:, None]], axis=1)
    for row, text in enumerate(live.tolist()):
        answers[text] = written[row].tolist()
    return answers


def beam(session: Session, settings: Settings, rows: int) -> list[list[int]]:
    """Return for each text the answer with the highest log-probability per emoji that a search with `num_beams` beams finds.

    The end counts as one emoji, except behind the last emoji that fits, where it is certain.
    """
    chances = _Chances(session, settings)
    best: list[tuple[float, list[int]]] = [(-np.inf, []) for _ in range(rows)]
    written, sums, width = _nothing(rows), np.zeros((rows, 1)), 1
    for count in range(settings.max_emojis):
        steps = chances.after(written)  # (rows * width, columns)
        columns = steps.shape[1]
        total = sums[:, :, None] + steps.reshape(rows, width, columns)
        for row, hypothesis in enumerate(total[:, :, -1].argmax(axis=1).tolist()):
            score = float(total[row, hypothesis, -1]) / (count + 1)
            if score > best[row][0]:
                best[row] = (score, written[row * width + hypothesis].tolist())
        going = total[:, :, :-1].reshape(rows, -1)
        kept = min(settings.num_beams, going.shape[1])
        best_going = top(going, kept)  # (rows, kept)
        sums = np.take_along_axis(going, best_going, axis=1)
        parents = (np.arange(rows)[:, None] * width + best_going // (columns - 1)).ravel()
        written = np.concatenate([written[parents], (best_going % (columns - 1)).ravel()[:, None]], axis=1)
        width = kept
        if count + 1 < settings.max_emojis:
            session.keep(parents)
    for row, hypothesis in enumerate(sums.argmax(axis=1).tolist()):
        score = float(sums[row, hypothesis]) / settings.max_emojis
        if score > best[row][0]:
            best[row] = (score, written[row * width + hypothesis].tolist())
    return [answer for _, answer in best]


def diverse_beam(session: Session, settings: Settings, rows: int) -> list[list[int]]:
    """Return the answer with the highest log-probability per emoji of `num_beams` greedy walks, each of which avoids what the walks before it chose.

    Source: diverse beam search with Hamming diversity and groups of one beam, Vijayakumar et al. (2016), https://arxiv.org/abs/1610.02424.
    """
    chances = _Chances(session, settings)
    groups = settings.num_beams
    written, sums = _nothing(rows), np.zeros((rows, groups))
    ended = np.zeros((rows, groups), dtype=bool)
    lengths = np.full((rows, groups), settings.max_emojis)
    for count in range(settings.max_emojis):
        steps = chances.after(written)
        columns = steps.shape[1]
        if count == 0:
            steps, written = np.repeat(steps, groups, axis=0), _nothing(rows * groups)
            session.keep(np.repeat(np.arange(rows), groups))
        scores = steps.reshape(rows, groups, columns)
        penalty = np.zeros((rows, columns))
        chosen = np.empty((rows, groups), dtype=np.int64)
        for group in range(groups):
            choice = (scores[:, group] - penalty).argmax(axis=1)
            live = ~ended[:, group]
            penalty[np.arange(rows)[live], choice[live]] += settings.diversity_penalty
            gained = np.take_along_axis(scores[:, group], choice[:, None], axis=1)[:, 0]
            sums[live, group] += gained[live]
            now = live & (choice == columns - 1)
            lengths[now, group] = count
            ended[:, group] |= now
            chosen[:, group] = np.where(choice == columns - 1, 0, choice)  # a walk that has ended is not looked at
        written = np.concatenate([written, chosen.ravel()[:, None]], axis=1)
        if ended.all():
            break
    counted = lengths + ended
    best = (sums / counted).argmax(axis=1)
    return [written[row * groups + group, : lengths[row, group]].tolist() for row, group in enumerate(best)]


def sample(session: Session, settings: Settings, uniforms: Floats) -> list[list[list[int]]]:
    """Draw answers.

    Answers that begin alike are one row of the session until they part.

    Args:
        session: N texts.
        settings: the rule and the temperature.
        uniforms: numbers in [0, 1) for N texts, K samples and `max_emojis` steps (N, K, T).

    Returns:
        K answers for each text.
    """
    rows, count, _ = uniforms.shape
    chances = _Chances(session, settings)
    drawn: list[list[list[int]]] = [[[] for _ in range(count)] for _ in range(rows)]
    walkers = np.stack(
        [np.repeat(np.arange(rows), count), np.tile(np.arange(count), rows)]
    )  # (2, walkers): text, sample
    node = walkers[0].copy()  # (walkers,): each one's row of the session
    written = _nothing(rows)
    for step in range(settings.max_emojis):
        scores = chances.after(written) / settings.temperature
        chances_up_to = np.cumsum(np.exp(scores - scores.max(axis=1, keepdims=True)), axis=1)
        chances_up_to /= chances_up_to[:, -1:]
        columns = scores.shape[1]
        numbers = np.floor(uniforms[walkers[0], walkers[1], step] * _GRID) / _GRID
        steps = (chances_up_to + np.arange(len(scores))[:, None]).ravel()
        chosen = np.searchsorted(steps, numbers + node, side="right") - node * columns
        going = chosen != columns - 1
        walkers, node, chosen = walkers[:, going], node[going], chosen[going]
        for text, which, column in zip(*walkers, chosen, strict=True):
            drawn[text][which].append(int(column))
        if not len(node):
            break
        kept, node = np.unique(node * columns + chosen, return_inverse=True)
        written = np.concatenate([written[kept // columns], (kept % columns)[:, None]], axis=1)
        if step + 1 < settings.max_emojis:
            session.keep(kept // columns)
    return drawn


def score(session: Session, settings: Settings, choices: list[list[int]]) -> list[float]:
    """Return for each row of a session the probability of an answer per emoji.

    Args:
        session: as many rows as answers.
        settings: the rule.
        choices: distinct emoji, `min_emojis` to `max_emojis`.

    Returns:
        The geometric mean of the probabilities of the emoji and, where more could have followed, of the end; in [0, 1].
    """
    chances = _Chances(session, settings)
    longest = max(map(len, choices))
    padded = np.array([choice + [-1] * (longest - len(choice)) for choice in choices])
    sums, written = np.zeros(len(choices)), _nothing(len(choices))
    for step in range(min(longest + 1, settings.max_emojis)):
        scores = chances.after(written)
        wanted = padded[:, step] if step < longest else np.full(len(choices), -1)
        asked = [step <= len(choice) for choice in choices]
        sums += np.where(asked, scores[np.arange(len(choices)), wanted], 0.0)  # -1 is the end, the last column
        written = np.concatenate([written, np.maximum(wanted, 0)[:, None]], axis=1)
    counted = np.array([len(choice) + (len(choice) < settings.max_emojis) for choice in choices])
    chances_per_emoji: list[float] = np.exp(sums / counted).tolist()
    return chances_per_emoji
