"""The HTTP side of the embedded Hub: one file per group of endpoints."""
