"""The body of a question: today's keys stand for ever, and what is not set is not sent."""

from __future__ import annotations

from emojit.recipe import ProviderConfig, TeacherConfig
from emojit.teacher import emoji_question, prompt_id, rewrite_question
from emojit.teacher.prompts import post_question, prompt_texts


def test_without_pins_the_keys_are_what_they_always_were():
    config = TeacherConfig(kind="openai", model="m", licence="test", distillation_allowed=True)

    assert prompt_id(config) == "a3777f472eff4cfb"
    keys = [
        rewrite_question("鳥が鳴く。", config).key,
        emoji_question("鳥が鳴くよ", config).key,
        emoji_question("鳥が鳴くよ", config, 1).key,
    ]
    assert keys == [
        "78b8372c3c006b44daae61d0e96bdb4a0a3d9bd7d68b31110e171e8377ad29b8",
        "374ebe121556dbb723879e33713a123eed40d4e3ac4f7a8487a566b61fb05b5a",
        "a002380ac7f3635ac3121748ad7ce90150287cdf9915d60a6988b02d414ede38",
    ]
    assert set(rewrite_question("鳥", config).body) == {"max_tokens", "messages", "model", "temperature", "top_p"}


def test_min_p_and_the_pins_that_are_set_go_into_the_body_and_the_key():
    pins = ProviderConfig(only=("deepinfra",), allow_fallbacks=False, max_price_completion=0.5)
    config = TeacherConfig(kind="openai", model="m", min_p=0.1, provider=pins)

    question = rewrite_question("鳥が鳴く。", config)

    assert question.body["min_p"] == 0.1
    assert question.body["provider"] == {
        "only": ["deepinfra"],
        "allow_fallbacks": False,
        "max_price": {"completion": 0.5},
    }
    assert question.key != rewrite_question("鳥が鳴く。", TeacherConfig(kind="openai", model="m")).key


def test_every_pin_has_its_name_in_the_routing_block():
    pins = ProviderConfig(
        only=("a", "b"),
        quantizations=("fp8",),
        allow_fallbacks=True,
        require_parameters=True,
        enforce_distillable_text=True,
        max_price_prompt=0.0,
        max_price_completion=2.0,
    )

    body = emoji_question("鳥だよ", TeacherConfig(kind="openai", model="m", provider=pins)).body

    assert body["provider"] == {
        "only": ["a", "b"],
        "quantizations": ["fp8"],
        "allow_fallbacks": True,
        "require_parameters": True,
        "enforce_distillable_text": True,
        "max_price": {"prompt": 0.0, "completion": 2.0},
    }


def test_steering_is_one_line_more_and_another_question():
    config = TeacherConfig()
    plain, steered = emoji_question("鳥だよ", config), emoji_question("鳥だよ", config, avoid=("😊", "🎉"))

    line = "\n- 次の絵文字はほかの投稿で使いすぎているので、この投稿には使わず、別の絵文字を選ぶ: 😊 🎉"
    assert plain.messages[0][1] == steered.messages[0][1].replace(line, "")
    assert line in steered.messages[0][1]
    assert steered.messages[1] == plain.messages[1]
    assert emoji_question("鳥だよ", config, avoid=()).key == plain.key
    assert len({plain.key, steered.key, emoji_question("鳥だよ", config, avoid=("🎉", "😊")).key}) == 3
    assert prompt_texts(config)["steering"] in line.replace("😊 🎉", "{avoid}")


def test_braces_in_a_sentence_are_left_alone():
    config = TeacherConfig()

    assert (
        emoji_question("{avoid}と{banned}と{steering}", config)
        .messages[1][1]
        .endswith("\n\n{avoid}と{banned}と{steering}")
    )
    assert "{count}" in post_question("🦡", "アナグマ", 3, config, known=("{count}だよ",)).messages[1][1]


def test_the_question_for_posts_names_the_emoji_and_what_is_known():
    config = TeacherConfig(max_tokens=256)
    first, second = (
        post_question("🦡", "アナグマ", 3, config),
        post_question("🦡", "アナグマ", 3, config, known=("穴だ",)),
    )

    assert first.messages[1][1] == "絵文字 🦡 (アナグマ) が合う投稿を3個書いてください。"
    assert second.messages[1][1].endswith("次の投稿とは違う内容にしてください。\n- 穴だ")
    assert (first.step, first.text) == ("post", "🦡")
    assert first.params["max_tokens"] == 1024
    assert first.key != second.key
