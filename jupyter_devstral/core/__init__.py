"""The pipeline: facts -> context -> prompt -> stream -> reply events -> cell edits.

Knows no IPython shell, no tornado, no browser. Read it from `assistant.py` downwards.
"""
