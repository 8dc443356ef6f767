"""Read a reply: the post, the emoji, or the reason why it holds neither.

Nothing is repaired that needs a guess. What is cut is wrapping, and always the same; what is left must be the answer and nothing else.

| what came | as a rewrite | as emoji |
|---|---|---|
| finish_reason "length" | `truncated` | `truncated` |
| finish_reason "content_filter" or "refusal"; a whole reply that declines, Japanese or English | `refusal` | `refusal` |
| "", blanks, a `<think>` block with nothing after it | `empty` | `empty` |
| a `<think>` block, closed or not; an orphan `</think>` | cut | cut |
| ``` fences, alone on their lines or around the text; `<|im_end|>`, `</s>`, `<answer>` and the like | cut | cut |
| "出力:", "絵文字：", "**Answer:**" before the answer, "## 出力" on a line of its own | cut | cut |
| the sentence or post again, alone or as "入力: …", and then "出力: …", "→ …" or the next line | the echo is cut | lines before "絵文字: …" are cut |
| the same line twice | once | read in order |
| a last line of its own that is a note: "※…", "(…)" | cut | `prose` |
| a first line that announces ("はい、書き換えました。") with more below | cut | `prose`, as text beside emoji |
| quotes or brackets around the whole, or markdown asterisks | cut | cut |
| "1. …", "- …", "① …" at the head of a line | cut; two such lines are two candidates: `chatter` | cut, and so are 1️⃣ 2️⃣ … that number the others |
| several lines | joined by a blank | read in order |
| commas, 、, ・, /, →, &, !, quotes, brackets between the emoji | part of the text | separators |
| emoji in it | taken out and counted (`leaked`) | read, folded to the inventory's form |
| the same emoji twice | – | the first is kept |
| text beside the emoji ("Sure! Here are some emojis: 🎉🎉🎉", "この文には ✨ が合うと思います。") | – | `prose` |
| only emoji | `empty` (nothing is left once they are out) | read |
| no emoji, whatever else | the post | `no_emoji` |
| more than 5 different emoji | – | `too_many` |
| a banned emoji among them | taken out like every emoji | `banned` |
| an emoji newer than 16.0, a flag of no region, a joined sequence nobody recommends | taken out | `outside_inventory` |
| kana under a tenth of the letters: mostly Latin letters / other ones | `english` / `foreign_script` | – |
| two letters in a row of Hangul, Cyrillic, Arabic, Thai …, or one simplified Chinese character (in GB 2312 but not in JIS X 0213), that the sentence does not have | `foreign_script` | – |
| U+FFFD, a control character, one that turns the direction of writing or one for private use, that the sentence does not have | `foreign_script` | – |
| talk about the task ("この文には…", "絵文字", "言い換えました") in words that the sentence does not have; over 3 times its length | `chatter` | – |
| the sentence again, but for blanks and end marks | `unchanged` | – |

Whichever row comes first in the table wins. The fractions were checked on 5,282 recorded rewrites: the lowest share of kana is 0.12, the longest
rewrite 2.2 times its sentence, and none is rejected by any rule.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from emojit import emoji

MAX_EMOJIS = 5
"""Most emoji that a text is given (count)."""

_MIN_KANA = 0.1
_MAX_GROWTH = 3.0
_GROWTH_FREE = 40  # code points: short sentences may grow more

_THINKING = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)|\A.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_TOKEN = re.compile(
    r"<\|im_start\|>\s*(?:assistant)?|<\|[^|<>]{1,30}\|>|</?(?:s|answer|output|response|post)>", re.IGNORECASE
)
_FENCE = re.compile(r"^\s*```[\w-]*\s*$|^\s*```|```\s*$", re.MULTILINE)
_LIST_MARK = re.compile(
    r"^\s*(?:\(?\d{1,2}[.)．）:：、](?!\d(?!\ufe0f?\u20e3))|[-*・•‣]\s|[①-⑳])\s*"
)  # "7.18に" is a date
_ANSWER_WORDS = (
    r"出力(?:例|文|結果)?|回答|答え|解答|投稿|投稿文|SNS投稿|SNS風(?:の文|の投稿)?|絵文字|書き換え(?:た文|後|文)?|言い換え(?:た文|後)?"
    r"|リライト(?:後|文)?|変換(?:後|文|結果)?|output|answer|post|rewrite|emojis?"
)
_LABEL = re.compile(
    rf"^\W{{0,3}}(?:{_ANSWER_WORDS})\s*\**\s*[:：]\s*\**\s*",
    re.IGNORECASE,
)
_HEADING = re.compile(rf"^(?:#+\s*|\*\*|【)(?:{_ANSWER_WORDS})(?:\*\*|】)?$", re.IGNORECASE)
_INPUT = r"(?:入力|元の?文|原文|文|変換前|投稿|input|before)(?:文)?\s*[:：]\s*"
_NOTE = re.compile(r"^(?:※.*|[（(].{6,}[）)])$")
_EMOJI_LABEL = re.compile(r"^\W{0,3}(?:絵文字|emojis?)\s*\**\s*[:：]", re.IGNORECASE)
_ANNOUNCEMENT = re.compile(r"^.{0,60}(?:[:：]|(?:ました|ます|です)[。！!]?)$")
_ANNOUNCES = re.compile(r"^(?:はい|承知|了解|かしこまり|もちろん|以下|こちら|sure|here|okay|ok\b)", re.IGNORECASE)
_KEYCAPS = tuple(f"{digit}\ufe0f\u20e3" for digit in range(1, 10))
_QUOTES = ("「」", "『』", '""', "“”", "''", "‘’", "``", "（）", "()", "【】", "[]")
_SEPARATOR = re.compile(
    r"[\s,、，.．。・･/／|｜;；:：\"'“”‘’`「」『』\[\]【】()（）{}*_\-–—+＋→⇒&!！①-⑳\u200b\ufeff]+"
)

_REFUSAL_JA = re.compile(
    r"\A(?:大変|誠に|まことに)?(?:申し訳(?:あり|ござい)ません|申し訳ないです|恐れ入りますが|すみませんが|お断り)"
    r".*(?:できません|できかね|いたしかね|困難|不完全|不可能|対応|お答え|提供|お手伝い|控え)"
    r"|\A(?:大変|誠に)?申し訳(?:あり|ござい)ません[。！]?\Z"
    r"|\A.{0,40}(?:変換|書き換え|言い換え|リライト|お手伝い|お答え|回答|生成|対応|その(?:要求|依頼|質問)).{0,12}"
    r"(?:できません|できかねます|いたしかねます|困難です|致しかねます|応じられません)。?\Z",
    re.DOTALL,
)
_REFUSAL_EN = re.compile(
    r"\A(?:i['’]?m (?:really |very |so )?sorry|sorry,|i apologi[sz]e|unfortunately, i|i (?:cannot|can['’]?t|can not|won['’]?t|am unable|am not able)"
    r"|i['’]m (?:unable|not able)|as an ai)\b",
    re.IGNORECASE,
)
_TASK_WORDS = re.compile(
    r"絵文字|この文(?:章)?(?:には|は|に合)|書き換え|言い換えま|リライト|以下の(?:よう|通り|とおり)|SNS風"
)
_FOREIGN = re.compile(
    "[\u0400-\u052f]{2,}|[\u0590-\u05ff]{2,}|[\u0600-\u06ff]{2,}|[\u0900-\u0dff]{2,}|[\u0e00-\u0eff]{2,}|[\u1100-\u11ff\uac00-\ud7af]{2,}"
    "|[\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f\u202a-\u202e\u2066-\u2069\ue000-\uf8ff\ufffd]"
)


class Unreadable(ValueError):
    """A reply that holds no answer.

    Attributes:
        reason: a code of the table above.
        detail: the reply as it came.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """A post that was read.

    Attributes:
        text: one line without emoji.
        leaked: emoji that were taken out (count).
    """

    text: str
    leaked: int


