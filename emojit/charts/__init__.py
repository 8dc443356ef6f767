"""Pictures of reports, as SVG inside pages and as files, and the style that all pages share; they know numbers and names, and nothing of what these mean."""
