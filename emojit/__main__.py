"""`python -m emojit` is the command line."""

from __future__ import annotations

from emojit.cli.app import main

if __name__ == "__main__":
    main()
