"""The report as Markdown: findings first, then the table, then what they rest on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from emojit.experiment.comparison.absent import went
from emojit.experiment.comparison.facts import NONE, OTHER, Baseline, Comparison, Confusion, Scores, Variant
from emojit.experiment.comparison.words import between, count, drawn, drawn_of, gap, p, percent, score, setting
from emojit.experiment.plan.conditions import IMPROVED
from emojit.release.markdown import cell, code, fence

_CONFUSED = 3
"""What a variant most often says in place of something else, shown for each (count)."""
_UNKNOWN = "–"
_VERDICTS = {
    "better": "**better**",
    "worse": "**worse**",
    "undecided": "cannot be told apart",
    "equal": "the same",
}


def markdown(comparison: Comparison) -> str:
    """Return the whole report as one page."""
    lines = [f"# Experiments: {cell(comparison.name)}", "", "## Findings", ""]
    lines += [f"* {cell(finding.english)}" for finding in comparison.findings]
    lines += ["", "## 日本語の要約", ""]
    lines += [f"* {cell(finding.japanese)}" for finding in comparison.findings]
    for section in (
        _table,
        _expressible,
        _settings,
        _targets,
        _published,
        _runs,
        _problems,
        _distribution,
        _confusion,
        _samples,
        _making,
    ):
        lines += section(comparison)
    return "\n".join([*lines, ""])


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table; the first column is left-aligned, the others as their heading says ("name:" to the right)."""
    marks = ["---:" if name.endswith(":") else "---" for name in head]
    lines = [" | ".join(name.removesuffix(":") for name in head), "|".join(marks), *(" | ".join(row) for row in rows)]
    return [f"| {lines[0]} |", f"|{lines[1]}|", *(f"| {line} |" for line in lines[2:])]


def _table(comparison: Comparison) -> Iterator[str]:
    if comparison.test is None:
        return
    confidence = f"{100 * comparison.confidence:.0f} %"
    yield from ["", "## Table", ""]
    yield (
        f"All figures are of the same {count(comparison.test.rows, 'test row')}. Brackets are {confidence} bootstrap intervals over {drawn(comparison.test)}, seeds averaged row by row; "
        f"differences are to {cell(comparison.base)} on the same rows. *Better* and *worse* stand only where the difference holds after Holm's correction over all "
        "variants. The spread is the lowest and the highest seed."
    )
    yield ""
    head = [
        "variant",
        "seeds:",
        "Jaccard",
        "spread",
        "difference",
        "p (Holm):",
        "verdict",
        "exact match:",
        "outside top 5:",
        "distinct:",
        "emoji per text:",
        "valid:",
    ]
    yield from _rows(
        head,
        [
            *(_variant_row(comparison, row) for row in comparison.variants),
            *map(_baseline_row, comparison.baselines),
            ["the gold itself", "", "", "", "", "", "", "", *_variety(comparison.test.gold)],
        ],
    )


def _variety(scores: Scores) -> list[str]:
    return [
        percent(scores.outside_top),
        f"{scores.distinct:,.0f}",
        f"{scores.emojis_per_text:.2f}",
        percent(scores.valid),
    ]


def _variant_row(comparison: Comparison, row: Variant) -> list[str]:
    name = f"{cell(row.name)} (base)" if row.is_base and row.name != "base" else cell(row.name)
    seeds = f"{len(row.seeds)} of {row.planned}" if len(row.seeds) != row.planned else str(row.planned)
    if row.scores is None or row.jaccard is None:
        return [name, seeds, went(comparison, row), *[_UNKNOWN] * 9]
    spread = row.spread["jaccard"]
    return [
        name,
        seeds,
        between(row.jaccard),
        f"{score(spread.low)} to {score(spread.high)}" if len(row.seeds) > 1 else _UNKNOWN,
        *_difference(row),
        score(row.scores.exact_match),
        *_variety(row.scores),
    ]


def _difference(row: Variant | Baseline) -> list[str]:
    if row.difference is None:
        return [_UNKNOWN] * 3
    return [
        gap(row.difference.jaccard),
        p(row.difference.p_holm).removeprefix("p = ").removeprefix("p "),
        _VERDICTS[row.difference.verdict],
    ]


def _baseline_row(row: Baseline) -> list[str]:
    return [
        f"*{cell(row.name)}*, a baseline",
        "",
        between(row.jaccard),
        "",
        *_difference(row),
        score(row.scores.exact_match),
        *_variety(row.scores),
    ]


