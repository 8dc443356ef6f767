"""What the public Hub refuses in a card, as far as its clients rely on it, so that a card that is taken here is taken there.

Source: https://huggingface.co/docs/hub/repositories-licenses and https://huggingface.co/docs/hub/model-cards (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping

LICENSES = frozenset(
    [
        "apache-2.0",
        "mit",
        "openrail",
        "bigscience-openrail-m",
        "creativeml-openrail-m",
        "bigscience-bloom-rail-1.0",
        "bigcode-openrail-m",
        "afl-3.0",
        "artistic-2.0",
        "bsl-1.0",
        "bsd",
        "bsd-2-clause",
        "bsd-3-clause",
        "bsd-3-clause-clear",
        "c-uda",
        "cc",
        "cc0-1.0",
        "cc-by-2.0",
        "cc-by-2.5",
        "cc-by-3.0",
        "cc-by-4.0",
        "cc-by-sa-3.0",
        "cc-by-sa-4.0",
        "cc-by-nc-2.0",
        "cc-by-nc-3.0",
        "cc-by-nc-4.0",
        "cc-by-nd-4.0",
        "cc-by-nc-nd-3.0",
        "cc-by-nc-nd-4.0",
        "cc-by-nc-sa-2.0",
        "cc-by-nc-sa-3.0",
        "cc-by-nc-sa-4.0",
        "cdla-sharing-1.0",
        "cdla-permissive-1.0",
        "cdla-permissive-2.0",
        "wtfpl",
        "ecl-2.0",
        "epl-1.0",
        "epl-2.0",
        "etalab-2.0",
        "eupl-1.1",
        "eupl-1.2",
        "agpl-3.0",
        "gfdl",
        "gpl",
        "gpl-2.0",
        "gpl-3.0",
        "lgpl",
        "lgpl-2.1",
        "lgpl-3.0",
        "isc",
        "h-research",
        "intel-research",
        "lppl-1.3c",
        "ms-pl",
        "apple-ascl",
        "apple-amlr",
        "mpl-2.0",
        "odc-by",
        "odbl",
        "openmdw-1.0",
        "openrail++",
        "osl-3.0",
        "postgresql",
        "ofl-1.1",
        "ncsa",
        "unlicense",
        "zlib",
        "pddl",
        "lgpl-lr",
        "deepfloyd-if-license",
        "fair-noncommercial-research-license",
        "llama2",
        "llama3",
        "llama3.1",
        "llama3.2",
        "llama3.3",
        "llama4",
        "grok2-community",
        "gemma",
        "unknown",
        "other",
    ]
)
"""What `license` may say. Another one is written as `license: other` with `license_name` and `license_link`."""


def card_errors(card: Mapping[str, object]) -> list[str]:
    """What is wrong with the front matter of a card, one sentence each; none when it may be committed."""
    errors = []
    if "license" in card and not _all_known(card["license"]):
        errors.append(f'"license" must be one of [{", ".join(sorted(LICENSES))}]')
    index = card.get("model-index")
    if index is not None and not (isinstance(index, list) and all(isinstance(item, dict) for item in index)):
        errors.append('"model-index" must be an array of objects')
    return errors


def _all_known(license_: object) -> bool:
    if license_ is None:
        return True
    values = license_ if isinstance(license_, list) else [license_]
    return all(isinstance(value, str) and value in LICENSES for value in values)
