"""What the teacher is asked, word for word, and the hash that names these words in every row.

Both questions are in Japanese: asked in English, teachers slip into English. The emoji question holds the rewritten post and not the original
sentence, because the student sees the post alone.
"""

from __future__ import annotations

import hashlib

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
- どの投稿にも合うような飾りの絵文字より、その投稿らしさが伝わる絵文字を選ぶ。{banned}
- 絵文字だけを半角の空白で区切って1行で答える。文字、説明、番号、記号は書かない。
答えの例: 🍜 😋 🔥"""

_EMOJI_USER = """\
次の投稿に合う絵文字を選んでください。

{text}"""


def rewrite_question(text: str, config: TeacherConfig) -> Question:
    """Make the first question: the sentence as a casual post without emoji.

    Args:
        text: the sentence.
        config: model and sampling parameters.
    """
    return _question("rewrite", text, 0, config)


def emoji_question(post: str, config: TeacherConfig, sample: int = 0) -> Question:
    """Make the second question: 1 to 5 emoji for the post.

    Args:
        post: the rewritten sentence, emoji already taken out.
        config: model, sampling parameters and banned emoji.
        sample: the number of the opinion, from 0.
    """
    return _question("emoji", post, sample, config)


def prompt_texts(config: TeacherConfig) -> dict[Step, str]:
    """Return both prompts in full, "{text}" standing for the sentence or post, as a card shows them."""
    return {step: f"{system}\n\n{user}" for step, (system, user) in _templates(config).items()}


def prompt_id(config: TeacherConfig) -> str:
    """Return the first 16 hex digits of the SHA-256 of both prompts, the banned emoji among them: another wording, another id."""
    return hashlib.sha256(canonical_json(_templates(config)).encode()).hexdigest()[:16]


def _templates(config: TeacherConfig) -> dict[Step, tuple[str, str]]:
    banned = f"\n- 次の絵文字は使わない: {' '.join(config.banned)}" if config.banned else ""
    return {
        "rewrite": (_REWRITE_SYSTEM, _REWRITE_USER),
        "emoji": (_EMOJI_SYSTEM.replace("{banned}", banned), _EMOJI_USER),
    }


def _question(step: Step, text: str, sample: int, config: TeacherConfig) -> Question:
    system, user = _templates(config)[step]
    return Question(
        step=step,
        text=text,
        model=config.model,
        messages=(("system", system), ("user", user.replace("{text}", text))),
        params=_params(config),
        sample=sample,
    )


def _params(config: TeacherConfig) -> dict[str, object]:
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
