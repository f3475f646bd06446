"""FRONT-END: `jupyter devstral …`, the same assistant from a terminal.

Builds no prompt and reads no reply itself: that is `core`.
"""
