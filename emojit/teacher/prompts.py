"""What the teacher is asked, word for word, and the hash that names these words in every row.

Every question is in Japanese: asked in English, teachers slip into English. The emoji question holds the rewritten post and not the original
sentence, because the student sees the post alone. Where emoji are over the cap of the data set it gets one line more, which steers away from them.
The third question, for the stage of rare emoji alone, asks for posts that fit an emoji.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping, Sequence

from emojit.recipe import ProviderConfig, TeacherConfig
from emojit.teacher.records import Question, Step, canonical_json

_REWRITE_SYSTEM = """\
あなたは日本語の文を、SNSに投稿するような気軽な文に書き換える人です。
守ること:
- 元の文の事実と意味を変えない。新しい事実を足さない。
- 友達に話すような、くだけた自然な日本語にする。です・ます調にしない。
- 元の文と同じくらいか、それより短い長さの、1つの投稿にする。改行しない。
- 絵文字、顔文字、ハッシュタグ、URLを入れない。
- 書き換えた文だけを答える。説明、前置き、かぎ括弧は要らない。"""

_REWRITE_USER = """\
次の文を書き換えてください。

{text}"""

_EMOJI_SYSTEM = """\
あなたはSNSの投稿に合う絵文字を選ぶ人です。
守ること:
- 投稿の内容や気持ちに合う絵文字を、合う順に1〜5個選ぶ。本当に合うものだけを選び、数を埋めない。
- 同じ絵文字を2度使わない。
- どの投稿にも合うような飾りの絵文字より、その投稿らしさが伝わる絵文字を選ぶ。{banned}{steering}
- 絵文字だけを半角の空白で区切って1行で答える。文字、説明、番号、記号は書かない。
答えの例: 🍜 😋 🔥"""

_EMOJI_USER = """\
次の投稿に合う絵文字を選んでください。