def answer(text: str) -> str:
    """Return a reply without its thinking and without blanks around it; "" means that there is no answer."""
    return _THINKING.sub("", text).strip()


def read_rewrite(text: str, original: str, *, finish_reason: str | None = None) -> Rewrite:
    """Read the reply to the first question.

    Args:
        text: the reply as it came.
        original: the sentence that was to be rewritten.
        finish_reason: as the endpoint says it.

    Raises:
        Unreadable: the reply holds no post.
    """
    lines = lines_of(checked(text, finish_reason))
    if len(lines) > 1 and announces(lines[0]):
        lines = lines[1:]
    if len(lines) > 1 and _NOTE.match(lines[-1]):
        lines = lines[:-1]
    bare = [unmarked(line) for line in lines]
    raw = unquoted(_LABEL.sub("", _without_echo(" ".join(bare), original)))
    found = emoji.read(raw)
    post = re.sub(r"\s+", " ", emoji.strip(raw)).strip()
    if not any(char.isalnum() for char in post):
        raise Unreadable("empty", text)
    if reason := foreign_reason(post, original):
        raise Unreadable(reason, text)
    candidates = sum(line != stripped for line, stripped in zip(lines, bare, strict=True))
    if (
        candidates > 1
        or talks_about_the_task(post, original)
        or len(post) > _MAX_GROWTH * len(original) + _GROWTH_FREE
    ):
        raise Unreadable("chatter", text)
    if _core(post) == _core(original):
        raise Unreadable("unchanged", text)
    return Rewrite(text=post, leaked=len(found.emojis) + len(found.outside))


def read_emojis(text: str, banned: Collection[str] = (), *, finish_reason: str | None = None) -> tuple[str, ...]:
    """Read the reply to the second question.

    Args:
        text: the reply as it came.
        banned: canonical emoji that are not accepted.
        finish_reason: as the endpoint says it.

    Returns:
        1 to 5 distinct emoji of the inventory, in the order of the reply.

    Raises:
        Unreadable: the reply holds no such list.
    """
    lines = lines_of(checked(text, finish_reason))
    labelled = [index for index, line in enumerate(lines) if _EMOJI_LABEL.match(line)]
    lines = [unmarked(_LABEL.sub("", line)) for line in lines[labelled[-1] if labelled else 0 :]]
    folded = _unnumbered(emoji.fold("\n".join(lines), lenient=True))
    found = emoji.read(folded, lenient=True)
    if _SEPARATOR.sub("", emoji.strip(folded)):
        raise Unreadable("prose" if found.emojis or found.outside else "no_emoji", text)
    if found.outside:
        raise Unreadable("outside_inventory", text)
    if not found.emojis:
        raise Unreadable("no_emoji", text)
    emojis = tuple(dict.fromkeys(found.emojis))
    if not set(banned).isdisjoint(emojis):
        raise Unreadable("banned", text)
    if len(emojis) > MAX_EMOJIS:
        raise Unreadable("too_many", text)
    return emojis


