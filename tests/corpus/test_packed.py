"""Scanned rows on their way between two processes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from emojit.corpus.filters import Scanner
from emojit.corpus.packed import pack, unpack
from emojit.corpus.records import Article, Rejected
from emojit.recipe import FilterConfig

ARTICLE = Article(
    source="s",
    doc_id="1",
    title=None,
    url="u",
    licence="CC0-1.0",
    text="== 見出し ==\n街に😀市が立つ。\r\n𠮷野家で夕食を食べた。首都で起きた暴力の話を、長い時間をかけて詳しく聞いた。",
)
NOTHING = Rejected(id="line 2", stage="source", reason="no_json", detail="", text="{")
scanned = Scanner(FilterConfig()).columns


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [None, NOTHING],
        [scanned(ARTICLE)],
        [
            scanned(replace(ARTICLE, text="\u200b")),
            None,
            scanned(ARTICLE),
            NOTHING,
            scanned(replace(ARTICLE, doc_id="2")),
        ],
    ],
)
def test_what_is_unpacked_is_what_was_packed(rows):
    assert unpack(pack(rows)) == rows


def test_the_sample_has_several_sentences_and_a_flag():
    columns = scanned(ARTICLE)

    assert len(columns.texts) == 4
    assert columns.flags
