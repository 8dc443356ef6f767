"""The report of a judge as a Markdown page, `judge.md`, with a summary and the words of its tables in Japanese on top."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from emojit.evaluation.judge.glossary import glossary
from emojit.evaluation.judge.lost import MUCH, lost_share
from emojit.evaluation.judge.records import ERROR_CATEGORIES
from emojit.evaluation.judge.schema import GuessReport, JudgeReport, PairsReport, ScoresReport, Stated, WinRate
from emojit.evaluation.judge.summary import summary
from emojit.evaluation.report import Interval
from emojit.teacher.budget import dollars


def markdown(report: JudgeReport) -> str:
    """Return the whole report as a page."""
    sample, judge = report.sample, report.judge
    percent = f"{100 * report.confidence:.0f} %"
    lines = [
        f"# Judged by `{judge.model}`",
        "",
        *summary(report),
        "",
        *glossary(report),
        "",
        "## What was judged",
        "",
        f"{sample.texts:,} of {sample.of:,} texts, {'named by --texts' if sample.given else f'drawn with every topic in its share (seed {sample.seed})'}: "
        + ", ".join(f"{topic} {n:,}" for topic, n in sample.topics.items())
        + ".",
        f"Systems: {', '.join(f'`{name}`' for name in report.systems)}; the judge never saw these names.",
        f"Brackets are {percent} intervals over texts: bootstrap ({report.resamples:,} resamples), exact for shares of texts and where every text has the same value.",
    ]
    if report.scores is not None:
        lines += [*_scores(report.scores), *_lost(report.scores, report)]
    if report.pairs is not None:
        lines += [*_pairs(report.pairs), *_lost(report.pairs, report)]
    if report.guess is not None:
        lines += [*_guess(report.guess), *_lost(report.guess, report)]
    lines += [
        "",
        "## How it was asked",
        "",
        (
            f"Sampling {', '.join(f'{name} {value}' for name, value in judge.sampling.items())}; answers as {judge.response_format}, "
            f"{judge.asks} independent answer{'s' if judge.asks > 1 else ''} to every question, {_attempts(judge.attempts)}. "
            f"Prompts: {', '.join(f'{stage} `{name}`' for stage, name in judge.prompt_ids.items())}."
        ),
        "",
    ]
    return "\n".join(lines)


def _scores(scores: ScoresReport) -> list[str]:
    lines = [
        "",
        "## Scores",
        "",
        "Semantic: how well the emoji say what the text says. Naturalness: how natural they are in a post. Both 0 to 4, mean ± standard deviation.",
        "",
        "| system | semantic | naturalness | misleading | texts |",
        "|---|---|---|---|---:|",
    ]
    for system in scores.systems:
        lines.append(
            f"| `{system.name}` | {_mark(system.semantic, system.semantic_sd)} | {_mark(system.naturalness, system.naturalness_sd)} | "
            f"{_share(system.misleading)} | {system.texts:,} |"
        )
    if len(scores.systems) > 1:
        lines += [
            "",
            "Differences text by text; clearly better where the whole interval is above zero.",
            "",
            "| compared | semantic | naturalness |",
            "|---|---|---|",
            *(
                f"| `{gap.system}` − `{gap.against}` | {_gap(gap.semantic)} | {_gap(gap.naturalness)} |"
                for gap in scores.differences
            ),
        ]
    used = [name for name in ERROR_CATEGORIES if any(name in system.error_categories for system in scores.systems)]
    if used:
        lines += [
            "",
            "The greatest fault of each answer, as the judge sees it (count):",
            "",
            f"| system | {' | '.join(used)} |",
            f"|---|{'---:|' * len(used)}",
        ]
        for system in scores.systems:
            counts = " | ".join(str(system.error_categories.get(name, 0)) for name in used)
            lines.append(f"| `{system.name}` | {counts} |")
    if len(scores.place_effects) > 1:
        places = ", ".join(f"{effect:+.2f}" for effect in scores.place_effects)
        lines += [
            "",
            f"Semantic marks against the mean of their system, by place in the question: {places} (0 without a bias).",
        ]
    if (twice := scores.agreement) is not None:
        lines += [
            "",
            (
                f"Asked twice ({twice.compared:,} answers): the same semantic mark in {twice.semantic_exact:.0%} (weighted κ {_kappa(twice.semantic_kappa)}, "
                f"mean distance {twice.semantic_distance:.2f}), the same naturalness in {twice.naturalness_exact:.0%} (κ {_kappa(twice.naturalness_kappa)}, "
                f"{twice.naturalness_distance:.2f}), misleading alike in {twice.misleading_exact:.0%}, category alike in {twice.category_exact:.0%}."
            ),
        ]
    return [*lines, *_stated(scores)]


def _pairs(pairs: PairsReport) -> list[str]:
    lines = [
        "",
        "## Choices between two answers",
        "",
        (
            "Every pair was shown in both orders; whom both orders choose has won, everything else is a tie, and so is the same answer of both systems "
            f"({pairs.same_answer:,} pairs, not asked). Rate = (wins + ties / 2) / all; clearly better where the whole interval is above 50 %. Its interval counts one win "
            "more for either side (Bonett and Price 2012), so that ties alone say no more than their number allows. By place: ties of which both orders chose the "
            "same place, which say nothing about the systems."
        ),
        "",
        "| system | against | wins | ties | losses | rate | by place |",
        "|---|---|---:|---:|---:|---|---:|",
        *(_win_row(rate) for rate in pairs.win_rates),
    ]
    if pairs.strengths:
        lines += [
            "",
            "Bradley–Terry: log-strengths with mean 0; a difference of 1 means a win rate of 73 %.",
            "",
            "| rank | system | strength |",
            "|---:|---|---|",
            *(f"| {one.rank} | `{one.name}` | {_gap(one.strength)} |" for one in pairs.strengths),
        ]
    elif len(pairs.win_rates) > 1:
        lines += [
            "",
            "No pair was won by either side, so there are no strengths (Bradley–Terry) and no order of the systems.",
        ]
    bias = pairs.position
    share = (
        "nothing was ever chosen"
        if bias.first_share is None
        else f"the first was chosen in {_share(bias.first_share)}"
    )
    lines += [
        "",
        (
            f"Position: of {bias.first + bias.second:,} choices {share}{_bias_words(bias.first_share)}. Pairs: {bias.consistent:,} decided alike in both orders, "
            f"{bias.first_twice:,} twice for the first, {bias.second_twice:,} twice for the second, {bias.half:,} once for neither."
        ),
    ]
    if pairs.agreement is not None:
        lines += ["", f"Asked twice, {pairs.agreement:.0%} of the questions were decided alike."]
    return [*lines, *_stated(pairs)]


def _guess(guess: GuessReport) -> list[str]:
    others = "of the same topic" if guess.distractors == "same_topic" else "of all topics"
    lines = [
        "",
        "## Texts guessed from their emoji",
        "",
        f"The judge sees the emoji and {guess.candidates} texts, the others {others}; blind guessing is right in {guess.chance:.0%}.",
        "",
        f"| system | right, of its own texts | texts | right, of the {guess.common_texts:,} texts of all systems |",
        "|---|---|---:|---|",
        *(
            f"| `{system.name}` | {_share(system.accuracy)} | {system.texts:,} | {_share(system.common_accuracy)} |"
            for system in guess.systems
        ),
    ]
    above = [f"`{one.name}`" for one in guess.systems if one.accuracy is not None and one.accuracy.low > guess.chance]
    lines += ["", f"Clearly above blind guessing: {', '.join(above) or 'none'}."]
    if guess.differences:
        lines += [
            "",
            "Differences text by text, in percentage points, with intervals of Bonett and Price; clearly better where the whole interval is above zero.",
            "",
            "| compared | right | texts of both |",
            "|---|---|---:|",
            *(
                f"| `{gap.system}` − `{gap.against}` | {_points(gap.accuracy)} | {gap.texts:,} |"
                for gap in guess.differences
            ),
        ]
    if guess.agreement is not None:
        lines += ["", f"Asked twice, {guess.agreement:.0%} of the questions were answered alike."]
    return [*lines, *_stated(guess)]


def _stated(stage: Stated) -> list[str]:
    bill = stage.bill
    cost = "" if bill.cost_usd is None else f", {dollars(bill.cost_usd)}"
    return [
        "",
        (
            f"Not judged: {_counts(stage.rejected)}. Questions: {bill.questions:,}, {bill.prompt_tokens:,} tokens read and "
            f"{bill.completion_tokens:,} written{cost}."
        ),
    ]


def _lost(stage: ScoresReport | PairsReport | GuessReport, report: JudgeReport) -> list[str]:
    share = lost_share(stage, report)
    if share <= MUCH:
        return []
    return [
        "",
        f"> Warning: {share:.0%} of what was to be judged is missing; these figures hold for the rest, which may be the easier part.",
    ]


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(_listed(counts)) or "nothing"


def _listed(counts: Mapping[str, int]) -> Iterable[str]:
    return (f"{reason} {n:,}" for reason, n in counts.items())


def _win_row(rate: WinRate) -> str:
    return f"| `{rate.system}` | `{rate.against}` | {rate.wins:,} | {rate.ties:,} | {rate.losses:,} | {_rate(rate)} | {rate.by_place:,} |"


def _rate(rate: WinRate) -> str:
    if rate.rate is not None and rate.by_place == rate.wins + rate.ties + rate.losses:
        return f"{100 * rate.rate.mean:.1f} % (no interval: the place decided every pair)"
    return _share(rate.rate)


def _bias_words(share: Interval | None) -> str:
    if share is None or share.low <= 0.5 <= share.high:
        return ""
    return ": the judge prefers " + ("the first place" if share.low > 0.5 else "the second place")


def _attempts(attempts: int) -> str:
    return "each asked for once" if attempts == 1 else f"each asked for until it can be read, at most {attempts} times"


def _points(interval: Interval | None) -> str:
    if interval is None:
        return "–"
    return f"{100 * interval.mean:+.1f} [{100 * interval.low:+.1f}, {100 * interval.high:+.1f}]"


def _mark(interval: Interval | None, sd: float | None) -> str:
    if interval is None or sd is None:
        return "–"
    return f"{interval.mean:.2f} ± {sd:.2f} [{interval.low:.2f}, {interval.high:.2f}]"


def _share(interval: Interval | None) -> str:
    if interval is None:
        return "–"
    return f"{100 * interval.mean:.1f} % [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def _gap(interval: Interval | None) -> str:
    if interval is None:
        return "–"
    return f"{interval.mean:+.2f} [{interval.low:+.2f}, {interval.high:+.2f}]"


def _kappa(kappa: float | None) -> str:
    return "not available" if kappa is None else f"{kappa:.2f}"
