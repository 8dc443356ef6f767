"""A Hugging Face Hub on loopback, for work without a network and for tests.

The unmodified clients (huggingface_hub, datasets, transformers, evaluate) push to it and load from it; only `HF_ENDPOINT` differs. It keeps one
bare git repository per Hub repository, large files in a folder addressed by sha256, and users, tokens and repository settings in one SQLite file.
"""

from emojit.localhub.server import LocalHub, serve

__all__ = ["LocalHub", "serve"]
