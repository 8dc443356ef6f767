"""One article through all filters that look at it alone: sections, flags, purity, and the short cut that must change nothing."""

from __future__ import annotations

import dataclasses
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emojit.corpus import rules
from emojit.corpus.choice import Choice
from emojit.corpus.filters import Scanner, make_filters
from emojit.corpus.records import Article, Sentence, sentence_id
from emojit.corpus.sections import meta_items
from emojit.corpus.split import split_sentences
from emojit.corpus.words import flagger, read_words
from emojit.recipe import FilterConfig
from emojit.recipe.corpus import FILTER_ORDER, REMEMBERING, WORD_LISTS

GOOD = "めじろは、庭の梅に来る小さな緑色の鳥である。"
NOTE = "めじろの本は、春になると町の書店に並ぶ。"


def article(text: str) -> Article:
    return Article(source="s", doc_id="a", title="鳥", url="u", licence="CC0-1.0", text=text)


def reasons(text: str, **config: object) -> list[str | None]:
    return [reason for _, reason in Scanner(FilterConfig(**config)).scan(article(text))]


def test_sentences_come_in_order_with_id_index_and_reason():
    scanned = Scanner(FilterConfig()).scan(article(f"概要.\n{GOOD}{NOTE}"))

    assert scanned == [
        (
            Sentence(
                id=sentence_id("s", "a", text),
                source="s",
                doc_id="a",
                title="鳥",
                url="u",
                licence="CC0-1.0",
                index=index,
                text=text,
            ),
            reason,
        )
        for index, (text, reason) in enumerate([("概要.", "heading"), (GOOD, None), (NOTE, None)])
    ]
    assert scanned[1][0] == dataclasses.replace(scanned[1][0])
    assert pickle.loads(pickle.dumps(scanned)) == scanned


def test_an_empty_article_has_no_sentences():
    assert Scanner(FilterConfig()).scan(article("\n\n")) == []


def test_a_scanner_remembers_nothing():
    scanner = Scanner(FilterConfig())
    first = scanner.scan(article(f"{GOOD}\n参考文献.\n{NOTE}"))

    scanner.scan(article(f"脚注.\n{GOOD}{GOOD}"))

    assert scanner.scan(article(f"{GOOD}\n参考文献.\n{NOTE}")) == first
    assert reasons(GOOD + GOOD) == [None, None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"参考文献.\n{NOTE}\n生態.\n{GOOD}", ["heading", "meta_section", "heading", None]),
        (f"== 脚注 ==\n{NOTE}\n== 生態 ==\n{GOOD}", ["heading", "meta_section", "heading", None]),
        (f"# 外部リンク\n{NOTE}\n# 生態\n{GOOD}", ["heading", "meta_section", "heading", None]),
        (f"関連項目\n{NOTE}\n生態\n{GOOD}", ["heading", "meta_section", "heading", None]),
        (f"■注釈・出典\n{NOTE}", ["list_item", None]),
        (f"【注釈・出典】\n{NOTE}", ["heading", "meta_section"]),
        (f"出典と脚注.\n{NOTE}\n参考文献.\n{NOTE}", ["heading", "meta_section"] * 2),
        # levels: a part of the section does not end it, a section beside it does
        (
            f"== 参考文献 ==\n=== 書店 ===\n{NOTE}\n== 生態 ==\n{GOOD}",
            ["heading", "heading", "meta_section", "heading", None],
        ),
        (f"=== 脚注 ===\n{NOTE}\n== 生態 ==\n{GOOD}", ["heading", "meta_section", "heading", None]),
        (
            f"外部リンク.\n政府.\n{NOTE}\n観光.\n{NOTE}",
            ["heading", "heading", "meta_section", "heading", "meta_section"],
        ),
        # words that stand in other headings too
        (f"観光.\n{GOOD}", ["heading", None]),
        (f"参考になった鳥.\n{GOOD}", ["heading", None]),
        (f"めじろの脚注を読む。\n{GOOD}", ["too_short", None]),
    ],
)
def test_what_stands_in_a_section_about_the_article_is_dropped_until_the_next_section(text, expected):
    assert reasons(text) == expected


