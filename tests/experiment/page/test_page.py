"""The page of a report: what stands in it, that hostile words do nothing, and that a phone and a dark room can read it."""

from __future__ import annotations

import dataclasses
import re
import time
from html.parser import HTMLParser

import pytest

from emojit.experiment.page.write import render_page, write_page


class Reader(HTMLParser):
    """Elements with their attributes, and the text of all."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.text += " " * (tag in {"td", "th", "dt", "dd", "br"})

    def handle_data(self, data):
        self.text += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


def test_the_same_comparison_gives_the_same_bytes_and_no_path(comparison, tmp_path):
    first = write_page(comparison, tmp_path / "a")

    assert first.name == "report.html"
    assert first.read_bytes() == write_page(comparison, tmp_path / "b").read_bytes()
    assert str(tmp_path) not in first.read_text(encoding="utf-8")


def test_findings_come_first_then_japanese_then_all_that_a_report_needs(comparison):
    html = render_page(comparison)

    places = re.findall(r'<section id="(\w+)"', html)
    assert places == [
        "findings", "japanese", "difference", "table", "curves", "distribution", "density", "confusion", "samples", "runs", "published", "method",
    ]  # fmt: skip
    assert re.search(r'<section id="japanese" lang="ja"', html)
    text = " ".join(read(html).text.split())
    for fact in (
        "lr1e-4 is better than base: +0.013 (0.009 to 0.017).",
        "lr1e-4はbaseより良い",
        "better: +0.0131 (+0.0091 to +0.0171; corrected +0.0071 to +0.0191; p < 0.001)",
        "worse: −0.0118",
        "0.0420 to 0.0480 2 seeds, sd 0.0042",
        "0.0781 base: 0.0510 1,234 rows, 100 emoji",
        "✓ Jaccard index at least 0.05",
        "✗ Jaccard index below 0.05",
        "no run in the figures (2 planned)",
        "train.schedule = not set",
        "focal, seed 2: failed – the loss is no number at step 40",
        "step 39 loss 12.1",
        "20 predictions side by side",
        "雪山に登りました",
        "19.8 %",
        "run if one of lr1e-4 improved",
        "Improved: a higher mean Jaccard index on validation than the base, by however little: no interval is asked",
        "paired bootstrap over rows, 2,000 of them; which are of one article the runs do not say",
        "Baselines constant 0.0300",
        "files aaaaaaaaaaaaaaaa, ids and gold bbbbbbbbbbbbbbbb",
    ):
        assert fact in text, fact


def test_hostile_words_are_text_wherever_they_stand(comparison):
    page = read(render_page(comparison))

    assert not {"script", "img", "iframe", "object", "form"} & {tag for tag, _ in page.elements}
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    # a finding in two languages, a variant's name, a text, a reason, a log, a remark, a setting
    assert page.text.count("<script>document.title='taken'</script>") > 8
    assert [tag for tag, _ in page.elements].count("style") == 1


def test_nothing_on_the_page_asks_for_another_file(comparison):
    page = read(render_page(comparison))

    links = [attributes[name] for _, attributes in page.elements for name in ("href", "src") if name in attributes]
    assert set(links) - {"data:,"}
    assert all(link.startswith("#") or link == "data:," for link in links)
    policy = next(attributes["content"] for _, attributes in page.elements if "http-equiv" in attributes)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert {link[1:] for link in links if link.startswith("#")} <= ids


def test_every_picture_says_in_words_what_it_shows(comparison):
    pictures = [attributes for tag, attributes in read(render_page(comparison)).elements if tag == "svg"]

    assert len(pictures) > 20
    assert all(one.get("aria-hidden") == "true" or len(one.get("aria-label", "")) > 20 for one in pictures)


def test_a_comparison_without_any_run_is_a_page_that_says_so(comparison):
    nothing = dataclasses.replace(
        comparison,
        findings=(),
        test=None,
        variants=tuple(one for one in comparison.variants if one.scores is None),
        baselines=(),
        published=(),
        runs=comparison.problems,
        distribution=(),
        confusions=(),
        samples=(),
    )

    html = render_page(nothing)

    assert "no run that can be read" in html
    assert "Nothing was found" in html
    assert re.findall(r'<section id="(\w+)"', html) == ["findings", "japanese", "runs", "method"]


def test_fifty_runs_are_a_page_within_five_seconds_and_only_eight_variants_have_a_colour(comparison_of, tmp_path):
    many = comparison_of(("base", *(f"variant-{number}" for number in range(24))))
    begun = time.process_time()  # the clock would measure what else the machine does

    path = write_page(many, tmp_path)

    assert time.process_time() - begun < 5
    assert path.stat().st_size < 2_000_000
    html = path.read_text(encoding="utf-8")
    assert "17 other variants" in html
    assert html.count('class="line quiet"') > 34


_LOOK = """() => {
  const seen = [...document.querySelectorAll('body *')].filter(one => one.checkVisibility());
  const wide = seen.filter(one => !one.closest('.scroll') && !one.closest('svg') && one.getBoundingClientRect().right > innerWidth + 1);
  const colour = (one, name) => getComputedStyle(one)[name];
  return {
    width: document.documentElement.scrollWidth,
    wide: wide.map(one => one.tagName + '.' + one.className),
    title: document.title,
    ground: colour(document.body, 'backgroundColor'),
    ink: colour(document.body, 'color'),
    line: colour(document.querySelector('.charts .line.s1'), 'stroke'),
    base: colour(document.querySelector('.charts .line.s0'), 'stroke'),
    label: colour(document.querySelector('.charts text.soft'), 'fill'),
    paper: colour(document.querySelector('section'), 'backgroundColor'),
    emoji: colour(document.querySelector('.samples .emoji'), 'fontFamily'),
  };
}"""


def _contrast(one: str, two: str) -> float:
    def light(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(two)))
    return (high + 0.05) / (low + 0.05)


def _soon(page, claim: str) -> bool:
    """Whether something becomes true within ten seconds. Playwright's own `wait_for_function` evaluates its text inside the page, whose policy forbids that."""
    for _ in range(200):
        if page.evaluate(claim):
            return True
        page.wait_for_timeout(50)
    return False


