"""The report's pictures, in Plotly's JSON form.

The page sets the colours of text, grid and background, because they depend on its colour scheme.
"""
