"""The summary of a rating in Japanese: what stands in the tables, for those who asked and those who rated."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from emojit.evaluation.rating.agreement import ALL_EQUAL, NEVER_TWICE, ONE_RATER, Agreement
from emojit.evaluation.rating.ratings import Question
from emojit.evaluation.rating.report import RatingReport
from emojit.evaluation.rating.scores import Gap, Mean, Pair, SystemScore

QUESTION_WORDS: Mapping[str, str] = {
    "semantic": "意味の一致",
    "naturalness": "自然さ",
    "misleading": "誤解のおそれ",
    "preference": "いちばんよい答え",
}
_WHY: Mapping[str, str] = {
    ONE_RATER: "評価者が1人なので求められない",
    NEVER_TWICE: "2人以上が評価した答えがないので求められない",
    ALL_EQUAL: "評価がすべて同じなので求められない",
}


def summary(report: RatingReport) -> str:
    """Return the summary as a Markdown section."""
    lines = [
        f"- 評価者{len(report.raters):,}人が、{report.items:,}件の文に付けられた絵文字を評価した。",
        f"- 意味の一致（0〜4、平均 ± 標準偏差、高い順）: {_ranked(report, 'semantic')}。",
        f"- 自然さ（同じく）: {_ranked(report, 'naturalness')}。",
        f"- 誤解のおそれがあるとされた割合: {_listed(report, lambda one: f'{one.misleading.mean:.0%}')}。",
    ]
    if report.ties is not None:
        chosen = _listed(report, lambda one: f"{one.preferred or 0:,}回")
        lines.append(f"- いちばんよいとされた回数: {chosen}、差がない {report.ties:,}回。")
    lines += [f"- 評価者の一致: {_agreement(report.agreement)}。", *_differences(report.pairs), *_raters(report)]
    lines.append(
        "- 表の見方: semantic match = 意味の一致、naturalness = 自然さ、misleading = 誤解のおそれ、preferred = いちばんよいとされた回数、texts needed = 差を見つけるのに必要な文の数"
        f"（{report.power:.0%} の確からしさ、両側5 %）、to the others = ほかの評価者との差、角かっこ = {report.confidence:.0%} 区間。"
    )
    return "\n".join(["## 要約", "", *lines])


def _ranked(report: RatingReport, question: Question) -> str:
    found: list[tuple[str, Mean]] = [(one.system, getattr(one, question)) for one in report.systems]
    found.sort(key=lambda one: -one[1].mean)
    return "、".join(f"`{name}` {mean.mean:.2f} ± {mean.sd:.2f}" for name, mean in found)


def _listed(report: RatingReport, words: Callable[[SystemScore], str]) -> str:
    return "、".join(f"`{one.system}` {words(one)}" for one in report.systems)


def _agreement(found: tuple[Agreement, ...]) -> str:
    if all(one.why == ONE_RATER for one in found):
        return f"クリッペンドルフの α もコーエンの κ も、{_WHY[ONE_RATER]}"
    parts = []
    for one in found:
        kappa = "" if one.kappa is None else f"、κ の平均 {one.kappa:.2f}"
        parts.append(
            f"{QUESTION_WORDS[one.question]} {_WHY[one.why] if one.why else f'α {one.alpha:.2f}{kappa}'}"
            if one.why or one.alpha is not None
            else f"{QUESTION_WORDS[one.question]} –"
        )
    return "；".join(parts)


def _differences(pairs: tuple[Pair, ...]) -> list[str]:
    if not pairs:
        return []
    clear = [_ahead(pair, gap) for pair in pairs for gap in pair.gaps if gap.is_clear]
    lines = [f"- はっきりした差: {'；'.join(clear)}。" if clear else "- はっきりした差のある組はない。"]
    more = [
        f"`{pair.first}` と `{pair.second}` の{QUESTION_WORDS[gap.question]}は約{gap.needed:,}件"
        for pair in pairs
        for gap in pair.gaps
        if not gap.is_clear and gap.needed is not None
    ]
    if more:
        lines.append(f"- 今の差が本当なら、見分けるのに必要な文の数: {'、'.join(more)}。")
    return lines


def _ahead(pair: Pair, gap: Gap) -> str:
    better, worse = (pair.first, pair.second) if gap.mean > 0 else (pair.second, pair.first)
    return f"{QUESTION_WORDS[gap.question]}で `{better}` が `{worse}` より {abs(gap.mean):.2f} 点高い"


def _raters(report: RatingReport) -> list[str]:
    odd = [f"`{one.rater}`（{'、'.join(one.remarks_ja)}）" for one in report.raters if one.remarks_ja]
    return [f"- ほかの人と違う評価者（除いてはいない）: {'；'.join(odd)}。"] if odd else []
