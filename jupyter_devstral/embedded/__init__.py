"""An Ollama-compatible server for machines without Ollama: Ollama's own HTTP API (`api`) over an engine.

The HTTP layer depends only on the `Engine` protocol; the engine runs GGUF files with llama.cpp (`engines`).
"""
