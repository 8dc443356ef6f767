"""Reading a reply: the table in `emojit.teacher.reading`, row by row, and the law that an answer in any wrapping reads back."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emojit import emoji
from emojit.resources import resource
from emojit.teacher import Unreadable, read_emojis, read_rewrite

SENTENCE = "昨日の夜から東京では雨が降り続いている。"
POST = "昨日の夜から東京ずっと雨なんだけど"


def rewrite_or_reason(text, original=SENTENCE, finish_reason="stop"):
    try:
        return read_rewrite(text, original, finish_reason=finish_reason).text
    except Unreadable as exc:
        return exc.reason


def emojis_or_reason(text, finish_reason="stop"):
    try:
        return read_emojis(text, ("✨",), finish_reason=finish_reason)
    except Unreadable as exc:
        return exc.reason


@pytest.mark.parametrize(
    "reply",
    [
        POST,
        f"  {POST}\n",
        f"「{POST}」",
        f'"{POST}"',
        f"**{POST}**",
        f"出力: {POST}",
        f"**書き換えた文：** 「{POST}」",
        f"はい、書き換えました。\n\n{POST}",
        f"以下のように書き換えました：\n「{POST}」",
        f"```\n{POST}\n```",
        f"```text\n{POST}```",
        f"1. {POST}",
        f"- {POST}",
        f"<think>雨の話だな。\n楽しくしよう。</think>\n{POST}",
        f"雨の話だな。</think>{POST}",
        f"{POST}☔",
        f"☔ {POST} 😢✨",
        "昨日の夜から\n東京ずっと雨なんだけど",
    ],
)
def test_wrapping_around_a_rewrite_is_cut(reply):
    assert rewrite_or_reason(reply).replace(" ", "") == POST


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "empty"),
        ("　\n", "empty"),
        ("<think>まず文の意味を考える</think>", "empty"),
        ("<think>まず文の意味を考える", "empty"),
        ("☔😢", "empty"),
        ("1. 📚\n2. 🎵\n3. 😊", "empty"),
        ("「」", "empty"),
        ("申し訳ありませんが、提供いただいた文章が不完全なため、変換が困難です。", "refusal"),
        ("申し訳ありません。", "refusal"),
        ("その依頼にはお答えできません。", "refusal"),
        ("I'm sorry, but I can't help with that.", "refusal"),
        ("I cannot rewrite this sentence.", "refusal"),
        ("As an AI language model, I do not post.", "refusal"),
        ("Sure! Here are some emojis: 🎉🎉🎉", "english"),
        ("It has been raining in Tokyo since last night lol", "english"),
        ("从昨天晚上开始东京一直在下雨", "foreign_script"),
        ("어젯밤부터 도쿄에 비가 계속 오고 있어", "foreign_script"),
        ("昨日の夜から 도쿄 ずっと雨なんだけど", "foreign_script"),
        ("この文には ✨ が合うと思います。", "chatter"),
        ("もっとカジュアルにするなら絵文字を足してもいいかも", "chatter"),
        ("1. 昨日からずっと雨なんだけど\n2. 東京、雨やまないね", "chatter"),
        (POST * 8, "chatter"),
        (SENTENCE, "unchanged"),
        ("昨日の夜から東京では雨が降り続いている!", "unchanged"),
    ],
)
def test_a_rewrite_that_is_none_is_named(reply, reason):
    assert rewrite_or_reason(reply) == reason


@pytest.mark.parametrize(
    ("original", "post"),
    [
        ("7月18日に後楽園で試合が行われた。", "7.18後楽園で試合だったんだって"),
        ("「天気の子」と「君の名は。」は新海誠の作品である。", "「天気の子」も「君の名は。」も新海誠なんだよね"),
        ("絵文字は1990年代の日本で生まれた。", "絵文字って90年代の日本生まれなんだ"),
        ("申し訳ないという気持ちを表す言葉である。", "申し訳ないって気持ちを伝える言葉なんだって"),
        ("NHK BS4Kは2018年に放送を始めた。", "NHK BS4K、始まったの2018年か"),
        ("韓国語で서울と書く。", "韓国語だと서울って書くらしい"),
        ("2:1で勝利した試合である。", "2:1で勝った試合だよ"),
    ],
)
def test_a_post_that_looks_like_wrapping_stays_whole(original, post):
    assert rewrite_or_reason(post, original) == post


def test_a_rejection_carries_the_reply_as_it_came():
    with pytest.raises(Unreadable) as caught:
        read_emojis("```\n本\n```")

    assert (caught.value.reason, caught.value.detail) == ("no_emoji", "```\n本\n```")


def test_emoji_in_a_rewrite_are_taken_out_and_counted():
    rewrite = read_rewrite(f"☔{POST}😢🫪", SENTENCE)  # the last one is newer than 16.0

    assert (rewrite.text, rewrite.leaked) == (POST, 3)


@pytest.mark.parametrize(
    "reply",
    [
        "📚 🎵 😊",
        "📚🎵😊",
        "📚、🎵、😊",
        "1. 📚\n2. 🎵\n3. 😊",
        "① 📚\n② 🎵\n③ 😊",
        "- 📚\n- 🎵\n- 😊",
        "```\n📚 🎵 😊\n```",
        "絵文字：📚 🎵 😊",
        "**Output:** 📚 🎵 😊",
        "「📚 🎵 😊」",
        '["📚", "🎵", "😊"]',
        "<think>本かな</think>📚 🎵 😊",
        "📚 🎵 📚 😊 🎵",
        "📚 🎵 😊。",
        "**📚 🎵 😊**",
    ],
)
def test_wrapping_around_emoji_is_cut(reply):
    assert emojis_or_reason(reply) == ("📚", "🎵", "😊")


def test_every_spelling_is_folded_and_then_compared():
    assert emojis_or_reason("❤ ❤️ 👍🏽 👍 ☀") == ("❤️", "👍", "☀️")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "empty"),
        ("<think>まず文の意味を考える</think>", "empty"),
        ("申し訳ありませんが、提供いただいた文章が不完全なため、変換が困難です。", "refusal"),
        ("Sure! Here are some emojis: 🎉🎉🎉", "prose"),
        ("この文には ✨ が合うと思います。", "prose"),
        ("📚は本です", "prose"),
        ("本と音楽", "no_emoji"),
        (":books: :notes:", "no_emoji"),
        ("、、、", "no_emoji"),
        ("😀😃😄😁😆😅", "too_many"),
        ("✨", "banned"),
        ("🎉 ✨", "banned"),
        ("🎉 🫪", "outside_inventory"),
        ("🎉 🇦🇦", "outside_inventory"),
        ("🎉 😊‍🎉", "outside_inventory"),
    ],
)
def test_an_emoji_reply_that_is_none_is_named(reply, reason):
    assert emojis_or_reason(reply) == reason


@pytest.mark.parametrize(
    ("finish_reason", "reason"), [("length", "truncated"), ("content_filter", "refusal"), ("refusal", "refusal")]
)
def test_the_finish_reason_goes_before_the_text(finish_reason, reason):
    assert rewrite_or_reason(POST, finish_reason=finish_reason) == reason
    assert emojis_or_reason("📚", finish_reason=finish_reason) == reason


def numbered(emojis):
    return "\n".join(f"{number}. {item}" for number, item in enumerate(emojis, start=1))


WRITINGS = [
    "".join,
    " ".join,
    ", ".join,
    "、".join,
    "\n".join,
    " / ".join,
    numbered,
    lambda emojis: numbered(emojis).replace(". ", "."),
    lambda emojis: numbered(emojis).replace(". ", ") "),
    lambda emojis: "\n".join(f"- {item}" for item in emojis),
    lambda emojis: f"```\n{' '.join(emojis)}\n```",
    lambda emojis: f"「{''.join(emojis)}」",
    lambda emojis: f"出力: {' '.join(emojis)}",
    lambda emojis: json.dumps(list(emojis), ensure_ascii=False),
    lambda emojis: f"<think>どれかな {emojis[0]}</think>\n\n{' '.join(emojis)}\n",
    lambda emojis: " ".join([*emojis, *emojis]),
]


@given(st.lists(st.sampled_from(emoji.INVENTORY), min_size=1, max_size=5, unique=True), st.sampled_from(WRITINGS))
@example(["1️⃣", "2️⃣", "*️⃣"], numbered)
@example(["*️⃣", "#️⃣"], "\n".join)
@example(["🇯🇵", "🇺🇸"], "".join)
def test_any_choice_in_any_wrapping_reads_back(emojis, write):
    assert read_emojis(write(emojis)) == tuple(emojis)


@given(st.text(max_size=60))
def test_any_text_is_read_or_named(text):
    result = emojis_or_reason(text)
    if isinstance(result, tuple):
        assert 1 <= len(result) == len(set(result)) <= 5
        assert set(result) <= set(emoji.INVENTORY) - {"✨"}
    post = rewrite_or_reason(text)
    assert emoji.extract(post) == []
    assert "\n" not in post


@given(
    st.text(alphabet="あいうえおかきくけこ、雨東京", min_size=4, max_size=30),
    st.lists(st.sampled_from(emoji.INVENTORY), max_size=4),
)
def test_emoji_around_a_post_never_change_the_post(post, emojis):
    plain = rewrite_or_reason(post)

    assert rewrite_or_reason(" ".join([*emojis, post, *emojis])) in {plain, "empty"}


def test_every_recorded_reply_of_the_sample_is_read_as_it_stands():
    for line in resource("sample/replies.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        assert read_rewrite(row["sns_text"], row["text"]).text == row["sns_text"]
        assert read_emojis(emoji.join(row["emojis"]), ("✨",)) == tuple(row["emojis"])


ORIGINAL = "猫は夜になると活発に動き回る動物である。"
REWRITE = "猫って夜になるとめっちゃ動き回るよね"


@pytest.mark.parametrize(
    "reply",
    [
        f"入力: {ORIGINAL}\n出力: {REWRITE}",
        f"元の文: {ORIGINAL}\n書き換え: {REWRITE}",
        f"入力：{ORIGINAL} 出力：{REWRITE}",
        f"「{ORIGINAL}」\n{REWRITE}",
        f"{ORIGINAL}\n\n出力：{REWRITE}",
        f"{ORIGINAL} → {REWRITE}",
        f"## 出力\n{REWRITE}",
        f"変換後: {REWRITE}",
        f"<|im_start|>assistant\n{REWRITE}<|im_end|>",
        f"<answer>{REWRITE}</answer>",
        f"{REWRITE}</s>",
        f"{REWRITE}\n{REWRITE}",
        f"「{REWRITE}」\n\n※くだけた表現にしました。",
        f"{REWRITE}\n(意味は変えていません)",
    ],
)
def test_echoes_labels_tokens_and_notes_around_a_rewrite_are_cut(reply):
    assert read_rewrite(reply, ORIGINAL).text == REWRITE


@pytest.mark.parametrize(
    "reply", [ORIGINAL, f"出力: {ORIGINAL}", f"入力: {ORIGINAL}\n出力: {ORIGINAL}", f"「{ORIGINAL}」"]
)
def test_the_sentence_again_is_unchanged_whatever_stands_around_it(reply):
    with pytest.raises(Unreadable) as caught:
        read_rewrite(reply, ORIGINAL)

    assert caught.value.reason == "unchanged"


@pytest.mark.parametrize("char", ["\x00", "\x1b", "\x07", "\ufffd", "\u202e", "\ue000"])
def test_characters_that_are_no_text_are_foreign_unless_the_sentence_has_them(char):
    post = f"猫って夜に{char}動き回るよね"

    with pytest.raises(Unreadable) as caught:
        read_rewrite(post, ORIGINAL)

    assert caught.value.reason == "foreign_script"
    assert char in read_rewrite(post, ORIGINAL + char).text


@pytest.mark.parametrize("reply", ["猫って夜はすごく活发だよね", "这だと夜に動き回るよね", "猫って夜に谢々だよね"])
def test_simplified_chinese_that_the_sentence_does_not_have_is_foreign(reply):
    with pytest.raises(Unreadable) as caught:
        read_rewrite(reply, ORIGINAL)

    assert caught.value.reason == "foreign_script"


def test_simplified_chinese_of_the_sentence_itself_may_stay():
    assert (
        read_rewrite("邓小平って人のことなんだって", "邓小平は中国の政治家である。").text
        == "邓小平って人のことなんだって"
    )


def test_characters_of_japanese_that_chinese_has_too_are_no_leak():
    for char in "会国学体号万来当点声沢髙﨑壊醤鴎":
        assert read_rewrite(f"{char}の話なんだって", ORIGINAL).text


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("1️⃣ 🐈\n2️⃣ 🌙", ("🐈", "🌙")),
        ("1️⃣🐈 2️⃣🌙 3️⃣🔥", ("🐈", "🌙", "🔥")),
        ("1️⃣ 🥇", ("1️⃣", "🥇")),
        ("1️⃣ 2️⃣ 3️⃣", ("1️⃣", "2️⃣", "3️⃣")),
        ("🥇 1️⃣ 🥈 2️⃣", ("🥇", "1️⃣", "🥈", "2️⃣")),
        ("①🐈 ②🌙", ("🐈", "🌙")),
        ("🐈 → 🌙", ("🐈", "🌙")),
        ("🐈 🌙!", ("🐈", "🌙")),
        ("投稿: 猫って夜に動くよね\n絵文字: 🐈 🌙", ("🐈", "🌙")),
        ("<answer>🐈 🌙</answer>", ("🐈", "🌙")),
        ("🐈 🌙<|im_end|>", ("🐈", "🌙")),
    ],
)
def test_numbers_arrows_echoes_and_tokens_around_emoji_are_cut(reply, expected):
    assert read_emojis(reply) == expected