def test_a_phone_shows_it_in_light_and_dark_without_a_request_or_sideways_scrolling(page, comparison, tmp_path):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    html = render_page(comparison)
    page.route("**/*", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto("http://127.0.0.1:9/report.html")
        found[scheme] = page.evaluate(_LOOK)

    assert asked == ["http://127.0.0.1:9/report.html"] * 2
    for scheme, seen in found.items():
        assert (seen["width"], seen["wide"], seen["title"]) == (390, [], "v3 <small>: report"), scheme
        assert _contrast(seen["ink"], seen["ground"]) > 7
        assert _contrast(seen["label"], seen["paper"]) > 4.5
        assert min(_contrast(seen[name], seen["paper"]) for name in ("line", "base")) > 4
        assert seen["emoji"].startswith('"Apple Color Emoji"')
    assert found["light"]["ground"] != found["dark"]["ground"]
    # with the keyboard alone: to the findings, to a table that scrolls, and a list that opens
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the findings"
    page.keyboard.press("Enter")
    assert page.url.endswith("#findings")
    page.locator("#table .scroll").focus()
    page.keyboard.press("ArrowRight")
    assert _soon(page, "document.querySelector('#table .scroll').scrollLeft > 0")
    page.locator("#runs summary").last.focus()
    page.keyboard.press("Enter")
    assert page.locator("#runs details").last.evaluate("one => one.open")


@pytest.mark.parametrize("style", range(1, 8))
def test_every_colour_can_be_told_from_the_ground_in_light_and_dark(style):
    from emojit.charts.drawing import style_sheet

    light, dark = re.split(r"@media", style_sheet(), maxsplit=1)
    for rules in (light, dark):
        colours = dict(re.findall(r"--(\w+): #(\w{6})", rules))
        as_rgb = {name: str([int(value[at : at + 2], 16) for at in (0, 2, 4)]) for name, value in colours.items()}
        assert _contrast(as_rgb[f"s{style}"], as_rgb["ground"]) > 4
