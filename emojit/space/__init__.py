"""Spaces, the pages that a Hub runs: the demo and the metric Spaces, laid out to be published and run on this machine.

`emojit.space.source` finds the folder that is meant, `emojit.space.demo` lays the demo out for a model, `emojit.space.run` runs one. Publishing is
`emojit.release.push`, as for everything else.
"""

from __future__ import annotations

from emojit.space.run import RunningSpace, run_space
from emojit.space.source import opened_space, space_to_push

__all__ = ["RunningSpace", "opened_space", "run_space", "space_to_push"]
