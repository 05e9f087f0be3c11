"""The site: `make docs` builds these pages with Sphinx; a broken link or a page that is in no list is an error."""

project = "kojudge"
author = "The kojudge authors"
project_copyright = "The kojudge authors, Apache-2.0"
extensions = ["myst_parser"]
root_doc = "contents"  # the lists of pages; index.md is the first of them, and plain Markdown like the others
exclude_patterns = ["_build"]
myst_heading_anchors = 3  # `page.md#a-heading`, as a code host spells it
html_theme = "furo"
html_title = "kojudge"
html_copy_source = False
