"""What a baseline has learned, on disk: facts as JSON, arrays as safetensors. Nothing in these files can run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emojit.errors import StudentError

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix

FACTS = "state.json"
ARRAYS = "model.safetensors"

_HINT = "fit it again with `emojit baseline fit`"


def write_state(folder: Path, facts: Mapping[str, object], arrays: Mapping[str, np.ndarray] | None = None) -> None:
    """Write facts and arrays; the same ones give the same bytes."""
    import numpy as np

    text = json.dumps(facts, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    (folder / FACTS).write_text(text + "\n", encoding="utf-8", newline="\n")
    if arrays:
        from safetensors.numpy import save_file

        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, folder / ARRAYS)


def read_facts(folder: Path) -> dict[str, Any]:
    """Read the facts.

    Raises:
        StudentError: the file is missing or damaged.
    """
    path = folder / FACTS
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise StudentError(f"{path}: cannot be read ({exc})", hint=_HINT) from exc
    if not isinstance(facts, dict):
        raise StudentError(f"{path}: no JSON object", hint=_HINT)
    return facts


def read_arrays(folder: Path) -> dict[str, np.ndarray]:
    """Read the arrays.

    Raises:
        StudentError: the file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    path = folder / ARRAYS
    try:
        arrays: dict[str, np.ndarray] = load_file(path)
    except (OSError, ValueError, SafetensorError) as exc:
        raise StudentError(f"{path}: cannot be read ({exc})", hint=_HINT) from exc
    return arrays


def damaged(folder: Path, exc: Exception) -> StudentError:
    """Return the error for files that can be read but do not hold what they must."""
    return StudentError(f"{folder}: not what this baseline saves ({type(exc).__name__}: {exc})", hint=_HINT)


def pack_sparse(name: str, matrix: csr_matrix) -> dict[str, np.ndarray]:
    """Return the arrays of a sparse matrix."""
    import numpy as np

    return {
        f"{name}.data": matrix.data,
        f"{name}.indices": matrix.indices.astype(np.int32),
        f"{name}.indptr": matrix.indptr.astype(np.int64),
        f"{name}.shape": np.array(matrix.shape, dtype=np.int64),
    }


def unpack_sparse(name: str, arrays: Mapping[str, np.ndarray]) -> csr_matrix:
    """Return the sparse matrix that `pack_sparse` took apart.

    Raises:
        KeyError: an array is missing.
        ValueError: they do not fit together.
    """
    from scipy.sparse import csr_matrix

    rows, columns = arrays[f"{name}.shape"].tolist()
    parts = (arrays[f"{name}.data"], arrays[f"{name}.indices"], arrays[f"{name}.indptr"])
    return csr_matrix(parts, shape=(rows, columns))
