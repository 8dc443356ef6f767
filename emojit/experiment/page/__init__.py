"""The report on several runs as one page that stands alone."""
