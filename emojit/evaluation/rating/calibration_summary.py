"""The summary of a calibration in Japanese: which figure follows people best, and where judge and people disagree."""

from __future__ import annotations

from emojit.evaluation.rating.calibration import Calibration, JudgeCheck
from emojit.evaluation.rating.correlation import Interval
from emojit.evaluation.rating.summary import QUESTION_WORDS


def summary(found: Calibration) -> str:
    """Return the summary as a Markdown section."""
    lines = []
    for lead in found.leads:
        verdict = "偶然とはいえない差がある" if lead.is_clear else "偶然かもしれない"
        alone = "" if lead.follows else "ただし、人の評価にはっきり従う値はない。"
        target = QUESTION_WORDS[lead.target.removeprefix("people ")]
        lines.append(
            f"- 人の「{target}」に最もよく従う自動の値は {lead.best}（順位相関 {_span(lead.spearman)}）で、{lead.next} より {_span(lead.by)} 高い（{verdict}）。{alone}"
        )
    if found.constant:
        lines.append(
            f"- {'、'.join(found.constant)} は{found.answers:,}個の答えすべてで同じ値なので、順位相関を求められない。"
        )
    lines += [f"- 審査モデルと人の評価（{QUESTION_WORDS[one.question]}）: {_check(one)}。" for one in found.judge]
    lines += [f"- 注意: {warning}。" for warning in found.warnings_ja]
    if found.judge and not found.warnings:
        lines.append("- 審査モデルと人とで順番が逆になったシステムの組はない。")
    lines.append(
        "- 表の見方: Spearman = 順位相関、Jaccard / precision / recall = 参照の絵文字との重なり、judge = 審査モデル、people = 人、back-translation = 絵文字から元の投稿を当てられたか、"
        "角かっこ = 95 % 区間。"
    )
    return "\n".join(["## 要約", "", *lines])


def _check(check: JudgeCheck) -> str:
    spearman = "求められない（値が一つだけ）" if check.spearman is None else _span(check.spearman)
    alpha = "求められない（値がすべて同じ）" if check.alpha is None else f"{check.alpha:.2f}"
    bias = "" if check.bias is None else f"、審査モデル − 人 {_span(check.bias, sign='+')}"
    return f"{check.answers:,}個の答えで順位相関 {spearman}、α {alpha}{bias}"


def _span(one: Interval, sign: str = "") -> str:
    ends = "" if one.low is None or one.high is None else f" [{one.low:{sign}.2f}, {one.high:{sign}.2f}]"
    return f"{one.value:{sign}.2f}{ends}"
