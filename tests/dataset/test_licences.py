"""Which licence a mixture of licences comes to."""

from __future__ import annotations

import pytest

from emojit.dataset.licences import combined_licence, hub_id
from emojit.errors import DatasetError


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("CC0-1.0", "cc0-1.0"),
        ("CC BY-SA 3.0", "cc-by-sa-3.0"),
        ("CC BY-SA 3.0 (Wikipedia text)", "cc-by-sa-3.0"),
        ("cc-by-sa-4.0", "cc-by-sa-4.0"),
        ("ODC-BY", "odc-by"),
        ("Apache-2.0", "apache-2.0"),
        ("my own", None),
        ("", None),
    ],
)
def test_spellings_of_a_licence(written, expected):
    assert hub_id(written) == expected


@pytest.mark.parametrize(
    ("licences", "expected"),
    [
        (["CC0-1.0"], "cc0-1.0"),
        (["CC0-1.0", "CC BY-SA 3.0"], "cc-by-sa-3.0"),
        (["CC BY-SA 3.0", "CC BY-SA 4.0"], "cc-by-sa-4.0"),
        (["ODC-BY", "CC BY-SA 4.0"], "cc-by-sa-4.0"),
        (["ODC-BY", "CC BY 4.0", "CC0-1.0"], "cc-by-4.0"),
        (["MIT", "MIT"], "mit"),
        (["MIT", "CC0-1.0"], "mit"),
        (["MIT", "Apache-2.0"], "apache-2.0"),
        (["Apache-2.0", "CC BY-SA 4.0"], "cc-by-sa-4.0"),
        (["Apache-2.0", "ODC-BY"], "odc-by"),
        (["MIT", "CC BY-NC 4.0"], "cc-by-nc-4.0"),
        (["CC BY 4.0", "CC BY-NC 4.0", "CC0-1.0"], "cc-by-nc-4.0"),
        (["CC BY-NC 4.0", "CC BY-NC-SA 3.0", "ODC-BY"], "cc-by-nc-sa-3.0"),
        (["CC BY-NC-SA 4.0", "CC BY-NC-SA 3.0"], "cc-by-nc-sa-4.0"),
        (["ODC-BY", "CC BY-SA 3.0"], "cc-by-sa-3.0"),
        (["CC0-1.0", "ODC-BY"], "odc-by"),
        (["CC BY-SA 4.0", None], "unknown"),
        (["CC BY-SA 4.0", "all rights reserved"], "unknown"),
        ([], "unknown"),
    ],
)
def test_the_licence_that_asks_for_the_most_holds(licences, expected):
    licence = combined_licence(licences)

    assert licence.id == expected
    assert licence.note


def test_a_conflict_names_both():
    with pytest.raises(DatasetError, match=r"cc-by-nc-4\.0 and rows under cc-by-sa-4\.0") as caught:
        combined_licence(["CC BY-SA 4.0", "CC BY-NC 4.0"])

    assert caught.value.hint


def test_a_conflict_stays_one_beside_a_row_without_a_licence():
    with pytest.raises(DatasetError, match="cannot be released together"):
        combined_licence(["CC BY-SA 4.0", "CC BY-NC 4.0", None])


def test_notices_of_permissive_licences_are_named():
    assert "the notices of apache-2.0 must stay" in combined_licence(["CC BY-SA 4.0", "Apache-2.0"]).note


def test_an_unknown_licence_is_quoted_in_the_note():
    assert '"house rules"' in combined_licence(["house rules"]).note


@pytest.mark.parametrize(
    "licences",
    [["GFDL", "ODbL"], ["GFDL", "CC BY 4.0"], ["CC BY-NC 4.0", "ODbL"], ["CC BY-NC-SA 3.0", "CC BY-SA 3.0"]],
)
def test_what_goes_with_nothing_else_is_a_conflict(licences):
    with pytest.raises(DatasetError, match="cannot be released together"):
        combined_licence(licences)


@pytest.mark.parametrize("licence", ["CC BY-ND 4.0", "cc-by-nd-3.0", "CC BY-NC-ND 4.0 (a newspaper)", "CC BY-ND"])
def test_text_that_may_not_be_changed_is_refused_also_beside_others_and_by_its_name(licence):
    for beside in ([], ["CC0-1.0"], ["CC BY-SA 4.0", None]):
        with pytest.raises(DatasetError, match="allows no changed text") as caught:
            combined_licence([licence, *beside])
        assert licence in str(caught.value)
        assert caught.value.hint


def test_not_for_commercial_use_is_said_where_it_holds():
    assert combined_licence(["CC BY-NC 4.0"]).note.endswith("; not for commercial use")
    assert combined_licence(["CC BY-NC 4.0", "CC BY 4.0"]).note.endswith("; not for commercial use")
    assert "commercial" not in combined_licence(["CC BY 4.0"]).note
