"""Verify: is a release what it says it is? Every check takes the files as they are and reports what is wrong, where, and both values.

`emojit.release.verify.run` says in which order; each other module is one check, or what several checks share.
"""

from __future__ import annotations
