"""What is published: a page, the section and metadata of a model card, figures.

Read `page` and `page_data` (one HTML file), `card` and `facts` (the section), `metadata` and `readme` (the hub's
front matter, merged), `figures`. `contest_page`, `contest_card` and `contest_figure` are the same for pairwise
contests.
"""
