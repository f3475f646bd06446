"""jupyter-devstral: a local-first coding assistant that lives in notebooks.

Holds the hooks that IPython and JupyterLab look for, and imports nothing until one of them is called.
"""

__version__ = "0.2.0"


def load_ipython_extension(ipython):  # type: ignore[no-untyped-def]
    """`%load_ext jupyter_devstral`: the `%devstral` and `%%devstral` magics. No network, no heavy import."""
    from .magics.extension import load

    load(ipython)


def unload_ipython_extension(ipython):  # type: ignore[no-untyped-def]
    """`%unload_ext jupyter_devstral`: everything that loading added is taken away again."""
    from .magics.extension import unload

    unload(ipython)


def _jupyter_server_extension_points():  # type: ignore[no-untyped-def]
    """`jupyter_server` loads the sidebar's half from here."""
    from .server.app import DevstralServer

    return [{"module": "jupyter_devstral", "app": DevstralServer}]


def _jupyter_labextension_paths():  # type: ignore[no-untyped-def]
    """Where the built JupyterLab half lies: for installations that link to it."""
    return [{"src": "_lab", "dest": "jupyter-devstral"}]
