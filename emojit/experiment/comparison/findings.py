"""What was found, in words that do not flatter, in English and Japanese: the first thing of a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from emojit.experiment.articles import FEW_UNITS
from emojit.experiment.comparison.absent import skipped
from emojit.experiment.comparison.facts import Comparison, Difference, Finding, FindingKind, Variant
from emojit.experiment.comparison.words import count, listed, p, percent, score

_COLLAPSED = 0.2
"""Below this part of the gold's share outside the top five a variant says hardly anything but the five."""
_IN_FULL = 5
"""Variants that helped, and as many that hurt, with a sentence each (count)."""
_STATES = {
    "failed": ("failed", "失敗"), "skipped": ("skipped by the plan", "計画の条件により見送り"), "pending": ("not run yet", "未実行"),
    "running": ("not finished", "未完了"), "incomplete": ("incomplete on disk", "ファイル不備"),
}  # fmt: skip
_TARGETS = {"jaccard": "Jaccard", "outside_top": "outside the top 5", "exact_match": "exact match"}
_TARGETS_JA = {"jaccard": "Jaccard", "outside_top": "上位5種以外の割合", "exact_match": "完全一致"}


def findings(comparison: Comparison) -> tuple[Finding, ...]:
    """Say what helped, what hurt and what nobody can tell, then what the figures rest on.

    A variant is said to help only where its verdict is "better", which is after the correction for the number of comparisons.
    """
    if comparison.test is None:
        nothing = _finding(
            "problem",
            None,
            "No run is finished, so nothing can be compared.",
            "完了した実行がないため、比較できません。",
        )
        return (nothing, *_problems(comparison))
    return (
        *_few(comparison),
        *_against_base(comparison),
        *_targets(comparison),
        *_baseline(comparison),
        *_collapse(comparison),
        *_seeds(comparison),
        *_problems(comparison),
        *_data(comparison),
    )


def _finding(kind: FindingKind, variant: str | None, english: str, japanese: str) -> Finding:
    return Finding(kind=kind, variant=variant, english=english, japanese=japanese)


def _against_base(comparison: Comparison) -> list[Finding]:
    compared = [(row, row.difference) for row in comparison.variants if row.difference is not None]
    base = comparison.variant(comparison.base)
    if base.scores is None:
        return [
            _finding(
                "problem",
                base.name,
                f"The base ({base.name}) has no run in the figures, so no variant is compared with it.",
                f"基準の {base.name} に有効な実行がないため、基準との比較はありません。",
            )
        ]
    compared.sort(key=lambda pair: -pair[1].jaccard.mean)
    found = _judged(compared, base, "better")
    if compared and not found:
        found.append(
            _finding(
                "undecided",
                None,
                f"No variant is shown to be better than {base.name} (Jaccard {score(base.scores.jaccard)}).",
                f"{base.name}（Jaccard {score(base.scores.jaccard)}）より優れていると示せた変更はありません。",
            )
        )
    found += _judged(compared[::-1], base, "worse")
    if undecided := [(row, gap) for row, gap in compared if gap.verdict == "undecided"]:
        rows = [f"{row.name} ({gap.jaccard.mean:+.4f}, {_range(gap)}{_almost(gap)})" for row, gap in undecided]
        rows_ja = [
            f"{row.name}（{gap.jaccard.mean:+.4f}、{_range_ja(gap)}{_almost_ja(gap)}）" for row, gap in undecided
        ]
        found.append(
            _finding(
                "undecided",
                undecided[0][0].name if len(undecided) == 1 else None,
                f"Cannot be told apart from {base.name}: {listed(rows)}.",
                f"{base.name} との差が判定できないもの：{'、'.join(rows_ja)}。",
            )
        )
    if equal := [row.name for row, gap in compared if gap.verdict == "equal"]:
        found.append(
            _finding(
                "undecided",
                equal[0] if len(equal) == 1 else None,
                f"Every row scores exactly as with {base.name}: {listed(equal)}.",
                f"全行の得点が {base.name} と同一のもの：{'、'.join(equal)}。",
            )
        )
    return found


