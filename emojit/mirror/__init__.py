"""Copying repositories between the Hub that `HF_ENDPOINT` names and an embedded one, for machines without a network."""
