"""Measurements of the promises in the README: `make bench` prints one table."""