def _judged(
    compared: Sequence[tuple[Variant, Difference]], base: Variant, verdict: Literal["better", "worse"]
) -> list[Finding]:
    """Return a sentence on each of the first few, and one on the rest of them."""
    judged = [(row, gap) for row, gap in compared if gap.verdict == verdict]
    found = [_verdict(row, gap, base, len(compared)) for row, gap in judged[:_IN_FULL]]
    if rest := judged[_IN_FULL:]:
        rows = [f"{row.name} ({gap.jaccard.mean:+.4f})" for row, gap in rest]
        words, words_ja = ("helped", "改善") if verdict == "better" else ("hurt", "悪化")
        found.append(
            _finding(
                verdict,
                rest[0][0].name if len(rest) == 1 else None,
                f"Also {words}: {listed(rows)}.",
                f"ほかに{words_ja}したもの：{'、'.join(rows)}。",
            )
        )
    return found


def _verdict(row: Variant, gap: Difference, base: Variant, comparisons: int) -> Finding:
    better = gap.verdict == "better"
    mine, theirs = _jaccard(row), _jaccard(base)
    over = count(comparisons, "comparison")
    english = (
        f"{row.name} {'helped' if better else 'hurt'}: Jaccard {mine} against {theirs} of {base.name}, difference {gap.jaccard.mean:+.4f} "
        f"(95 % interval {_range(gap)}; {p(gap.p_holm)} after Holm's correction over {over})."
    )
    japanese = (
        f"{row.name} は{'改善' if better else '悪化'}しました。Jaccard は {mine}（{base.name} は {theirs}）、差は {gap.jaccard.mean:+.4f}"
        f"（95 % 区間 {_range_ja(gap)}、比較 {comparisons} 件の Holm 補正後 {p(gap.p_holm)}）。"
    )
    if gap.seeds_overlap:
        english += (
            " Their seeds overlap, so the chance of training may explain it: run more seeds before relying on it."
        )
        japanese += "ただしシードごとの得点が重なっており、学習のばらつきで説明できる可能性があります。シードを増やして確かめてください。"
    elif gap.seeds_overlap is None:
        english += " It rests on a single seed of at least one of the two; how much training differs by chance is not in the interval."
        japanese += "少なくとも一方はシードが1つだけで、学習のばらつきは区間に含まれていません。"
    return _finding("better" if better else "worse", row.name, english, japanese)


def _targets(comparison: Comparison) -> list[Finding]:
    rows = [row for row in comparison.variants if row.criteria]
    if not rows:
        return []
    asked = listed([f"{_TARGETS[each.name]} ≥ {each.target:g}" for each in rows[0].criteria])
    asked_ja = "、".join(f"{_TARGETS_JA[each.name]} ≥ {each.target:g}" for each in rows[0].criteria)
    reached = [row for row in rows if all(each.met for each in row.criteria)]
    if reached:
        names = [
            row.name + ("" if all(c.certain for c in row.criteria) else " (not with certainty)") for row in reached
        ]
        names_ja = [row.name + ("" if all(c.certain for c in row.criteria) else "（確実ではない）") for row in reached]
        return [
            _finding(
                "target",
                reached[0].name if len(reached) == 1 else None,
                f"Reached the plan's targets ({asked}): {listed(names)}.",
                f"目標（{asked_ja}）を達成：{'、'.join(names_ja)}。",
            )
        ]
    best = max(rows, key=lambda row: (sum(each.met for each in row.criteria), _mean(row)))
    missed = [each for each in best.criteria if not each.met]
    short = listed([f"{_TARGETS[each.name]} {score(each.reached)}" for each in missed])
    short_ja = "、".join(f"{_TARGETS_JA[each.name]} {score(each.reached)}" for each in missed)
    return [
        _finding(
            "target",
            None,
            f"No variant reached the plan's targets ({asked}); closest is {best.name} with {short}.",
            f"目標（{asked_ja}）を達成した変更はありません。最も近いのは {best.name} です（未達：{short_ja}）。",
        )
    ]


