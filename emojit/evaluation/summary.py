"""The report in one Japanese paragraph."""

from __future__ import annotations

from collections.abc import Mapping

from emojit.evaluation.errors.rules import CATEGORIES
from emojit.evaluation.interval import Interval
from emojit.evaluation.report import EvalReport, SystemReport
from emojit.evaluation.sampling import NO_TOPIC

_NAMES = {
    "student": "生徒モデル",
    "saved-baseline": "保存済みベースライン",
    "constant": "最良の定数回答",
    "length-prior": "文の長さだけによる回答",
    "lexicon": "キーワード辞書",
    "nearest-neighbour": "最近傍",
    "neighbours-mean": "平均ベクトルの近傍",
    "neighbours-maxsim": "MaxSimの近傍",
    "linear": "線形モデル",
    "hybrid": "ハイブリッドモデル",
    "bert": "マルチラベル符号化器",
    "teacher-second-vote": "教師の2回目の回答",
}
_TOPICS = {
    "Smileys & Emotion": "顔と感情",
    "People & Body": "人と体",
    "Animals & Nature": "動物と自然",
    "Food & Drink": "食べ物と飲み物",
    "Travel & Places": "旅行と場所",
    "Activities": "活動",
    "Objects": "物",
    "Symbols": "記号",
    "Flags": "旗",
    NO_TOPIC: "なし",
}
_CATEGORIES: Mapping[str, str] = {one.name: one.label_ja for one in CATEGORIES}


def summary_ja(report: EvalReport) -> str:
    """Say in Japanese how the system stands against the trivial answers and the ceiling, where it is weak, and what its errors are."""
    system, data = report.find(report.system), report.dataset
    name = _name(system)
    sentences = [
        (
            f"{data.split}の{data.rows:,}件で、{name}の平均Jaccard係数は{_interval(system.jaccard)}でした"
            f"（角括弧は{100 * report.confidence:.0f}％ブートストラップ区間）。"
        )
    ]
    baselines = [one for one in report.systems if one.kind == "baseline"]
    strongest = max(baselines, key=lambda one: one.jaccard.mean)
    for one in dict.fromkeys(["constant", strongest.name]):
        gap = next(gap for gap in report.differences if gap.against == one)
        sentences.append(f"{_name(report.find(one))}（{report.find(one).jaccard.mean:.3f}）{_against(gap.jaccard)}。")
    if ceiling := [one for one in report.systems if one.kind == "teacher"]:
        sentences.append(f"教師どうしの一致（上限の目安）は{_interval(ceiling[0].jaccard)}です。")
    for breakdown in report.analysis.breakdowns:
        if breakdown.name == "topic":
            known = {group.name: group.scores[system.name].jaccard for group in breakdown.groups if group.rows >= 20}
            if len(known) > 1:
                best, worst = max(known, key=lambda one: known[one].mean), min(known, key=lambda one: known[one].mean)
                sentences.append(
                    f"20件以上ある話題では「{_TOPICS.get(best, best)}」が最も高く（{known[best].mean:.3f}）、「{_TOPICS.get(worst, worst)}」が最も低い（{known[worst].mean:.3f}）結果です。"
                )
    sentences += _errors(report, system.name)
    for one_of in report.analysis.calibration:
        if one_of.system == system.name:
            found = one_of.jaccard
            sentences.append(
                f"スコアから期待されるJaccard係数の平均は{found.expected:.3f}、実際は{found.observed:.3f}で、期待校正誤差（ECE）は{found.error:.3f}です。"
            )
    return "".join(sentences)


def _errors(report: EvalReport, name: str) -> list[str]:
    errors = report.analysis.errors
    found = next((one for one in errors.systems if one.system == name), None)
    if found is None or not found.low:
        return []
    most = sorted((one for one in found.categories if one.rows), key=lambda one: -one.rows)[:3]
    named = "、".join(f"{_CATEGORIES.get(one.name, one.name)}{100 * one.share.mean:.0f}％" for one in most)
    return [
        f"Jaccard係数が{errors.threshold:g}未満の行は{found.low:,}件（{100 * found.low_share.mean:.0f}％）で、内訳の上位は{named}です。"
    ]


def _against(gap: Interval) -> str:
    words = "を上回ります" if gap.low > 0 else "を下回ります" if gap.high < 0 else "との差ははっきりしません"
    return f"{words}（差{gap.mean:+.3f}、区間{gap.low:+.3f}〜{gap.high:+.3f}）"


def _interval(value: Interval) -> str:
    return f"{value.mean:.3f} [{value.low:.3f}, {value.high:.3f}]"


def _name(system: SystemReport) -> str:
    if system.kind == "predictions":
        return "予測ファイル"
    return _NAMES.get(system.name, system.label)
