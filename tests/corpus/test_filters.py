"""Every filter: what it drops, what it keeps, and that the first to object names the reason."""

from __future__ import annotations

import pytest

from emojit.corpus.filters import duplicate, make_filters
from emojit.recipe import FilterConfig
from emojit.recipe.corpus import FILTER_ORDER, REMEMBERING

GOOD = "味噌汁は、だしに味噌を溶いて豆腐などの具を入れた日本の汁物である。"

DROPPED = {
    "heading": ["国名.", "オボテ政権（第1次）.", "== 歴史 ==", "# 概要", "主な人物"],
    "list_item": [
        "・みかん（冬）",
        "- ぼたん雪（水分が多い）",
        "1. 東京都",
        "(2)の段階では、票を分けあう。",
        "①春に種をまく。",
        "※自治体の名称は当時のもの。",
    ],
    "truncated": ["彼らは「急がば", "撮る人は「はい、チ", "全人民会議（All-People’s Congress，APC"],
    "orphan_close": ["」と呼ばれることもある。", "」という古い言い伝えがある。"],
    "unbalanced_brackets": [
        "後醍醐天皇（ごだいごてんのうは、第96代天皇とされている。",
        '略称は "であると言われている。',
    ],
    "empty_brackets": [
        "茶碗（）は飯を盛る器である。",
        "茶碗（, ）は飯を盛る器である。",
        "通称は (標準語:) である。",
        "日本の「」という語である。",
    ],
    "no_ending": ["主食は草、木の葉、果実など", "塗師（ぬし）の仕事場、京都市"],
    "too_short": ["地方により呼び名が異なる。"],
    "too_long": ["あ" * 120 + "。"],
    "low_kana": ["1912年8月15日京津電気軌道三条大橋駅仮開業。", "It is written in English only!"],
    "needs_context": [
        "これは健康にもよいとされている。",
        "その後、再び湖南省に進出した。",
        "しかし、常温で置くと傷みやすい。",
        "また帯の結び方はとても多様である。",
        "そのため、天気予報を確かめる。",
        "例えば、春には桜が咲くのである。",
        "ここでは日本の制度について述べる。",
    ],
    "template_rest": [
        "人口は増え続けている{{要出典}}。",
        "この橋は長さが五百メートルある[注 1]。",
        "港の夜景がとても美しい（注2）。",
        "詳しくは平凡社の事典 ISBN 978-4-00-000000-0 を見るとよい。",
        "このページはのテンプレートを使用しています。",
    ],
    "url_or_markup": [
        "詳しくは https://example.com を見るとよい。",
        "CHAGE &amp; ASKAが公演を開催した。",
        "これも[[都市鉱山]]という考えである。"[2:],
    ],
    "contains_emoji": ["今日は公園でおにぎりを食べました🍙。", "寒いけれど楽しい一日でしたよ☃️。"],
    "personal_data": [
        "連絡は yamada@example.co.jp までお願いします。",
        "電話は０３-1234-5678まで掛けてください。",
        "口座の番号は１２３４５６７８です、よろしく。",
        "本人のアカウントは @yamada_t であるそうだ。",
    ],
}

KEPT = [
    GOOD,
    "彼は「急がば回れ。」と何度も言ったのだった。",
    "湯のみに入った熱いお茶を「あがり」と呼ぶことがある（寿司屋）。",
    "三野乙益（みののおとます)は奈良時代の人だった。",
    "またたびは猫が好む植物として知られている。",
    "このみは人それぞれで、比べることはできない。",
    "そうめんは、夏によく食べられる細い麺である。",
    "人口は120,000人で、前の年より増えている。",
    "気温が２５度を超える日を夏日と呼んでいる。",
    "特急は2012年3月17日のダイヤ改正で廃止された。",
    "体積は約0.0016696立方メートルとなります。",
    "映画は１９８４年に公開され、大ヒットした！",
]


def first_reason(text: str, **config: object) -> str | None:
    settings = FilterConfig(**config)
    chain = make_filters(settings, [name for name in settings.order if name not in ("meta_section", *REMEMBERING)])
    return next((reason for check in chain if (reason := check(text))), None)


@pytest.mark.parametrize(("reason", "text"), [(reason, text) for reason, texts in DROPPED.items() for text in texts])
def test_the_default_chain_drops_it_for_this_reason(reason, text):
    assert first_reason(text) == reason


@pytest.mark.parametrize("text", KEPT)
def test_the_default_chain_keeps_a_good_sentence(text):
    assert first_reason(text) is None


def test_every_filter_of_the_recipe_has_examples_here():
    assert {*DROPPED, "meta_section", "sensitive", *REMEMBERING} == set(FILTER_ORDER)


def test_duplicate_drops_the_second_of_two_whatever_width_and_blanks():
    check = duplicate()

    assert [check("気温は25度。"), check("気温は ２５度。"), check("気温は26度。")] == [None, "duplicate", None]


def test_a_recipe_can_leave_filters_out_and_move_limits():
    assert first_reason("また、重い。", order=("too_short", "needs_context"), min_chars=3) == "needs_context"
    assert first_reason("また、重い。", order=("too_short",), min_chars=3) is None
    assert first_reason("また、重い。", order=("too_short",), min_chars=7) == "too_short"