def _baseline(comparison: Comparison) -> list[Finding]:
    if not comparison.baselines:
        return []
    compared = [(row, row.against_baseline) for row in comparison.variants if row.against_baseline is not None]
    best, gap = max(compared, key=lambda pair: pair[1].jaccard.mean)
    baseline = next(row for row in comparison.baselines if row.name == gap.against)
    words, words_ja = {
        "better": ("beats", "を上回ります"),
        "worse": ("loses to", "に及びません"),
        "undecided": ("cannot be told apart from", "と区別できません"),
        "equal": ("scores exactly as", "と同一の得点です"),
    }[gap.verdict]
    return [
        _finding(
            "baseline",
            best.name,
            f"The best of all, {best.name} (Jaccard {_jaccard(best)}), {words} the strongest baseline, {baseline.name} "
            f"({score(baseline.scores.jaccard)}): difference {gap.jaccard.mean:+.4f}, interval {_range(gap)}{_almost(gap)}, {p(gap.p_holm)} after correction.",
            f"最良の {best.name}（Jaccard {_jaccard(best)}）は、最も成績の良い単純な手法 {baseline.name}（{score(baseline.scores.jaccard)}）{words_ja}。"
            f"差は {gap.jaccard.mean:+.4f}（95 % 区間 {_range_ja(gap)}{_almost_ja(gap)}、補正後 {p(gap.p_holm)}）。",
        )
    ]


def _collapse(comparison: Comparison) -> list[Finding]:
    if comparison.test is None:
        return []
    found = []
    gold = comparison.test.gold.outside_top
    scored = [(row.name, row.scores) for row in comparison.variants if row.scores is not None]
    if broken := [(name, scores) for name, scores in scored if not scores.jaccard]:
        rows = [f"{name} ({percent(scores.outside_top)} outside the top 5)" for name, scores in broken]
        found.append(
            _finding(
                "collapse",
                broken[0][0] if len(broken) == 1 else None,
                f"Not a single emoji right: {listed(rows)}; how varied such answers are is no merit.",
                f"正解と一致する絵文字を1つも出せなかったもの：{'、'.join(name for name, _ in broken)}。この場合、多様性が高くても良いとは言えません。",
            )
        )
    if collapsed := [(name, scores) for name, scores in scored if scores.outside_top < _COLLAPSED * gold]:
        rows = [f"{name} ({percent(scores.outside_top)})" for name, scores in collapsed]
        rows_ja = [f"{name}（{percent(scores.outside_top)}）" for name, scores in collapsed]
        found.append(
            _finding(
                "collapse",
                collapsed[0][0] if len(collapsed) == 1 else None,
                f"Says hardly anything but the five most common emoji: {listed(rows)} outside them, where the gold has {percent(gold)}.",
                f"上位5種の絵文字にほぼ偏っているもの：{'、'.join(rows_ja)}（正解は {percent(gold)}）。",
            )
        )
    if invalid := [(name, scores) for name, scores in scored if scores.valid < 1]:
        rows = [f"{name} ({percent(1 - scores.valid)})" for name, scores in invalid]
        rows_ja = [f"{name}（{percent(1 - scores.valid)}）" for name, scores in invalid]
        found.append(
            _finding(
                "collapse",
                invalid[0][0] if len(invalid) == 1 else None,
                f"Some answers are not one to five distinct emoji: {listed(rows)} of the rows; their variety is no merit.",
                f"1〜5種の絵文字になっていない回答：{'、'.join(rows_ja)}。",
            )
        )
    return found


def _seeds(comparison: Comparison) -> list[Finding]:
    rows = [row for row in comparison.variants if row.seeds]
    several = [row for row in rows if len(row.seeds) > 1]
    if not several:
        return [
            _finding(
                "spread",
                None,
                "Every variant has one seed: the intervals are about the choice of rows, and nothing is known about the chance of training.",
                "どの変更も乱数シードは1つだけです。区間が表すのはテスト行の選び方による不確かさで、学習のばらつきは分かりません。",
            )
        ]
    widest = max(several, key=lambda row: row.spread["jaccard"].high - row.spread["jaccard"].low)
    spread = widest.spread["jaccard"]
    single = len(rows) - len(several)
    return [
        _finding(
            "spread",
            widest.name,
            f"Seeds of one variant lie up to {score(spread.high - spread.low)} apart ({widest.name}: {score(spread.low)} to {score(spread.high)}); "
            "the intervals are about the choice of rows alone."
            + (f" {count(single, 'variant has', 'variants have')} one seed." if single else ""),
            f"同じ変更のシード間の差は最大 {score(spread.high - spread.low)}（{widest.name}：{score(spread.low)}〜{score(spread.high)}）。"
            "区間が表すのはテスト行の選び方による不確かさだけです。"
            + (f"シードが1つだけの変更が {single} 件あります。" if single else ""),
        )
    ]