def test_without_meta_section_in_the_order_sections_do_not_matter():
    assert reasons(f"脚注.\n{NOTE}", order=("heading",)) == ["heading", None]


def test_a_filter_that_stands_before_meta_section_names_the_reason():
    assert reasons("脚注.\n・本", order=("list_item", "meta_section")) == [None, "list_item"]
    assert reasons("脚注.\n・本", order=("meta_section", "list_item")) == [None, "meta_section"]


@pytest.mark.parametrize(
    ("flag", "text"),
    [
        ("violent", "城の兵は捕らえられ、川のほとりで処刑された。"),
        ("violent", "駅では自爆テロがあり、多くの人が怪我をした。"),
        ("sexual", "売春を取り締まる法律が、その年に定められた。"),
        ("sexual", "ポルノの規制は、国によって大きく違っている。"),
        ("discriminatory", "人種差別をなくすために、多くの人が歩いた。"),
        ("discriminatory", "江戸時代には穢多と呼ばれた人々がいたという。"),
    ],
)
def test_a_sensitive_word_is_a_flag_and_the_sentence_is_kept(flag, text):
    [(sentence, reason)] = Scanner(FilterConfig()).scan(article(text))

    assert reason is None
    assert sentence.flags == (flag,)


@pytest.mark.parametrize(
    "text",
    [
        "女性の代表が、町の性格について話しあった。",
        "男性交響楽団の演奏会は、とても楽しかった。",
        "テロップとテロワールは、まったく違う言葉である。",
        "ホモ・サピエンスは、われわれの種の名である。",
        "縄文時代の出土人骨は、博物館で見られる。",
        "朝鮮人参は、古くから薬に使われる草である。",
        "処女航海の船は、無事に港へ戻ってきたそうだ。",
        "ちびっこが、公園で元気よく走り回っている。",
        "非人道的な兵器をなくそうと、国々が話しあう。",
        "今日は昨日とは天気違いで、よく晴れている。",
        "窓は嵌め殺しなので、開けることができない。",
        "ポルノグラフィティは、日本のバンドである。",
    ],
)
def test_a_harmless_word_that_holds_a_sensitive_one_is_no_flag(text):
    assert flagger(WORD_LISTS)(text) == ()


def test_a_harmless_word_does_not_hide_the_same_word_beside_it():
    assert flagger(("violent",))("殺し文句のあとで殺し屋が来る。") == ("violent",)


def test_drop_flags_make_a_list_a_reason_and_the_detail_names_it():
    config = FilterConfig(drop_flags=("violent",))
    text = "城の兵は捕らえられ、川のほとりで処刑された。売春を取り締まる法律が、その年に定められた。"
    scanned = Scanner(config).scan(article(text))

    offers = Choice(config, limit=0, seed=0).offers(scanned)

    assert [(offer.reason, offer.detail, offer.sentence.flags) for offer in offers] == [
        ("sensitive", "violent", ("violent",)),
        (None, "", ("sexual",)),
    ]


def test_only_the_lists_that_are_asked_for_become_flags():
    [(sentence, _)] = Scanner(FilterConfig(flags=("sexual",))).scan(article("兵は川のほとりで、静かに処刑された。"))

    assert sentence.flags == ()


@pytest.mark.parametrize("name", WORD_LISTS)
def test_every_word_of_a_list_matches_alone_and_none_of_its_harmless_words_does(name):
    flags = flagger((name,))

    for word, harmless in read_words(name).items():
        assert flags(word) == (name,), word
        assert all(word in longer for longer in harmless), word
        alone = [
            longer for longer in harmless if not any(other in longer for other in read_words(name) if other != word)
        ]
        assert [longer for longer in alone if flags(f"「{longer}」")] == []


