"""Auditing a store that no Hub serves, and removing what nothing in it refers to."""
