"""What people think of the answers: texts drawn and shown without the systems' names, ratings collected, agreement and differences reported.

`prepare` writes a task folder, `emojit.space.rater` shows it, `collect` fetches what raters answered, `report` says what came out, `calibration` holds judge and
automatic figures against it. `ratings` is what all of them speak of.
"""

from __future__ import annotations
