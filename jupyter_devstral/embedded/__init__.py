"""An Ollama-compatible server for machines without Ollama: Ollama's own HTTP API over an engine.

The HTTP layer (`app`) knows only the `Engine` protocol. Engines: llama.cpp (`llama_engine`, a GGUF file)
and a script (`scripted_engine`, the tests' double).
"""
