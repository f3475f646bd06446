"""The front-end inside jupyter_server: what JupyterLab's sidebar asks, answered by the core."""