def _expressible(comparison: Comparison) -> Iterator[str]:
    rows = [(row, row.expressible) for row in comparison.variants if row.expressible is not None]
    if not rows:
        return
    yield from ["", "## On the rows that its inventory can express", ""]
    yield "Rows whose whole gold the variant has tokens for. They differ from inventory to inventory: compare with the base on the same rows alone."
    yield ""
    yield from _rows(
        ["variant", "emoji it can write:", "rows:", "Jaccard there", "the base there:"],
        [
            [
                cell(row.name),
                f"{there.emojis:,}",
                f"{there.rows:,}",
                _UNKNOWN if there.jaccard is None else between(there.jaccard),
                _UNKNOWN if there.base_jaccard is None else score(there.base_jaccard),
            ]
            for row, there in rows
        ],
    )


def _settings(comparison: Comparison) -> Iterator[str]:
    yield from ["", "## Variants", ""]
    yield from _rows(
        ["variant", "what it changes", "hypothesis", "run if", "what came of it"],
        [
            [
                cell(row.name),
                ", ".join(f"{code(f'{key} = {setting(value)}')}" for key, value in row.changes.items()) or "nothing",
                cell(row.hypothesis or _UNKNOWN),
                cell(row.when or "always"),
                _came_of(comparison, row),
            ]
            for row in comparison.variants
        ],
    )


def _came_of(comparison: Comparison, row: Variant) -> str:
    if row.difference is not None:
        return _VERDICTS[row.difference.verdict]
    if row.scores is not None:
        return _UNKNOWN
    return went(comparison, row)


def _targets(comparison: Comparison) -> Iterator[str]:
    rows = [row for row in comparison.variants if row.criteria]
    if not rows:
        return
    yield from ["", "## Targets of the plan", ""]
    yield "Met by the mean; *certain* where the lower end of the interval reaches the target, too."
    yield ""
    names = {"jaccard": "Jaccard", "outside_top": "outside top 5", "exact_match": "exact match"}
    yield from _rows(
        ["variant", *(f"{names[each.name]} ≥ {each.target:g}" for each in rows[0].criteria)],
        [
            [
                cell(row.name),
                *(
                    f"{score(each.reached)} {'met, certain' if each.certain else 'met' if each.met else 'missed'}"
                    for each in row.criteria
                ),
            ]
            for row in rows
        ],
    )


def _published(comparison: Comparison) -> Iterator[str]:
    if not comparison.published:
        return
    yield from ["", "## Published figures of older work", ""]
    yield "Measured on other test rows: no difference to ours means anything, and none is worked out. Ours stand beside them for the order of size alone."
    yield ""
    ours = {row.name: row.scores for row in comparison.variants}

    def shown(value: float | None, form: Callable[[float], str]) -> str:
        return _UNKNOWN if value is None else form(value)

    rows = []
    for row in comparison.published:
        mine = ours.get(row.name)
        rows.append(
            [
                cell(row.name),
                shown(row.jaccard, score),
                shown(None if mine is None else mine.jaccard, score),
                shown(row.outside_top, percent),
                shown(None if mine is None else mine.outside_top, percent),
                _UNKNOWN if row.rows is None else f"{row.rows:,}",
                cell(row.remark),
            ]
        )
    yield from _rows(
        ["variant", "published Jaccard:", "ours:", "published outside top 5:", "ours:", "their rows:", "remark"], rows
    )


def _runs(comparison: Comparison) -> Iterator[str]:
    done = [run for run in comparison.runs if run.scores is not None]
    if not done:
        return

    def number(value: float | None, form: str) -> str:
        return _UNKNOWN if value is None else format(value, form)

    yield from ["", "## Runs", "", "Density is training rows per emoji that the student can write."]
    yield ""
    yield from _rows(
        [
            "variant",
            "seed:",
            "Jaccard:",
            "on validation:",
            "training rows:",
            "emoji:",
            "density:",
            "best epoch:",
            "of:",
            "seconds:",
            "code",
            "remarks",
        ],
        [
            [
                cell(run.variant),
                str(run.seed),
                score(run.scores.jaccard) if run.scores else _UNKNOWN,
                number(run.validation_jaccard, ".4f"),
                number(run.train_rows, ","),
                number(run.emojis, ","),
                number(run.rows_per_emoji, ".2f" if (run.rows_per_emoji or 0) < 10 else ",.0f"),
                number(run.best_epoch, "g"),
                number(run.epochs, "g"),
                number(run.seconds, ",.0f"),
                cell(run.code or _UNKNOWN),
                cell("; ".join(run.notes)),
            ]
            for run in done
        ],
    )


