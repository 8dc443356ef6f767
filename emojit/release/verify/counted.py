"""statistics.json against a new count of the rows, the rejected sentences and the replies.

The statistics are built again by the function that built them. What the files cannot say again (how many articles were read, what balancing waited for)
is handed over as it stands, so the comparison is about everything else.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emojit.dataset.folder import STATISTICS
from emojit.dataset.outcome import BalanceOutcome, BelowFloor, DecontaminationOutcome
from emojit.dataset.replies import ReplyTotals
from emojit.dataset.statistics import build_statistics
from emojit.dataset.tally import Tally
from emojit.errors import DatasetError
from emojit.recipe import BuildRecipe
from emojit.release.verify.findings import ODD_CONTENT, Findings

_TOLERANCE = 1e-6
_LOOSE = {"density.table": 0.02}
"""Parts of the statistics that come out of an optimiser, which another machine may stop elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """What the statistics say about drawing, which no file can say again."""

    inputs: Mapping[str, object]
    articles: int
    drawn: int
    left_out: int
    candidates: int


def check_statistics(
    statistics: dict[str, Any],
    recipe: BuildRecipe,
    findings: Findings,
    *,
    tally: Tally,
    rejected: Mapping[tuple[str, str], int] | None,
    candidates: int | None,
    replies: ReplyTotals | None,
    leaked: int | None,
) -> None:
    """Count again and compare every figure.

    Args:
        statistics: content of statistics.json.
        recipe: of the build.
        findings: what is wrong goes here.
        tally: of the rows.
        rejected: rejections by (stage, reason) (counts), or None where there is no rejected/.
        candidates: sentences in corpus/ (count), or None where there is none.
        replies: totals over teacher/, or None where there is none.
        leaked: emoji that the replies show to have stood in the rewrites (count), or None where they could not be followed.
    """
    try:
        again = _again(statistics, recipe, tally, rejected, candidates, replies, leaked)
        if (
            statistics["teacher"].get("prompt_id") != again["teacher"]["prompt_id"]
        ):  # asked by an emojit with other prompts
            for key in ("prompt_id", "prompts"):
                del again["teacher"][key]
    except DatasetError as exc:
        findings.wrong("licence", "licences that cannot be combined", "rows", expected="one licence", found=exc)
        return
    except ODD_CONTENT as exc:
        findings.wrong(
            "statistics",
            "has not the layout of statistics",
            STATISTICS,
            expected="the keys of a build",
            found=repr(exc),
        )
        return
    passed_over = {"teacher": replies is None, "rejected": rejected is None}
    unknown = []
    for key, expected in again.items():
        if passed_over.get(key):
            continue
        if key not in statistics:
            unknown.append(key)
            continue
        for where, wanted, found in _differences(statistics[key], expected, key):
            findings.wrong(
                "statistics", "is not what the files count to", f"{STATISTICS}: {where}", expected=wanted, found=found
            )
    if unknown:
        findings.notes.append(f"{STATISTICS} is older than this emojit and lacks {', '.join(unknown)}")
    findings.checked.append(f"every figure of {STATISTICS}, counted again")


def _again(
    statistics: dict[str, Any],
    recipe: BuildRecipe,
    tally: Tally,
    rejected: Mapping[tuple[str, str], int] | None,
    candidates: int | None,
    replies: ReplyTotals | None,
    leaked: int | None,
) -> dict[str, Any]:
    corpus, balance = statistics["corpus"], statistics["balance"]
    stated = Counter(
        {(stage, reason): n for stage, reasons in statistics["rejected"].items() for reason, n in reasons.items()}
    )
    inputs = statistics["inputs"]
    again = build_statistics(
        recipe,
        tally=tally,
        selection=_Drawn(
            inputs=next((one for one in inputs if one.get("role") == "corpus"), {}),
            articles=corpus["articles"],
            drawn=corpus["drawn"],
            left_out=corpus["left_out"],
            candidates=corpus["candidates"] if candidates is None else candidates,
        ),
        inputs=inputs,
        rejected=stated if rejected is None else rejected,
        replies=replies or ReplyTotals(),
        leaked=statistics["leaked"] if leaked is None else leaked,
        balance=BalanceOutcome(
            short_of=balance["short_of"],
            why=balance["why"],
            deferred=balance["deferred"],
            asked_again=balance["asked_again"],
            floor_emoji=balance["floor_emoji"],
            posts=balance["posts"] if recipe.balance.floor_rows else 0,
            below=tuple(
                BelowFloor(emoji=one["emoji"], rows=tally.all_emoji[one["emoji"]], reason=one["reason"])
                for one in balance["below"]
            ),
        ),
        decontamination=[DecontaminationOutcome(**one) for one in statistics["duplicates"]["against"]],
    )
    table: dict[str, Any] = json.loads(json.dumps(again))
    return table


def _differences(
    found: Any, expected: Any, where: str, tolerance: float = _TOLERANCE
) -> Iterator[tuple[str, object, object]]:
    """Yield (key, expected, found) of every value that differs; numbers may differ by a relative tolerance."""
    tolerance = _LOOSE.get(where, tolerance)
    if isinstance(found, dict) and isinstance(expected, dict):
        for key in expected:
            if key not in found:
                yield f"{where}.{key}", expected[key], "no such key"
            else:
                yield from _differences(found[key], expected[key], f"{where}.{key}", tolerance)
        for key in found:
            if key not in expected and where.partition(".")[0] in (
                "rejected",
                "flags",
                "licences",
                "rows",
                "articles",
            ):
                yield f"{where}.{key}", "no such key", found[key]
    elif isinstance(found, list) and isinstance(expected, list):
        if len(found) != len(expected):
            yield where, f"{len(expected)} entries", f"{len(found)} entries"
        for number, (one, other) in enumerate(zip(found, expected, strict=False)):
            yield from _differences(one, other, f"{where}[{number}]", tolerance)
    elif _is_number(found) and _is_number(expected):
        exact = isinstance(found, int) and isinstance(expected, int) and tolerance <= _TOLERANCE
        if (found != expected) if exact else not math.isclose(found, expected, rel_tol=tolerance, abs_tol=tolerance):
            yield where, expected, found
    elif found != expected:
        yield where, expected, found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
