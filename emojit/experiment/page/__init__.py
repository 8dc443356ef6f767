"""The report on several runs as one page that stands alone, and the line chart that other reports draw, too."""
