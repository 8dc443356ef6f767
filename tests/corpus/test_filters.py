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
    "template_rest": [
        "人口は増え続けている{{要出典}}。",
        "この橋は長さが五百メートルある[注 1]。",
        "港の夜景がとても美しい（注2）。",
        "詳しくは平凡社の事典 ISBN 978-4-00-000000-0 を見るとよい。",
        "このページはのテンプレートを使用しています。",
        "港から船が出る thumb|300px 夏の朝である。",
        "詳細は、港町の世界遺産を参照。",
        "港の歴史は別の項目も参照のこと。",
        "1928年末、が起こると、港の仕事は減った。",
        "住民は港の人々、、山の人々の三つに分かれる。",
        "野党のが反乱を起こし、議会は閉じられた。",
        "の初代の館長には、町の画家が選ばれた。",
        "は町の北にあり、毎年多くの人が訪れる。",
        "公式の英語表記は 。通称は港町であるとされる。",
        "1936年に（1901年 - 1936年）が終わり、鉄道が通った。",
    ],
    "no_ending": ["主食は草、木の葉、果実など", "塗師（ぬし）の仕事場、京都市"],
    "too_short": ["地方により呼び名が異なる。", "海がとても青い。"],
    "too_long": ["あ" * 120 + "。", "山と海の" * 30 + "町。"],
    "low_kana": ["1912年8月15日京津電気軌道三条大橋駅仮開業。", "It is written in English only!"],
    "needs_context": [
        "これは健康にもよいとされている。",
        "その後、再び湖南省に進出した。",
        "しかし、常温で置くと傷みやすい。",
        "また帯の結び方はとても多様である。",
        "そのため、天気予報を確かめる。",
        "例えば、春には桜が咲くのである。",
        "ここでは日本の制度について述べる。",
        "ちなみに、塩を入れる家もあるという。",
        "ただ夏には傷みやすいので気をつけたい。",
        "ところが翌朝には雪がすっかり消えていた。",
        "又、冬には味噌の量を少し増やすことがある。",
        "同年、町に初めての駅ができて人が集まった。",
        "翌1912年には二つ目の駅が町の西にできた。",
        "当時の駅長は、町でいちばんの早起きだった。",
        "彼らは毎朝、港で魚をえり分けて市場へ運ぶ。",
        "他に、だしを取らずに作る地方もあるそうだ。",
        "いずれにせよ、味噌は最後に溶くものである。",
        "町の祭りの日取りは、以下のとおりである。",
        "右図は町の人口の移り変わりを示している。",
        "朝の市場で魚がよく売れたためである。",
    ],
    "url_or_markup": [
        "詳しくは https://example.com を見るとよい。",
        "CHAGE &amp; ASKAが公演を開催した。",
        "これも[[都市鉱山]]という考えである。"[2:],
        "今日は雨が\ufffd\ufffdっているので、家で本を読む。",
    ],
    "contains_emoji": ["今日は公園でおにぎりを食べました🍙。", "寒いけれど楽しい一日でしたよ☃️。"],
    "personal_data": [
        "連絡は yamada@example.co.jp までお願いします。",
        "電話は０３-1234-5678まで掛けてください。",
        "口座の番号は１２３４５６７８です、よろしく。",
        "本人のアカウントは @yamada_t であるそうだ。",
        "本社は〒１００にある古い建物の三階である。",
    ],
}

KEPT = [
    GOOD,
    # heading, list_item, no_ending: a casual line without a full stop is a sentence, not a heading
    "今日は朝からとてもいい天気ですね",
    "昨日は友達と海まで歩いて行きました",
    "1月には、町の人が総出で雪かきをする。",
    # brackets
    "祖父は「急がば回れ。」と何度も言ったのだった。",
    "湯のみに入った熱いお茶を「あがり」と呼ぶことがある（寿司屋）。",
    "三野乙益（みののおとます)は奈良時代の人だった。",
    "味（甘い、辛い、酸っぱい）は人によって好みが違う。",
    # template_rest
    "注文を受けてから焼くので、少し時間がかかる。",
    "参照する本が多いほど、書くのに時間がかかる。",
    "紀 春主（き の はるぬし）は、平安時代の役人である。",
    "藤岡弘、は、時代劇でも知られる俳優である。",
    "桃屋のを買って、毎朝ごはんにのせて食べている。",
    "時間がなくて行けなかったので、、次こそ行きたい。",
    "東の村、西の村、南の村の三つが争ったという。",
    # needs_context
    "またたびは猫が好む植物として知られている。",
    "このみは人それぞれで、比べることはできない。",
    "そうめんは、夏によく食べられる細い麺である。",
    "ただ一つの橋が、二つの村を昔から結んでいる。",
    "同志社は、京都にある古い私立の学校である。",
    "雪が多いのは、海からの風が山に当たるためである。",
    "同時代の画家のなかで最も長生きをした人である。",
    # low_kana, too_short, too_long
    "味噌とだしと豆腐の汁物である。",
    "東京都庁は新宿駅の西にある。庁舎は高い。",
    # url_or_markup, contains_emoji
    "R&Bは、アメリカで生まれた音楽の一つである。",
    "地図の記号☆と★は、意味がまったく違うのである。",
    # personal_data
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
    assert first_reason(text, min_chars=14) is None


def test_every_filter_of_the_recipe_has_examples_here():
    assert {*DROPPED, "meta_section", "sensitive", *REMEMBERING} == set(FILTER_ORDER)
    assert all(len(texts) >= 2 for texts in DROPPED.values())


def test_duplicate_drops_the_second_of_two_whatever_width_and_blanks():
    check = duplicate()

    assert [check("気温は25度。"), check("気温は ２５度。"), check("気温は26度。")] == [None, "duplicate", None]
    assert [check("（ＡＢＣ）だ。"), check("(abc)だ。"), check("ｱｲｽだ。"), check("アイスだ。")] == [
        None,
        "duplicate",
    ] * 2


def test_a_recipe_can_leave_filters_out_and_move_limits():
    assert first_reason("また、重い。", order=("too_short", "needs_context"), min_chars=3) == "needs_context"
    assert first_reason("また、重い。", order=("too_short",), min_chars=3) is None
    assert first_reason("また、重い。", order=("too_short",), min_chars=7) == "too_short"


@pytest.mark.parametrize(("limit", "reason"), [(0.0, None), (0.6, None), (0.7, "low_kana"), (1.0, "low_kana")])
def test_low_kana_is_the_share_among_the_letters(limit, reason):
    text = "東京のまち1234567890、（）。"  # 2 kanji, 3 kana

    assert first_reason(text, order=("low_kana",), min_kana=limit) == reason
    assert first_reason("123、。", order=("low_kana",), min_kana=limit) == "low_kana"
