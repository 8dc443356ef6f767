"""The line chart: the same bytes each time, text that is text, axes whose ticks are round."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emojit.charts.axes import linear_axis, log_axis
from emojit.charts.chart import Line, LineChart, Mark
from emojit.charts.plots import line_svg, write_line_chart

CHART = LineChart(
    title="Jaccard index on validation",
    x_label="epoch",
    y_label="mean Jaccard index",
    lines=(
        Line(name="base", points=((0.5, 0.1), (1.0, 0.125), (1.5, 0.12)), chosen=(1.0, 0.125)),
        Line(name="<script>alert(1)</script> & 🎉\x00", points=((0.5, 0.05), (1.0, 0.2)), style=3),
        Line(name="quiet", points=((0.5, 0.07), (1.5, 0.08)), style=None),
        Line(name="nothing", points=()),
    ),
    marks=(Mark(x=1.0, label="peak"),),
)


def test_a_chart_is_written_twice_with_the_same_bytes(tmp_path):
    first, second = (write_line_chart(CHART, tmp_path / name, "curve") for name in ("a", "b"))

    assert [path.name for path in first] == ["curve.svg", "curve.png"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert first[1].read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("standalone", [False, True])
def test_names_in_a_picture_are_text_and_it_says_in_words_what_it_shows(standalone):
    svg = line_svg(CHART, standalone=standalone)

    tree = ElementTree.fromstring(svg)
    assert [element for element in tree.iter() if element.tag.endswith("script")] == []
    titles = [element.text for element in tree.iter() if element.tag.endswith("title")]
    assert "<script>alert(1)</script> & 🎉\ufffd" in titles
    assert "nothing" not in titles
    assert tree.get("role") == "img"
    assert "base: 0.1 to 0.12" in tree.get("aria-label", "")
    assert ("prefers-color-scheme" in svg) is standalone


def test_a_chart_without_a_point_says_so():
    empty = LineChart(title="Loss", x_label="epoch", y_label="nats", lines=(Line(name="base", points=()),))

    assert "nothing recorded" in line_svg(empty)
    assert empty.in_words() == "Loss: nothing was recorded."


def test_what_is_no_number_is_left_out():
    points = ((0.0, 1.0), (1.0, math.nan), (2.0, math.inf), (3.0, 2.0))
    chart = LineChart(title="t", x_label="x", y_label="y", lines=(Line(name="a", points=points),))

    assert "nan" not in line_svg(chart)
    assert [line.points for line in chart.drawn] == [((0.0, 1.0), (3.0, 2.0))]


def test_a_long_line_is_thinned_to_what_a_picture_can_show_and_keeps_its_ends():
    points = tuple((float(step), float(step % 7)) for step in range(10_000))
    chart = LineChart(title="t", x_label="x", y_label="y", lines=(Line(name="a", points=points),))

    drawn = ElementTree.fromstring(line_svg(chart)).find("polyline")

    places = [pair.split(",") for pair in drawn.get("points").split()]
    assert len(places) == 400
    assert (float(places[0][0]), float(places[-1][0])) == (46.0, pytest.approx(342.0, abs=0.1))


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0.045, 0.183], ["0.00", "0.05", "0.10", "0.15", "0.20"]),
        ([1.0], ["0.90", "0.95", "1.00", "1.05", "1.10"]),
        ([0.0], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ([-0.02, 0.01], ["−0.02", "−0.01", "0.00", "0.01"]),
        ([], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ([0.0, 12_000.0], ["0", "5,000", "10,000", "15,000"]),
    ],
)
def test_ticks_are_round_and_have_the_decimals_that_they_need(values, labels):
    axis = linear_axis(values, 0, 100)

    assert [axis.label(tick) for tick in axis.ticks] == labels


def test_a_logarithmic_axis_puts_equal_factors_equally_far_apart():
    axis = log_axis([2.6, 47.0], 0, 100)

    assert [axis.label(tick) for tick in axis.ticks] == ["2", "5", "10", "20", "50"]
    assert axis.place(10) - axis.place(5) == pytest.approx(axis.place(20) - axis.place(10), abs=0.2)


@given(st.lists(st.floats(min_value=-1e6, max_value=1e6), min_size=1, max_size=5))
def test_every_value_lies_between_the_ends_of_its_axis(values):
    axis = linear_axis(values, 0, 100)

    assert axis.low <= min(values) + 1e-8 * (axis.high - axis.low)
    assert axis.high >= max(values) - 1e-8 * (axis.high - axis.low)
    assert 2 <= len(axis.ticks) <= 7
    assert all(0 <= axis.place(value) <= 100 for value in [*values, math.inf, -math.inf])


@given(st.lists(st.floats(min_value=1e-3, max_value=1e6), min_size=1, max_size=5))
def test_every_value_lies_between_the_ends_of_its_logarithmic_axis(values):
    axis = log_axis(values, 0, 100)

    assert axis.low <= min(values) * (1 + 1e-8)
    assert axis.high >= max(values) * (1 - 1e-8)