FRAGMENTS = [
    *(
        "庭の鳥は、春に来る。",
        "これは",
        "しかし、",
        "ちなみに",
        "同年、",
        "彼は",
        "の初代",
        "は町",
        "以下のとおり",
        "ためである。",
        "からだ。",
    ),
    *(
        "（",
        "）",
        "(",
        ")",
        "「",
        "」",
        "『",
        "』",
        '"',
        "“",
        "”",
        "[",
        "]",
        "{{",
        "}}",
        "、",
        "、、",
        "。",
        "！",
        "?",
        ".",
        " ",
        "\n",
        "：",
        "/",
    ),
    *(
        "、が起こ",
        "のが反乱",
        "には",
        "はが",
        "にを",
        "なりが発生",
        "されが始ま",
        "年に",
        "るである",
        "（1901年 -",
        "も参照。",
        "詳細は",
        "注2",
    ),
    *(
        "http://a.b",
        "www.",
        "<br>",
        "&amp;",
        "|a=",
        "thumb|",
        "30px",
        "ISBN 4",
        "__TOC__",
        "#転送",
        "'''",
        "テンプレート:",
    ),
    *(
        "🍙",
        "☃️",
        "☆",
        "©",
        "1️⃣",
        "@yamada",
        "a@b.co",
        "〒100",
        "03-1234-5678",
        "０３",
        "1234567",
        "１２",
        "+81",
        "-",
        "ー",
    ),
    *(
        "国名.",
        "== 歴史 ==",
        "・りんご",
        "(1)",
        "①",
        "脚注.",
        "漢字",
        "カタカナ",
        "ﾊﾝｶｸ",
        "English ",
        "です",
        "ますね",
        "処刑",
        "々",
    ),
]
TEXTS = st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join)
PLAIN = [name for name in FILTER_ORDER if name not in ("meta_section", *REMEMBERING)]
ORDERS = st.permutations(PLAIN).map(lambda names: ("meta_section", *names))


@given(TEXTS, ORDERS)
def test_asking_only_the_filters_that_may_object_changes_no_reason(text, order):
    config = FilterConfig(order=order, min_chars=3, max_chars=60)
    items = split_sentences(text)
    meta = set(meta_items(items))
    chain = make_filters(config, order[1:])

    naive = [
        "meta_section" if index in meta else next((reason for check in chain if (reason := check(item))), None)
        for index, item in enumerate(items)
    ]

    assert reasons(text, order=order, min_chars=3, max_chars=60) == naive


@given(TEXTS)
def test_the_quick_look_for_kana_finds_what_counting_finds(text):
    letters = [char for char in text if char.isalpha()]
    kana = sum("ぁ" <= char <= "ヿ" or "ｦ" <= char <= "ﾟ" for char in letters)

    assert (rules.low_kana(0.3)(text) == "low_kana") == (kana < 0.3 * len(letters) or not letters)


@given(TEXTS)
def test_flags_are_what_a_plain_look_for_the_word_finds(text):
    # 処刑 is the only word of a list among the fragments, and nothing harmless holds it.
    assert flagger(WORD_LISTS)(text) == (("violent",) if "処刑" in text else ())


OPENERS = """
    これ それ あちら こっち その こうして そうした そんな どちらも いずれも 前者 後者 両者 同年 翌日 当時、 先述 上記 下記 左記 以降、 のちに やがて まもなく 間もなく 彼は
    また しかし だが、 ところが、 けれども でも、 なのに とはいえ さらに 更に なお ただし 但し もっとも、 すなわち つまり 要するに いわば むしろ 例えば たとえば
    特に とくに とりわけ 一方 他方 逆に 反対に 対して そして および 及び ならびに 並びに かつ、 だから したがって 従って よって、 ゆえに 故に なぜなら
    すると、 ちなみに 加えて 次に、 次いで 続いて、 同様に 同じく 同時に ほかに 他に 以上の 以下の では、 さて、 あるいは もしくは または 一例として 又、 が、
    いずれに 何れに 代わって 代って かわって 結局 結果、 反面 半面 無論 もちろん
"""


@pytest.mark.parametrize("opener", OPENERS.split())
def test_a_sentence_that_opens_like_this_is_asked_about_and_dropped(opener):
    sentence = f"{opener}春には鳥が来るのである。"

    assert rules.needs_context(sentence) == "needs_context"
    assert reasons(sentence, order=("needs_context",)) == ["needs_context"]
