"""The pipeline: facts -> context -> prompt -> stream -> reply events -> cell edits.

Independent of IPython, tornado and browsers. Start reading at `assistant.py`.
"""
