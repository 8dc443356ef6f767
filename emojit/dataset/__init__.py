"""Pairs: the build, the splits, the licence, the statistics, and the folder on disk with its manifest.

`emojit.dataset.build` makes a build folder from a recipe, `emojit.dataset.loading` reads rows back from a folder or a Hub repository.
"""

from __future__ import annotations
