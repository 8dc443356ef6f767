"""Reading the reply to the question for posts: each row of the module's table."""

from __future__ import annotations

import pytest

from emojit.teacher.posts import read_posts
from emojit.teacher.reading import Unreadable

GOOD = ("庭でアナグマに会ってびっくりした", "穴を掘るのがうますぎて見とれた", "夜の畑でがさがさ音がしてこわい")


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"{number}. {post}" for number, post in enumerate(GOOD, start=1)),
        "\n".join(f"{number}．{post}" for number, post in enumerate(GOOD, start=1)),
        "\n".join(f"- {post}" for post in GOOD),
        "".join(f"{mark} {post}\n\n" for mark, post in zip("①②③", GOOD, strict=True)),
        "\n".join(GOOD),
        "はい、3個書きました。\n" + "\n".join(GOOD),
        "以下の投稿です:\n"
        + "\n".join(f"{number}. {post}" for number, post in enumerate(GOOD, start=1))
        + "\nいかがでしょうか。",
        "<think>1. だめな案</think>\n" + "\n".join(f"1. {post}" for post in GOOD),
        "```\n" + "\n".join(f"1. {post}" for post in GOOD) + "\n```",
        "\n".join(f"{number}. 「{post}」" for number, post in enumerate(GOOD, start=1)),
        "\n".join(f"{number}. 投稿{number}: {post}" for number, post in enumerate(GOOD, start=1)),
        "\n".join(f"1. {post}" for post in (*GOOD, GOOD[0])),
    ],
)
def test_posts_are_found_whatever_stands_around_them(text):
    posts = read_posts(text, 3)

    assert [post.text for post in posts] == list(GOOD)
    assert {post.reason for post in posts} == {None}


def test_emoji_are_taken_out_and_counted():
    [post] = read_posts("1. 庭でアナグマに会ってびっくりした🦡✨", 1)

    assert (post.text, post.leaked, post.rewrite.text) == (GOOD[0], 2, GOOD[0])


def test_more_than_asked_for_are_left_out():
    assert len(read_posts("\n".join(f"1. {post}" for post in GOOD), 2)) == 2


def test_a_reply_that_was_cut_loses_its_last_line():
    text = "\n".join(f"1. {post}" for post in GOOD)

    assert [post.text for post in read_posts(text, 3, finish_reason="length")] == list(GOOD[:2])
    with pytest.raises(Unreadable) as caught:
        read_posts(GOOD[0], 3, finish_reason="length")
    assert caught.value.reason == "truncated"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("短いね", "too_short"),
        ("長いよ" * 60, "too_long"),
        ("I met a badger in my garden today", "english"),
        ("今天我在花园里看到一只獾非常可爱", "foreign_script"),
        ("アナグマの絵文字が合う楽しい投稿だよ", "chatter"),
    ],
)
def test_a_post_that_cannot_be_used_keeps_its_reason(line, reason):
    posts = read_posts(f"1. {GOOD[0]}\n2. {line}", 2)

    assert [post.reason for post in posts] == [None, reason]


@pytest.mark.parametrize(
    ("text", "finish_reason", "reason"),
    [
        ("", "stop", "empty"),
        ("<think>何を書こう", "stop", "empty"),
        ("🦡🦡🦡", "stop", "empty"),
        ("申し訳ありませんが、お手伝いできません。", "stop", "refusal"),
        ("x", "content_filter", "refusal"),
        ("そのような投稿は書けません。", "stop", "chatter"),
    ],
)
def test_a_reply_without_posts_says_why(text, finish_reason, reason):
    with pytest.raises(Unreadable) as caught:
        read_posts(text, 3, finish_reason=finish_reason)

    assert caught.value.reason == reason
    assert caught.value.detail == text