def _problems(comparison: Comparison) -> Iterator[str]:
    if not comparison.problems:
        return
    yield from ["", "## Runs that are not in the figures", ""]
    yield from _rows(
        ["variant", "seed:", "folder", "state", "why", "what to do"],
        [
            [
                cell(run.variant),
                str(run.seed) if run.seed >= 0 else _UNKNOWN,
                code(run.folder),
                run.state,
                cell(run.reason or _UNKNOWN),
                cell(run.hint or _UNKNOWN),
            ]
            for run in comparison.problems
        ],
    )
    for run in comparison.problems:
        if run.log_tail:
            yield from ["", f"The end of the log of {cell(run.variant)}, seed {run.seed}:", ""]
            yield fence("\n".join(run.log_tail))


def _distribution(comparison: Comparison) -> Iterator[str]:
    if not comparison.distribution:
        return
    names = list(comparison.distribution[0].variants)
    yield from ["", "## Emoji in the gold and in the answers", ""]
    yield "Share of all emoji that each makes up: the gold's most frequent ones, then those that a variant uses far more often than the gold."
    yield ""
    yield from _rows(
        ["emoji", "gold:", *(f"{cell(name)}:" for name in names)],
        [
            [
                f"{cell(row.emoji)} {cell(row.name)}",
                percent(row.gold),
                *(percent(row.variants[name]) for name in names),
            ]
            for row in comparison.distribution
        ],
    )


def _confusion(comparison: Comparison) -> Iterator[str]:
    if not comparison.confusions:
        return
    yield from ["", "## What is said in place of the frequent emoji", ""]
    yield (
        "Of the times that an emoji stands in the gold: how often it was answered, and what most often stood in its place; a missed one is divided equally among the "
        f"surplus emoji of its row. {NONE}: nothing, {OTHER}: all rarer ones together."
    )
    for found in comparison.confusions:
        yield from ["", f"### {cell(found.variant)}", ""]
        yield from _rows(["emoji", "in the gold:", "answered:", "in its place"], _confusion_rows(found))


def _confusion_rows(found: Confusion) -> Iterator[list[str]]:
    for place, label in enumerate(found.labels):
        row = found.counts[place]
        total = sum(row)
        if label in (NONE, OTHER) or not total:
            continue
        others = sorted((-number, other) for other, number in enumerate(row) if other != place and number)
        yield [
            cell(label),
            f"{total:,.0f}",
            percent(row[place] / total),
            ", ".join(
                f"{cell(found.labels[other])} {percent(-number / total)}" for number, other in others[:_CONFUSED]
            )
            or _UNKNOWN,
        ]


def _samples(comparison: Comparison) -> Iterator[str]:
    if not comparison.samples:
        return
    names = list(comparison.samples[0].answers)
    yield from ["", "## Answers side by side", ""]
    yield f"{count(len(comparison.samples), 'test row')}, spread evenly over the split; of each variant its first seed. In brackets the Jaccard index."
    yield ""
    yield from _rows(
        ["text", "gold", *map(cell, names)],
        [
            [
                cell(row.text),
                cell(" ".join(row.gold)),
                *(f"{cell(' '.join(row.answers[name]))} ({row.jaccard[name]:.2f})" for name in names),
            ]
            for row in comparison.samples
        ],
    )


def _making(comparison: Comparison) -> Iterator[str]:
    yield from ["", "## How it was worked out", ""]
    if (test := comparison.test) is not None:
        where = code(test.dataset) + (
            f" at {code(test.revision or test.commit)}" if test.revision or test.commit else ""
        )
        yield f"* Test rows: {test.rows:,} of {where}, fingerprint of the files `{test.fingerprint}`, digest of ids and gold `{test.content}`."
        yield f"* The gold's five most common emoji, the top: {cell(' '.join(test.top))}."
    yield (
        f"* Paired percentile bootstrap, {comparison.resamples:,} resamples, seed {comparison.bootstrap_seed}, the same draws for every column; "
        "two-sided p-values from it, corrected by Holm's method over all variants with runs (baselines apart)."
    )
    if test is not None:
        yield f"* The bootstrap draws {drawn_of(test)}."
    if any(row.when for row in comparison.variants):
        yield f"* Conditions of the plan decide on validation what is worth its time. {IMPROVED[0].upper()}{IMPROVED[1:]}: no interval is asked, and nothing is found by it."
    yield "* The intervals say how far the choice of test rows could have changed a figure. The chance of training is in the spread of the seeds, not in them."
    yield f"* All facts: `comparison.json`, schema version {comparison.schema_version}."
