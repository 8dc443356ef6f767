"""The summary of a report in Japanese: what the figures allow to say, and no more."""

from __future__ import annotations

from collections import Counter

from emojit.evaluation.judge.glossary import reason_words
from emojit.evaluation.judge.lost import MUCH, lost_share
from emojit.evaluation.judge.schema import (
    GuessDifference,
    GuessReport,
    JudgeReport,
    PairsReport,
    ScoresReport,
    WinRate,
)
from emojit.evaluation.report import Interval

_STAGES = {ScoresReport: "採点", PairsReport: "一対比較", GuessReport: "投稿を当てる課題"}


def summary(report: JudgeReport) -> list[str]:
    """Return the lines of the summary, as a Markdown section."""
    sample = report.sample
    lines = [
        (
            f"- 審査モデル `{report.judge.model}` が、{sample.of:,}件のうち{sample.texts:,}件の投稿（{'指定されたもの' if sample.given else '話題ごとの割合を保って抽出'}）に付けられた絵文字を審査した。"
            "システムの名前は伏せてある。"
        )
    ]
    if report.scores is not None:
        lines += _scores(report.scores)
    if report.pairs is not None:
        lines += _pairs(report.pairs)
    if report.guess is not None:
        lines += _guess(report.guess)
    lost = sum((Counter(stage.rejected) for stage in _stages(report)), Counter[str]())
    if lost:
        reasons = "、".join(f"{reason_words(code)} {n:,}件" for code, n in lost.most_common())
        lines.append(f"- 審査できなかったもの: {reasons}。")
    lines += [
        f"- 注意: {_STAGES[type(stage)]}の{share:.0%}が審査できなかった。数字は残りだけのもので、審査しやすいものに偏っているかもしれない。"
        for stage in _stages(report)
        if (share := lost_share(stage, report)) > MUCH
    ]
    return ["## 要約", "", *lines]


def _stages(report: JudgeReport) -> list[ScoresReport | PairsReport | GuessReport]:
    return [stage for stage in (report.scores, report.pairs, report.guess) if stage is not None]


def _scores(scores: ScoresReport) -> list[str]:
    ranked = sorted(
        ((system, system.semantic) for system in scores.systems if system.semantic is not None),
        key=lambda one: -one[1].mean,
    )
    marks = "、".join(f"`{system.name}` {semantic.mean:.2f}" for system, semantic in ranked)
    misleading = "、".join(
        f"`{system.name}` {100 * system.misleading.mean:.1f} %"
        for system in scores.systems
        if system.misleading is not None
    )
    if not marks:
        return ["- 採点できた答えはなかった。"]
    return [
        f"- 内容との一致（0〜4点の平均、高い順）: {marks}。",
        f"- 誤解を招くと判断された割合: {misleading}。",
    ]


def _pairs(pairs: PairsReport) -> list[str]:
    lines = []
    if len(pairs.win_rates) == 1:
        lines.append(f"- {_against(pairs.win_rates[0])}")
    elif pairs.win_rates and not pairs.strengths:
        lines.append("- 一対比較では、どの組もすべて引き分けで、順位はつけられない。")
    elif pairs.strengths:
        order = " ＞ ".join(f"`{one.name}`" for one in pairs.strengths)
        clear = sum(rate.rate is not None and _clear(rate.rate) for rate in pairs.win_rates)
        lines.append(
            f"- 一対比較での強さの順（Bradley–Terry）: {order}。{len(pairs.win_rates)}組のうち{clear}組で差がはっきりしている。"
        )
    place = sum(rate.by_place for rate in pairs.win_rates)
    compared = sum(rate.wins + rate.ties + rate.losses for rate in pairs.win_rates)
    if 2 * place > compared:
        lines.append(
            f"- 注意: {compared:,}組のうち{place:,}組は、示す順番だけで選ばれた。この審査モデルの一対比較から優劣は読み取れない。"
        )
    share = pairs.position.first_share
    if share is not None:
        where = "先" if share.mean > 0.5 else "後"
        lines.append(
            f"- 示す順番の偏り: {where}に示したほうを選びやすい（先に示したほうを選んだ割合 {100 * share.mean:.1f} %）。両方の順で尋ね、食い違った組は引き分けとした。"
            if _clear(share)
            else f"- 示す順番の偏りははっきりしない（先に示したほうを選んだ割合 {100 * share.mean:.1f} %）。"
        )
    return lines


def _guess(guess: GuessReport) -> list[str]:
    right = "、".join(
        f"`{system.name}` {100 * system.accuracy.mean:.1f} %"
        for system in guess.systems
        if system.accuracy is not None
    )
    lines = [
        f"- 絵文字だけから元の投稿を{guess.candidates}択で当てた正解率: {right or 'なし'}（当てずっぽうは{guess.chance:.0%}）。"
    ]
    above = "、".join(
        f"`{one.name}`" for one in guess.systems if one.accuracy is not None and one.accuracy.low > guess.chance
    )
    lines.append(f"- 当てずっぽうよりはっきり高いもの: {above or 'なし'}。")
    if any(gap.accuracy is not None for gap in guess.differences):
        clear = "、".join(words for gap in guess.differences if (words := _ahead(gap)))
        lines.append(
            f"- 正解率の差がはっきりしている組（同じ投稿どうしの比較）: {clear}。"
            if clear
            else "- 正解率の差は、どの組でもはっきりしない（同じ投稿どうしの比較）。"
        )
    if len({system.texts for system in guess.systems}) > 1:
        lines.append(f"- 投稿の数がシステムによって違う。すべてに答えがあるのは{guess.common_texts:,}件（表を参照）。")
    return lines


def _ahead(gap: GuessDifference) -> str:
    """Return which system is clearly ahead, and by how many points; "" where neither is."""
    found = gap.accuracy
    if found is None or found.low <= 0 <= found.high:
        return ""
    better, worse = (gap.system, gap.against) if found.mean > 0 else (gap.against, gap.system)
    low, high = sorted((abs(found.low), abs(found.high)))
    return f"`{better}` が `{worse}` より {100 * abs(found.mean):.1f} ポイント高い [{100 * low:.1f}, {100 * high:.1f}]"


def _against(rate: WinRate) -> str:
    if rate.rate is None:
        return f"`{rate.system}` と `{rate.against}` を比べられた投稿はなかった。"
    percent = 100 * rate.rate.mean
    if not rate.wins + rate.losses:
        return f"`{rate.system}` と `{rate.against}` の比較はすべて引き分けで、優劣ははっきりしない。"
    if not _clear(rate.rate):
        return f"`{rate.system}` の `{rate.against}` に対する勝率は {percent:.1f} % で、優劣ははっきりしない。"
    better, worse = (rate.system, rate.against) if rate.rate.mean > 0.5 else (rate.against, rate.system)
    return f"`{rate.system}` の `{rate.against}` に対する勝率は {percent:.1f} % で、`{better}` が `{worse}` よりはっきり好まれた。"


def _clear(share: Interval) -> bool:
    """Say whether the whole interval lies on one side of one half."""
    return share.low > 0.5 or share.high < 0.5
