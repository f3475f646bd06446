"""Where a value of a secret name stands: beside it, in settings, in print, in tables, in other lists."""
