"""The words of the tables in Japanese: what stands in English columns and codes, for readers of the page."""

from __future__ import annotations

from collections.abc import Mapping

from emojit.evaluation.judge.records import ERROR_CATEGORIES
from emojit.evaluation.judge.schema import JudgeReport

REASONS: Mapping[str, str] = {
    "system_without_answer": "システムの答えがない",
    "teacher_error": "審査モデルから応答がなかった",
    "no_json": "JSON でない",
    "missing_field": "項目が足りない",
    "unknown_field": "余計な項目がある",
    "missing_item": "採点されていない候補がある",
    "unknown_item": "示していない候補がある",
    "repeated_item": "同じ候補が二度ある",
    "wrong_type": "値の型が違う",
    "out_of_range": "範囲外の値",
    "unknown_category": "知らない分類",
    "reason_not_japanese": "理由が日本語でない",
    "truncated": "途中で切れた",
    "refusal": "回答を断った",
    "empty": "空の応答",
}
"""Why something was not judged, by the code of the tables."""


def glossary(report: JudgeReport) -> list[str]:
    """Return the words of the tables that are there, as a Markdown section."""
    lines = ["- 角かっこ […] は95 % 区間（投稿を単位とする）。texts は投稿の数。"]
    if report.scores is not None:
        lines.append(
            "- Scores = 採点。semantic は内容との一致（0〜4）、naturalness は自然さ（0〜4）、misleading は誤解を招く割合。平均 ± 標準偏差。"
            "差（−）は、区間がすべて0より上なら前のほうがはっきりよい。"
        )
        used = [
            name
            for name in ERROR_CATEGORIES
            if any(name in system.error_categories for system in report.scores.systems)
        ]
        if used:
            lines.append(
                "- いちばん大きな問題の分類: "
                + "、".join(f"{name} = {ERROR_CATEGORIES[name]}" for name in used)
                + "。"
            )
    if report.pairs is not None:
        lines.append(
            "- Choices between two answers = 一対比較。wins / ties / losses は勝ち・引き分け・負け、rate は勝率（引き分けは半分）、by place は引き分けのうち順番だけで選ばれた組、"
            "strength は Bradley–Terry の強さ（対数）。勝率の区間がすべて50 % より上なら前のほうがはっきり好まれた。"
        )
    if report.guess is not None:
        lines.append(
            "- Texts guessed from their emoji = 絵文字だけから元の投稿を当てる課題。right は正解率（own texts はそのシステムの答えがある投稿、all systems は全システムに答えがある投稿）。"
        )
    lines.append("- Not judged = 審査できなかったもの。Questions = 質問の数。")
    return ["## 表の見方", "", *lines]


def reason_words(code: str) -> str:
    """Return a reason in Japanese, or the code itself where there are no words for it."""
    return REASONS.get(code, code)
