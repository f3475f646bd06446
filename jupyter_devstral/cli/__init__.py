"""The front-end for the terminal: `jupyter devstral …`.

Prompts and replies are the work of `core`.
"""