def _problems(comparison: Comparison) -> list[Finding]:
    states = Counter(run.state for run in comparison.problems)
    if not states:
        return []
    left = skipped(comparison)
    which, which_ja = (f" ({', '.join(left)})", f"（{'、'.join(left)}）") if left else ("", "")
    words = listed(
        [f"{number} {_STATES[state][0]}{which if state == 'skipped' else ''}" for state, number in states.items()]
    )
    words_ja = "、".join(
        f"{_STATES[state][1]} {number} 件{which_ja if state == 'skipped' else ''}" for state, number in states.items()
    )
    return [
        _finding(
            "data" if set(states) == {"skipped"} else "problem",  # to skip is what a plan is for
            None,
            f"{states.total()} of {count(len(comparison.runs), 'run')} {'is' if states.total() == 1 else 'are'} not in the figures: {words}.",
            f"{len(comparison.runs)} 件中 {states.total()} 件の実行は集計に含まれていません（{words_ja}）。",
        )
    ]


def _few(comparison: Comparison) -> list[Finding]:
    """Warn, before anything else, of a test split on which no verdict stands."""
    test = comparison.test
    if test is None or test.units >= FEW_UNITS:
        return []
    few = "test row is" if test.articles is None else "article of the test split is"
    many = "test rows are" if test.articles is None else "articles of the test split are"
    japanese = f"{test.units} 行" if test.articles is None else f"{test.units} 記事"
    return [
        _finding(
            "problem",
            None,
            f"{count(test.units, few, many)} too few: the bootstrap then gives intervals that are too narrow, and a verdict may be chance.",
            f"テストが {japanese}しかありません。この数ではブートストラップの区間が狭く出すぎるため、判定は偶然の可能性があります。",
        )
    ]


def _data(comparison: Comparison) -> list[Finding]:
    test = comparison.test
    if test is None:
        return []
    where = test.dataset + (f"@{test.revision or test.commit}" if test.revision or test.commit else "")
    found = [
        _finding(
            "data",
            None,
            f"Every run is scored on the same {count(test.rows, 'test row')} of {where} (fingerprint {test.fingerprint}), over the whole inventory.",
            f"すべての実行を {where} の同じテスト {test.rows:,} 行（フィンガープリント {test.fingerprint}）で、全絵文字を対象に採点しています。",
        )
    ]
    done = [run for run in comparison.runs if run.state == "done"]
    codes, training = ({run.code for run in done}, {run.train_fingerprint for run in done})
    if len(codes) > 1:
        found.append(
            _finding(
                "data",
                None,
                f"The runs come of {len(codes)} versions of the code, which may be why they differ: {listed(sorted(map(str, codes)))}.",
                f"実行したコードの版が {len(codes)} 種類あり、差の原因である可能性があります：{'、'.join(sorted(map(str, codes)))}。",
            )
        )
    if len(training) > 1:
        found.append(
            _finding(
                "data",
                None,
                f"The runs learned from {len(training)} different training splits; the table of runs has their sizes.",
                f"学習に使った訓練データが {len(training)} 種類あります（行数は実行の表を参照）。",
            )
        )
    return found


def _mean(row: Variant) -> float:
    return 0.0 if row.scores is None else row.scores.jaccard


def _jaccard(row: Variant) -> str:
    return "–" if row.scores is None else score(row.scores.jaccard)


def _range(gap: Difference) -> str:
    return f"{gap.jaccard.low:+.4f} to {gap.jaccard.high:+.4f}"


def _range_ja(gap: Difference) -> str:
    return f"{gap.jaccard.low:+.4f}〜{gap.jaccard.high:+.4f}"


def _almost(gap: Difference) -> str:
    """Say why an interval without zero is no finding."""
    if not _is_almost(gap):
        return ""
    return f", which after correction is {gap.corrected.low:+.4f} to {gap.corrected.high:+.4f}"


def _almost_ja(gap: Difference) -> str:
    if not _is_almost(gap):
        return ""
    return f"、補正後の区間は {gap.corrected.low:+.4f}〜{gap.corrected.high:+.4f}"


def _is_almost(gap: Difference) -> bool:
    """Whether the interval excludes zero and the corrected one, which decides, does not."""
    return gap.verdict == "undecided" and not gap.jaccard.low <= 0 <= gap.jaccard.high