{text}"""

_STEERING = "\n- 次の絵文字はほかの投稿で使いすぎているので、この投稿には使わず、別の絵文字を選ぶ: {avoid}"

_POST_SYSTEM = """\
あなたは日本語でSNSに投稿する人です。
守ること:
- 指定された絵文字がいちばんよく合う、具体的な場面や気持ちの投稿を書く。
- 友達に話すような、くだけた自然な日本語にする。です・ます調にしない。
- 1つの投稿は20〜60字くらいで、それだけ読んで意味がわかる内容にする。改行しない。
- 投稿ごとに話題、場面、言い回しを変える。
- 絵文字、顔文字、ハッシュタグ、URLを入れない。絵文字のことには触れない。
- 「1. 」のように番号をつけて、1行に1つずつ投稿だけを答える。説明、前置き、かぎ括弧は要らない。"""

_POST_USER = """\
絵文字 {emoji} ({name}) が合う投稿を{count}個書いてください。{known}"""

_POST_KNOWN = "\n\n次の投稿とは違う内容にしてください。\n{posts}"

_GAP = re.compile(r"\{(\w+)\}")

_POST_MIN_TOKENS = 1024  # ten posts are longer than the one answer that `max_tokens` is meant for


def rewrite_question(text: str, config: TeacherConfig) -> Question:
    """Make the first question: the sentence as a casual post without emoji.

    Args:
        text: the sentence.
        config: model and sampling parameters.
    """
    return _question("rewrite", text, config, {"text": text})


def emoji_question(post: str, config: TeacherConfig, sample: int = 0, avoid: Sequence[str] = ()) -> Question:
    """Make the second question: 1 to 5 emoji for the post.

    Args:
        post: the rewritten sentence, emoji already taken out.
        config: model, sampling parameters and banned emoji.
        sample: the number of the opinion, from 0.
        avoid: emoji that the teacher is asked to leave out this time; without any the question is the plain one.
    """
    return _question("emoji", post, config, {"text": post}, sample=sample, avoid=avoid)


def post_question(emoji: str, name: str, count: int, config: TeacherConfig, known: Sequence[str] = ()) -> Question:
    """Make the question of the stage for rare emoji: posts that fit one emoji.

    Args:
        emoji: the emoji.
        name: its Japanese name.
        count: posts wanted (count).
        config: model and sampling parameters.
        known: posts that the teacher wrote for it before; the new ones shall differ.
    """
    listed = _POST_KNOWN.replace("{posts}", "\n".join(f"- {post}" for post in known)) if known else ""
    filled = {"emoji": emoji, "name": name, "count": str(count), "known": listed}
    question = _question("post", emoji, config, filled)
    tokens = max(config.max_tokens, _POST_MIN_TOKENS)
    return dataclasses.replace(question, params={**question.params, "max_tokens": tokens})


def prompt_texts(config: TeacherConfig) -> dict[str, str]:
    """Return the prompts in full, as a card shows them: names in braces stand for what is filled in.

    "rewrite" and "emoji" are the two questions; "steering" is the line that the emoji question gets where emoji are over the cap; "post" is the
    question of the stage for rare emoji.
    """
    texts: dict[str, str] = {step: f"{system}\n\n{user}" for step, (system, user) in _templates(config).items()}
    return {**texts, "steering": _STEERING.strip(), "post": f"{texts['post']}{_POST_KNOWN}".replace("{known}", "")}


def prompt_id(config: TeacherConfig) -> str:
    """Return the first 16 hex digits of the SHA-256 of all prompts, the banned emoji among them: another wording, another id."""
    return hashlib.sha256(canonical_json(prompt_texts(config)).encode()).hexdigest()[:16]


def _templates(config: TeacherConfig, avoid: Sequence[str] = ()) -> dict[Step, tuple[str, str]]:
    banned = f"\n- 次の絵文字は使わない: {' '.join(config.banned)}" if config.banned else ""
    steering = _STEERING.replace("{avoid}", " ".join(avoid)) if avoid else ""
    return {
        "rewrite": (_REWRITE_SYSTEM, _REWRITE_USER),
        "emoji": (_EMOJI_SYSTEM.replace("{banned}", banned).replace("{steering}", steering), _EMOJI_USER),
        "post": (_POST_SYSTEM, _POST_USER),
    }


def _question(
    step: Step,
    text: str,
    config: TeacherConfig,
    filled: Mapping[str, str],
    *,
    sample: int = 0,
    avoid: Sequence[str] = (),
) -> Question:
    system, user = _templates(config, avoid)[step]
    # One pass over the template, so that a brace in a sentence is never filled in.
    user = _GAP.sub(lambda gap: filled[gap[1]], user)
    return Question(
        step=step,
        text=text,
        model=config.model,
        messages=(("system", system), ("user", user)),
        params=sampling_params(config),
        sample=sample,
    )


def sampling_params(config: TeacherConfig) -> dict[str, object]:
    """Return what goes into the body beside model and messages; a key that is not set is not sent, so that it changes no question's key."""
    params: dict[str, object] = {
        "max_tokens": config.max_tokens,
        "temperature": config.temperature,
        "top_p": config.top_p,
    }
    if config.min_p is not None:
        params["min_p"] = config.min_p
    if routing := _routing(config.provider):
        params["provider"] = routing
    return params


def _routing(pins: ProviderConfig) -> dict[str, object]:
    """Return OpenRouter's `provider` object; source: https://openrouter.ai/docs/guides/routing/provider-selection."""
    lists = {"only": list(pins.only), "quantizations": list(pins.quantizations)}
    switches = {
        "allow_fallbacks": pins.allow_fallbacks,
        "require_parameters": pins.require_parameters,
        "enforce_distillable_text": pins.enforce_distillable_text,
    }
    limits = {"prompt": pins.max_price_prompt, "completion": pins.max_price_completion}
    routing: dict[str, object] = {name: value for name, value in lists.items() if value}
    routing |= {name: value for name, value in switches.items() if value is not None}
    if limits := {name: value for name, value in limits.items() if value is not None}:
        routing["max_price"] = limits
    return routing
