# jupyter_devstral_config.py
c = get_config()

c.DevstralConfig.allow_remote = True  # for routes that are not this machine
c.DevstralConfig.routes = {
    "cluster": {"address": "https://llm.example/v1", "model": "devstral-2", "key_env": "LLM_KEY"},
    "mistral": {
        "address": "https://api.mistral.ai/v1",
        "model": "devstral-latest",
        "key_env": "MISTRAL_API_KEY",
    },
}
