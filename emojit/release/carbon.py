"""What a training run emitted, as codecarbon measured it: `emissions.csv` in the run folder, or nothing.

emojit measures nothing by itself, for codecarbon asks the network where the machine stands. Whoever wants the figure runs the training under it:
`codecarbon` writes the file, one row per tracked run, the last one being the newest.
Columns: https://docs.codecarbon.io/latest/reference/output/ ; front matter: https://huggingface.co/docs/hub/model-cards-co2
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from emojit.errors import CardError
from emojit.provenance import Hardware

FILE_NAME = "emissions.csv"
"""As codecarbon calls it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carbon:
    """What was measured.

    Attributes:
        grams: emissions (g of CO₂ equivalent).
        kilowatt_hours: energy used (kWh).
        place: country as codecarbon names it, or None.
    """

    grams: float
    kilowatt_hours: float
    place: str | None


def read_carbon(run_folder: Path) -> Carbon | None:
    """Return what codecarbon measured of a run, or None where it was not running.

    Raises:
        CardError: the file is there, but is none of codecarbon's.
    """
    path = run_folder / FILE_NAME
    try:
        with path.open(encoding="utf-8", newline="") as file:
            *_, row = csv.DictReader(file)
        return Carbon(
            grams=1000 * float(row["emissions"]),
            kilowatt_hours=float(row["energy_consumed"]),
            place=row.get("country_name") or None,
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise CardError(
            f"{path}: no file of codecarbon (emissions and energy_consumed are needed): {exc}",
            hint="remove it, and the card says that nothing was measured",
        ) from exc


def carbon_rows(carbon: Carbon | None) -> Iterator[tuple[str, str]]:
    """Yield what the card's table says about emissions."""
    if carbon is None:
        yield "emissions", "not measured"
        return
    place = f", {carbon.place}" if carbon.place else ""
    yield "emissions", f"{carbon.grams:,.1f} g of CO₂ equivalent, measured by codecarbon{place}"
    yield "energy", f"{carbon.kilowatt_hours:,.3f} kWh"


def carbon_fields(carbon: Carbon | None, hardware: Hardware, *, from_nothing: bool) -> dict[str, object] | None:
    """Return the card's `co2_eq_emissions`, or None where nothing was measured; `from_nothing` is a model without a pretrained one behind it."""
    if carbon is None:
        return None
    fields: dict[str, object] = {
        "emissions": round(carbon.grams, 3),
        "source": "codecarbon",
        "training_type": "pre-training" if from_nothing else "fine-tuning",
        "hardware_used": ", ".join(hardware.gpus) or hardware.cpu,
    }
    if carbon.place:
        fields["geographical_location"] = carbon.place
    return fields
