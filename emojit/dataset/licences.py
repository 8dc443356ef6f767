"""The licence of a data set, from the licences of its rows.

The rules are few, because a wrong guess is worse than a question:

* CC0 and public domain ask for nothing and go with everything.
* Permissive licences of code and weights (MIT, Apache-2.0) let what is derived stand under other terms, as long as their notices stay: they go with
  everything below, and each other under Apache-2.0.
* Attribution licences (CC BY, ODC-BY) go with each other under the strictest of them, and into share-alike text.
* Share-alike licences (CC BY-SA) win over both; 3.0 text may be adapted under 4.0 (CC BY-SA 3.0, section 4b), so the newest version present holds.
* Non-commercial licences (CC BY-NC, CC BY-NC-SA) win over attribution and carry their restriction to everything that is made of the rows; they do not go with
  share-alike ones, which allow no further restriction.
* Licences without derivatives (CC BY-ND, CC BY-NC-ND) are refused: rows are rewritten, cut out of their articles and labelled.
* Any other licence goes with itself, CC0 and permissive ones only.
* A row without a licence, or with one that is not known here, makes the whole "unknown"; a conflict among the others is one all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from emojit.errors import DatasetError

UNKNOWN = "unknown"

_PUBLIC = ("cc0-1.0",)
_PERMISSIVE = ("mit", "apache-2.0")  # the strictest last
_ATTRIBUTION = ("odc-by", "cc-by-3.0", "cc-by-4.0")  # the strictest last
_SHARE_ALIKE = ("cc-by-sa-3.0", "cc-by-sa-4.0")  # the newest last
_NON_COMMERCIAL = ("cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0")  # the strictest last
_OTHERS = ("gfdl", "odbl")
_KNOWN = (*_PUBLIC, *_PERMISSIVE, *_ATTRIBUTION, *_SHARE_ALIKE, *_NON_COMMERCIAL, *_OTHERS)
"""The one further behind asks for more, where two go together."""

_NO_DERIVATIVES = re.compile(r"cc-by(-nc)?-nd(-[0-9.]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """The licence of a release.

    Attributes:
        id: as the Hub writes it, such as "cc-by-sa-4.0", or "unknown".
        note: one sentence that says why.
    """

    id: str
    note: str


def hub_id(licence: str) -> str | None:
    """Return the Hub's id for a licence as a corpus writes it ("CC BY-SA 3.0 (Wikipedia text)"), or None when it is not known here."""
    plain = _plain(licence)
    aliases = {
        "cc0": "cc0-1.0",
        "public-domain": "cc0-1.0",
        "odc-by-1.0": "odc-by",
        "gfdl-1.3": "gfdl",
        "odbl-1.0": "odbl",
    }
    plain = aliases.get(plain, plain)
    return plain if plain in _KNOWN else None


def _plain(licence: str) -> str:
    plain = re.sub(r"\([^)]*\)", "", licence).strip().lower()
    return re.sub(r"[\s_]+", "-", plain).removesuffix("-deed.ja").removesuffix("-license").removesuffix("-licence")


def combined_licence(licences: Iterable[str | None]) -> Licence:
    """Return the licence under which rows of these licences can be released together.

    Args:
        licences: of the rows, as the corpus writes them; None where a row has none.

    Raises:
        DatasetError: two of them cannot be combined, and both are named; or one allows no derivatives.
    """
    written = sorted({licence or "" for licence in licences})
    ids = {licence: hub_id(licence) for licence in written}
    found = sorted({known for known in ids.values() if known is not None})
    _refuse_no_derivatives(written)
    _refuse_conflict(found)
    if not written:
        return Licence(id=UNKNOWN, note="there are no rows")
    if unknown := [licence for licence, known in ids.items() if known is None]:
        named = f'the licence "{unknown[0]}" is not known' if unknown[0] else "some rows name no licence"
        return Licence(id=UNKNOWN, note=f"{named}; set corpus.licence when you know it")
    if len(found) == 1:
        return Licence(id=found[0], note=f"every row has this licence{_restriction(found[0])}")
    winner = max(found, key=_KNOWN.index)
    notices = [name for name in found if name in _PERMISSIVE and name != winner]
    kept = f"; the notices of {', '.join(notices)} must stay" if notices else ""
    return Licence(
        id=winner,
        note=f"rows under {', '.join(found)}, of which {winner} asks for the most{kept}{_restriction(winner)}",
    )


def _restriction(licence: str) -> str:
    return "; not for commercial use" if licence in _NON_COMMERCIAL else ""


def _refuse_no_derivatives(written: list[str]) -> None:
    for licence in written:
        if _NO_DERIVATIVES.fullmatch(_plain(licence)):
            raise DatasetError(
                f'rows under "{licence}" cannot be released: it allows no changed text, and rows are rewritten and labelled',
                hint="leave this source out",
            )


def _refuse_conflict(found: list[str]) -> None:
    """Refuse what does not go together: share-alike text beside non-commercial text, and a licence beside which nothing else that asks for something may stand."""
    asking = [name for name in found if name not in (*_PUBLIC, *_PERMISSIVE)]
    alone = [name for name in asking if name in _OTHERS]
    restricted = [name for name in asking if name in _NON_COMMERCIAL]
    shared = [name for name in asking if name in _SHARE_ALIKE]
    pair = None
    if alone and len(asking) > 1:
        pair = alone[0], next(name for name in asking if name != alone[0])
    elif restricted and shared:
        pair = restricted[0], shared[0]
    if pair:
        first, second = pair
        raise DatasetError(
            f"rows under {first} and rows under {second} cannot be released together",
            hint="build two data sets, or leave one source out",
        )
