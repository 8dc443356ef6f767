"""A comparison that nobody measured, with everything in it that a page can show, and hostile words where people write words."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from emojit.evaluation.report import Interval
from emojit.experiment.comparison.facts import (
    NONE,
    OTHER,
    SCHEMA_VERSION,
    Baseline,
    Comparison,
    Confusion,
    Criterion,
    CurvePoint,
    Difference,
    EmojiShare,
    Expressible,
    Finding,
    Published,
    Run,
    Sample,
    Scores,
    Spread,
    TestRows,
    Variant,
)

HOSTILE = "</style></svg><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
EMOJI = ("🎉", "😊", "🌸", "📚", "🏔️", "🐶", "🍜", "⚽", "🎵", "👨‍👩‍👧", "🇯🇵", "☔")
TEXTS = ("雪山に登りました", "合格した！うれしい", "雨の日は本を読む", "犬とさんぽ")


def around(mean: float, room: float) -> Interval:
    return Interval(mean=mean, low=mean - room, high=mean + room)


def scores(jaccard: float) -> Scores:
    return Scores(
        jaccard=jaccard,
        exact_match=jaccard / 4,
        f1_micro=jaccard * 1.2,
        f1_macro=jaccard / 2,
        outside_top=0.173,
        distinct=412.5,
        entropy_bits=6.5,
        emojis_per_text=2.31,
        valid=1.0,
    )


def against(base: str, mean: float, room: float) -> Difference:
    verdict = "better" if mean > 1.5 * room else "worse" if mean < -1.5 * room else "undecided"
    return Difference(
        against=base,
        jaccard=around(mean, room),
        corrected=around(mean, 1.5 * room),
        p_value=0.0004 if verdict != "undecided" else 0.3,
        p_holm=0.0008 if verdict != "undecided" else 0.6,
        verdict=verdict,
        seeds_overlap=verdict == "undecided",
    )


def variant(name: str, place: int, seeds: int) -> Variant:
    gain = (0.0, 0.013, -0.012, 0.002)[place % 4] + 0.0001 * place
    mean = 0.045 + gain
    return Variant(
        name=name,
        is_base=place == 0,
        hypothesis=None if place == 0 else f"Fewer emoji are easier to learn ({place}).",
        changes={} if place == 0 else {"train.learning_rate": 1e-4, "model.emojis": 100, "train.schedule": None},
        seeds=tuple(range(1, seeds + 1)),
        planned=seeds,
        when="one of lr1e-4 improved" if place == 2 else None,
        scores=scores(mean),
        jaccard=around(mean, 0.006),
        exact_match=around(mean / 4, 0.003),
        outside_top=around(0.173, 0.01),
        spread={"jaccard": Spread(low=mean - 0.003, high=mean + 0.003, deviation=0.0042 if seeds > 1 else None)},
        expressible=Expressible(
            emojis=100,
            rows=1234,
            jaccard=around(mean + 0.02, 0.007),
            base_jaccard=None if place == 0 else 0.051,
        ),
        difference=None if place == 0 else against("base", gain, 0.004),
        against_baseline=against("linear", gain - 0.02, 0.004),
        criteria=(
            Criterion(name="jaccard", target=0.05, reached=mean, met=mean >= 0.05, certain=mean >= 0.056),
            Criterion(name="outside_top", target=0.15, reached=0.173, met=True, certain=True),
        ),
    )


def run(name: str, place: int, seed: int) -> Run:
    curve = tuple(
        CurvePoint(
            epoch=half / 2,
            step=half * 50,
            loss=3 + 4 * math.exp(-half / (4 + place % 5)) + seed / 20,
            eval_loss=3.4 + 3 * math.exp(-half / 4) + max(0, half - 12) / 40,
            jaccard=0.05 * (1 - math.exp(-half / (3 + place % 5))) + seed / 800,
            exact_match=0.01 * (1 - math.exp(-half / 6)),
            outside_top=0.2 * (1 - math.exp(-half / 8)),
            distinct=400 * (1 - math.exp(-half / (5 + seed))),
        )
        for half in range(1, 21)
    )
    return Run(
        variant=name,
        seed=seed,
        folder=f"runs/{name}/seed-{seed}",
        state="done",
        reason=None,
        hint=None,
        log_tail=(),
        notes=(),
        scores=scores(0.045 + place / 900 + seed / 900),
        validation_jaccard=0.047,
        train_rows=5000 * (1 + place % 4),
        emojis=(1906, 100, 50)[place % 3],
        rows_per_emoji=5000 * (1 + place % 4) / (1906, 100, 50)[place % 3],
        epochs=10.0,
        best_epoch=6.0,
        seconds=312.5,
        curve=curve,
        train_fingerprint="0123456789abcdef",
        code="0.1.0 (1a2b3c4d5e6f)",
    )


FAILED = Run(
    variant="focal",
    seed=2,
    folder="runs/focal/seed-2",
    state="failed",
    reason=f"the loss is no number at step 40 {HOSTILE}",
    hint="lower train.learning_rate",
    log_tail=("step 39 loss 12.1", f"step 40 loss nan {HOSTILE}"),
    notes=(),
    scores=None,
    validation_jaccard=None,
    train_rows=None,
    emojis=None,
    rows_per_emoji=None,
    epochs=None,
    best_epoch=None,
    seconds=None,
    curve=(),
    train_fingerprint=None,
    code=None,
)


def unread(name: str) -> Variant:
    return Variant(
        name=name,
        is_base=False,
        hypothesis=None,
        changes={"loss.name": HOSTILE},
        seeds=(),
        planned=2,
        scores=None,
        jaccard=None,
        exact_match=None,
        outside_top=None,
        spread={},
        expressible=None,
        difference=None,
        against_baseline=None,
        criteria=(),
    )


def make(names: tuple[str, ...], *, seeds: int = 2) -> Comparison:
    draw = random.Random(3)
    labels = (*EMOJI[:8], OTHER, NONE)
    return Comparison(
        schema_version=SCHEMA_VERSION,
        name="v3 <small>",
        base="base",
        findings=(
            Finding(
                kind="better",
                variant=names[1],
                english=f"{names[1]} is better than base: +0.013 (0.009 to 0.017).",
                japanese=f"{names[1]}はbaseより良い：+0.013（0.009〜0.017）。",
            ),
            Finding(kind="problem", variant="focal", english=HOSTILE, japanese=HOSTILE),
        ),
        test=TestRows(
            dataset="me/emoji-pairs",
            revision="v1",
            commit="0123456789abcdef0123456789abcdef01234567",
            fingerprint="aa" * 8,
            content="bb" * 8,
            rows=2000,
            gold=scores(1.0),
            top=EMOJI[:5],
        ),
        variants=(*(variant(name, place, seeds) for place, name in enumerate(names)), unread("focal")),
        baselines=(
            Baseline(
                name="constant",
                scores=scores(0.03),
                jaccard=around(0.03, 0.004),
                difference=against("base", -0.015, 0.004),
            ),
        ),
        published=(
            Published(name="top100", jaccard=0.0581, outside_top=0.198, rows=None, remark="another test set"),
            Published(name="focal", jaccard=0.0, outside_top=None, rows=200, remark=HOSTILE),
        ),
        runs=(*(run(name, place, seed) for place, name in enumerate(names) for seed in range(1, seeds + 1)), FAILED),
        distribution=tuple(
            EmojiShare(
                emoji=emoji,
                name=f"emoji {place}",
                name_ja=f"絵文字{place}",
                gold=0.08 / (place + 1),
                variants={name: draw.random() * 0.16 / (place + 1) for name in names},
            )
            for place, emoji in enumerate(EMOJI)
        ),
        confusions=tuple(
            Confusion(
                variant=name,
                labels=labels,
                counts=tuple(
                    tuple(50.0 * (row == column) + float(draw.randrange(12)) for column in range(len(labels)))
                    for row in range(len(labels))
                ),
            )
            for name in names
        ),
        samples=tuple(
            Sample(
                id=f"{place:016x}",
                text=HOSTILE if place == 1 else TEXTS[place % len(TEXTS)],
                gold=EMOJI[place % 5 : place % 5 + 2],
                answers={name: EMOJI[: draw.randrange(4)] for name in (*names, "constant")},
                jaccard=dict.fromkeys((*names, "constant"), 0.25),
            )
            for place in range(20)
        ),
        confidence=0.95,
        resamples=2000,
        bootstrap_seed=0,
    )


@pytest.fixture
def comparison() -> Comparison:
    """Four variants, one that failed, one named to do harm."""
    return make(("base", "lr1e-4", "top100", f"x{HOSTILE}"))


@pytest.fixture
def comparison_of() -> Callable[..., Comparison]:
    """Makes one of as many variants as are wanted."""
    return make
