"""The front-end inside the kernel: `%devstral` and `%%devstral`, streaming into the asking cell."""
