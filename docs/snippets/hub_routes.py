# /etc/jupyter/jupyter_devstral_config.py
c = get_config()

c.DevstralConfig.allow_remote = True
c.DevstralConfig.routes = {
    "cluster": {
        "address": "https://llm.example/v1",
        "model": "devstral-2",
        # The name of the variable, never the key.
        "key_env": "LLM_KEY",
        # Whoever counts tokens for each user reads this; {user} is JUPYTERHUB_USER.
        "headers": {"X-User-ID": "{user}"},
        "parallel": 4,
    },
}
