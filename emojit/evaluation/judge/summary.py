"""The summary of a report in Japanese: what the figures allow to say, and no more."""

from __future__ import annotations

from emojit.evaluation.judge.schema import GuessReport, JudgeReport, PairsReport, ScoresReport, WinRate
from emojit.evaluation.report import Interval


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
    lost = sum(stage.rejected.get(reason, 0) for stage in _stages(report) for reason in stage.rejected)
    if lost:
        lines.append(f"- 審査できなかったものが{lost:,}件ある（理由は各節の Not judged を参照）。")
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
    elif pairs.strengths:
        order = " ＞ ".join(f"`{one.name}`" for one in pairs.strengths)
        clear = sum(rate.rate is not None and _clear(rate.rate) for rate in pairs.win_rates)
        lines.append(
            f"- 一対比較での強さの順（Bradley–Terry）: {order}。{len(pairs.win_rates)}組のうち{clear}組で差がはっきりしている。"
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
    return [
        f"- 絵文字だけから元の投稿を{guess.candidates}択で当てた正解率: {right or 'なし'}（当てずっぽうは{guess.chance:.0%}）。"
    ]


def _against(rate: WinRate) -> str:
    if rate.rate is None:
        return f"`{rate.system}` と `{rate.against}` を比べられた投稿はなかった。"
    percent = 100 * rate.rate.mean
    if not _clear(rate.rate):
        return f"`{rate.system}` の `{rate.against}` に対する勝率は {percent:.1f} % で、優劣ははっきりしない。"
    better, worse = (rate.system, rate.against) if rate.rate.mean > 0.5 else (rate.against, rate.system)
    return f"`{rate.system}` の `{rate.against}` に対する勝率は {percent:.1f} % で、`{better}` が `{worse}` よりはっきり好まれた。"


def _clear(share: Interval) -> bool:
    """Say whether the whole interval lies on one side of one half."""
    return share.low > 0.5 or share.high < 0.5
