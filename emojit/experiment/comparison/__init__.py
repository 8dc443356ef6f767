"""One honest table of many runs: the facts, how they are worked out of run folders, and the report in Markdown and JSON."""