def checked(text: str, finish_reason: str | None) -> str:
    """Return the answer without its thinking, unless it is none at all."""
    if finish_reason == "length":
        raise Unreadable("truncated", text)
    if finish_reason in {"content_filter", "refusal"}:
        raise Unreadable("refusal", text)
    body = _TOKEN.sub("", answer(text)).strip()
    if not body:
        raise Unreadable("empty", text)
    if _REFUSAL_JA.match(body) or _REFUSAL_EN.match(body):
        raise Unreadable("refusal", text)
    return body


def lines_of(body: str) -> list[str]:
    """Return the lines that hold something, each once, without code fences, headings and blanks around them."""
    lines = dict.fromkeys(line.strip() for line in _FENCE.sub("", body).splitlines())
    return [line for line in lines if line and not _HEADING.match(line)]


def unmarked(line: str) -> str:
    """Return a line without "1. ", "- " or "①" at its head."""
    return _LIST_MARK.sub("", line)


def announces(line: str) -> bool:
    """Say whether a line is one like "はい、書き換えました。" that only announces what comes below."""
    return bool(_ANNOUNCES.match(line) and _ANNOUNCEMENT.match(line))


def unquoted(text: str) -> str:
    """Cut the quotes around the whole: 「雨だ」 yes, 「雨」と「雪」 no."""
    text = text.strip()
    while len(text) > 2:
        if text.startswith("**") and text.endswith("**") and "**" not in text[2:-2]:
            text = text[2:-2].strip()
            continue
        pair = next((pair for pair in _QUOTES if text[0] == pair[0] and text[-1] == pair[1]), None)
        if pair is None or any(mark in text[1:-1] for mark in pair):
            break
        text = text[1:-1].strip()
    return text


def foreign_reason(post: str, original: str) -> str | None:
    """Return "english" or "foreign_script" where a post is not written in Japanese, unless the original holds the same letters."""
    letters = [char for char in post if char.isalpha()]
    kana = sum("\u3041" <= char <= "\u30ff" or "\uff66" <= char <= "\uff9f" for char in letters)
    if letters and kana < _MIN_KANA * len(letters):
        latin = sum("a" <= char.lower() <= "z" for char in letters)
        return "english" if 2 * latin > len(letters) else "foreign_script"
    if any(match.group() not in original for match in _FOREIGN.finditer(post)):
        return "foreign_script"
    return "foreign_script" if any(_simplified(char) for char in set(post) - set(original)) else None


@cache
def _simplified(char: str) -> bool:
    """Say whether a character is used in simplified Chinese and not in Japanese: 这, 们, 谢."""
    return "\u4e00" <= char <= "\u9fff" and _encodes(char, "gb2312") and not _encodes(char, "euc_jisx0213")


def _encodes(char: str, encoding: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def talks_about_the_task(post: str, original: str) -> bool:
    """Say whether a post speaks of emoji or of rewriting in words that the original does not have."""
    return any(match.group() not in original for match in _TASK_WORDS.finditer(post))


def _without_echo(text: str, original: str) -> str:
    """Cut the sentence where it stands before the answer, with a blank, a line break or an arrow in between: 入力: 元の文。 出力: 答え."""
    if (
        original.strip() not in text
    ):  # a pattern per sentence takes longer to compile than everything else about a reply
        return text
    echo = (
        rf"\A(?:{_INPUT})?[「『\"“]?{re.escape(original.strip())}[」』\"”]?(?:\s*(?:→|⇒|=>|->|➡\ufe0f?)\s*|\s+)(?=\S)"
    )
    return re.sub(echo, "", text)


def _unnumbered(text: str) -> str:
    """Cut keycaps that number the other emoji: "1️⃣ 🐈 2️⃣ 🌙" has two emoji, "1️⃣ 🥇" and "1️⃣ 2️⃣" have what they say."""
    found = emoji.read(text, lenient=True).emojis
    places = [place for place, one in enumerate(found) if one in _KEYCAPS]
    numbers = [found[place] for place in places]
    in_order = len(numbers) > 1 and tuple(numbers) == _KEYCAPS[: len(numbers)]
    before_others = all(b - a > 1 for a, b in itertools.pairwise([*places, len(found)])) and places[:1] == [0]
    if not (in_order and before_others):
        return text
    for keycap in numbers:
        text = text.replace(keycap, " ", 1)
    return text


def _core(text: str) -> str:
    return re.sub(r"[\s。．.！!]+", "", text)
