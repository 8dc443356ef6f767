"""What a sweep found, in Japanese: the same facts as `sections.findings`, in a section of their own."""

from __future__ import annotations

from emojit.experiment.sweep.composite import COMPOSITE, STATED
from emojit.experiment.sweep.facts import Choice, Curve, Finding, Metric, Sweep
from emojit.experiment.sweep.findings import POINTS, value_of
from emojit.experiment.sweep.section import Section, Sentence
from emojit.experiment.sweep.side_by_side import best_mean
from emojit.experiment.sweep.words import epoch, score, short

_LABELS = {
    "jaccard": "Jaccard 指数",
    "exact_match": "完全一致率",
    "precision": "適合率（ミクロ）",
    "recall": "再現率（ミクロ）",
    "f1": "F1（ミクロ）",
    "f1_macro": "F1（マクロ）",
    "outside_top": "上位5種以外の割合",
    "distinct": "絵文字の種類数",
    "entropy_bits": "エントロピー",
    "empty": "空の回答の割合",
    "loss": "検証損失",
    COMPOSITE: "合成スコア",
    STATED: "表に記載の合成スコア",
}
"""A column of somebody's table keeps its own name."""
_UNITS = {"emoji": "種類", "bits": "ビット", "nats": "ナット"}
_WITHOUT_INTERVAL = "区間のない差は、行ごとの得点が分からないため、偶然かどうかをここでは判断できません。"


def japanese(report: Sweep) -> Section:
    """Return what was found."""
    metric, best = report.metric(report.by), report.best
    title = "要約（日本語）"
    if best is None:
        return Section(title=title, intro=f"{_label(metric)}の値があるチェックポイントはありません。", lang="ja")
    sentences = []
    unsure = False
    for one in report.choices:
        found = report.finding(one.run)
        if found is None:
            continue
        unsure = unsure or (found.lost > 0 and found.lost_low is None)
        curve = next(curve for curve in report.curves if curve.run == one.run)
        stopping = "" if len(curve.scored(metric.name)) == 1 else _stopping(found, metric)
        text = f"（エポック {epoch(one.epoch)}）。{_label(metric)}は {score(metric, one.score)}。"
        sentences.append(
            Sentence(
                lead=f"{one.run}：{_name(one)} を採用",
                text=f"{text}{_why(curve, metric, found, one)}{stopping}{_left_out(curve)}",
            )
        )
    several = (
        f"すべての実行の中で最も良いのは {best.run} の {_name(best)} です（{_label(metric)} {score(metric, best.score)}）。"
        if len(report.choices) > 1
        else ""
    )
    note = _WITHOUT_INTERVAL if unsure else ""
    return Section(title=title, intro=several, sentences=tuple(sentences), note=note, lang="ja")


def _why(curve: Curve, metric: Metric, found: Finding, one: Choice) -> str:
    peak = next(each for each in curve.checkpoints if each.name == found.peak)
    if one.asked:
        return f"指定による選択です（単独で最良は {peak.name}、{score(metric, found.peak_score)}）。"
    mean = best_mean(curve, metric)
    if len(one.members) > 1 and mean is not None:
        tried = sum(metric.name in each.scores for each in curve.averages)
        better = (value_of(mean, metric) - value_of(peak, metric)) * (POINTS if metric.unit == "share" else 1)
        return (
            f"隣り合う {len(one.members)} 個の重みの平均 {tried} 通りの中で最良で、"
            f"単独で最良の {peak.name} より {_gap(metric, better)}良い値です。"
        )
    many = len(curve.scored(metric.name))
    if many == 1:
        said = "値のあるチェックポイントはこれだけです。"
    elif found.peak_step == found.last_step:
        said = f"{many} 個のチェックポイントの中で最良で、最後のものです。まだ頂点に達しておらず、学習を続ければ改善する可能性があります。"
    elif found.lost == 0:
        said = f"{many} 個のチェックポイントの中で最良です。最後のものも同じ値です。"
    else:
        said = f"{many} 個のチェックポイントの中で最良で、最後のものより {_gap(metric, found.lost)}良い値です"
        said += "が、この差は偶然の可能性があります。" if _chance(found) else "。"
    if mean is not None:
        said += f"隣り合う {len(mean.members)} 個の平均では {score(metric, mean.scores[metric.name])} が最良でした。"
    return said


def _stopping(found: Finding, metric: Metric) -> str:
    if found.peak_step == found.last_step:
        return "早期終了で省けた学習はありません。"
    stop = (
        f"その設定ではエポック {epoch(found.stops_at)} で停止します"
        if found.stops_at is not None
        else "その設定では停止する前に学習が終わります"
    )
    text = (
        f"エポック {epoch(found.peak_epoch)} で止めていれば十分で、更新の {100 * found.spare:.0f} % はその後に行われました。"
        f"そこに達するために必要な待ち回数（patience）は {found.patience} です（{stop}）。"
    )
    interval = f"（95 % 区間 {found.lost_low:.2f}〜{found.lost_high:.2f}）" if found.lost_low is not None else ""
    lost = _gap(metric, found.lost)
    if found.onset_epoch is None:
        last = f"最良の値より {lost}{interval}悪い値です" if found.lost else "最良の値と同じです"
        return f"{text}過学習の始まりは見られません。最後の値は{last}。"
    onset, end = epoch(found.onset_epoch), epoch(found.last_epoch)
    if _chance(found):
        return f"{text}エポック {onset} 以降は悪化し、エポック {end} までの低下は {lost}{interval}ですが、偶然の可能性があります。"
    return f"{text}エポック {onset} から過学習が見られ、エポック {end} までに {lost}{interval}失われました。"


def _chance(found: Finding) -> bool:
    return found.lost_low is not None and found.lost_low <= 0


def _left_out(curve: Curve) -> str:
    broken = sum(one.problem is not None for one in curve.checkpoints)
    return (
        f"{len(curve.checkpoints)} 個中 {broken} 個のチェックポイントは採点できませんでした（理由は表にあります）。"
        if broken
        else ""
    )


def _name(one: Choice) -> str:
    first, last = one.members[0], one.members[-1]
    return one.checkpoint if first == last else f"checkpoint-{first} から checkpoint-{last} までの平均"


def _label(metric: Metric) -> str:
    return _LABELS.get(metric.name, metric.label)


def _gap(metric: Metric, value: float) -> str:
    """Return a difference with its unit and a blank where a word follows."""
    if metric.unit == "share":
        return f"{value:.2f} ポイント"
    return f"{short(value)} {_UNITS.get(metric.unit, metric.unit)}".rstrip()
