# jupyterhub_config.py
import os

c = get_config()

# The hub's own environment holds the key; each user's server inherits it.
c.Spawner.environment = {"LLM_KEY": os.environ["LLM_KEY"]}
