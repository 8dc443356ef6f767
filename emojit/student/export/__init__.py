"""Students in the form of other runtimes: ONNX and CTranslate2, in float32 or int8, checked against the original, asked by the same decoding.

`exporting` makes an export, `loading` asks one; `record` is what it says of itself. Of the runtimes each has a file that writes and one that runs.
"""

from __future__ import annotations

from emojit.student.export.exporting import ExportResult, export
from emojit.student.export.loading import check_exports, load_exported
from emojit.student.export.record import FORMATS, ExportRecord, Format, find_records

__all__ = [
    "FORMATS",
    "ExportRecord",
    "ExportResult",
    "Format",
    "check_exports",
    "export",
    "find_records",
    "load_exported",
]
