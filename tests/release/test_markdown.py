"""Text from data stays text in a card, and a card cannot have a gap."""

from __future__ import annotations

from pathlib import Path

import pytest

from emojit.errors import CardError
from emojit.release import templates
from emojit.release.facts import Facts
from emojit.release.markdown import cell, code, fence


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", r"a\|b"),
        ("two\nlines\r\n and  blanks", "two lines and blanks"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("[x](javascript:1) *b* _i_ `c` #t", r"\[x\](javascript:1) \*b\* \_i\_ \`c\` \#t"),
        (r"back\slash", r"back\\slash"),
        ("味噌汁って🍲 &amp;", "味噌汁って🍲 &amp;amp;"),
        (3, "3"),
    ],
)
def test_a_cell_is_one_line_without_markup(text, shown):
    assert cell(text) == shown


def test_a_fence_is_longer_than_every_run_of_backticks_inside():
    assert fence("```python\nx\n```\n") == "````text\n```python\nx\n```\n````"
    assert fence("plain", "toml") == "```toml\nplain\n```"


def test_inline_code_may_hold_backticks_and_bars():
    assert code("a`b|c") == r"`` a`b\|c ``"


def test_a_template_that_asks_for_an_unknown_variable_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "card.md.jinja").write_text("rows: {{ table.rows }} {{ missspelt }}\n", encoding="utf-8")
    monkeypatch.setattr(templates, "resource", lambda name: tmp_path / Path(name).name)

    with pytest.raises(CardError, match="missspelt"):
        templates.render("cards/card.md.jinja", {"table": {"rows": 1}})
    with pytest.raises(CardError, match="rows"):
        templates.render("cards/card.md.jinja", {"table": {}, "missspelt": 1})


def test_front_matter_keeps_its_order_and_its_japanese():
    text = templates.front_matter({"pretty_name": "絵文字", "license": None, "language": ["ja"]})

    assert text == "pretty_name: 絵文字\nlanguage:\n- ja"


def test_a_missing_fact_is_named_with_its_file(tmp_path):
    path = tmp_path / "statistics.json"
    path.write_text('{"rows": {"train": 3, "test": "x"}}', encoding="utf-8")

    facts = Facts(path, hint="build again")

    assert facts.count("rows.train") == 3
    with pytest.raises(CardError, match=r"statistics\.json: rows\.validation is missing"):
        facts.count("rows.validation")
    with pytest.raises(CardError, match=r"rows\.test has the wrong type: 'x'"):
        facts.count("rows.test")


@pytest.mark.parametrize("content", [None, "[1]", "{"])
def test_a_file_of_facts_that_cannot_be_read_is_an_error(tmp_path, content):
    path = tmp_path / "run.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")

    with pytest.raises(CardError, match=r"run\.json"):
        Facts(path, hint="train again")
