"""What is published: a page, the section and metadata of a model card, figures.

Read `page` and `page_data` (one HTML file), `card` and `facts` (the section), `metadata` and `readme` (the hub's
front matter, merged), `eval_results` (the hub's results), `eee` (Every Eval Ever), `figures`. `contest_page`,
`contest_card` and `contest_figure` are the same for pairwise contests.
"""
