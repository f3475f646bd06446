"""Loading is light and leaves the shell as it was; `%config` reaches the settings."""

import subprocess
import sys

HEAVY = (
    "ollama",
    "httpx",
    "pydantic",
    "nbformat",
    "nbclient",
    "numpy",
    "pandas",
    "tornado",
    "jupyter_devstral.core.assistant",
)


def snapshot(ip):
    return {
        "line": set(ip.magics_manager.magics["line"]),
        "cell": set(ip.magics_manager.magics["cell"]),
        "registry": set(ip.magics_manager.registry),
        "configurables": list(ip.configurables),
        "matchers": list(ip.Completer.custom_matchers),
        "transformers": list(ip.input_transformers_cleanup),
        "pre": list(ip.events.callbacks["pre_run_cell"]),
        "post": list(ip.events.callbacks["post_run_cell"]),
        "names": set(ip.user_ns),
    }


def test_unloading_leaves_nothing(bare_ip):
    before = snapshot(bare_ip)
    bare_ip.extension_manager.load_extension("jupyter_devstral")
    assert "devstral" in bare_ip.magics_manager.magics["line"]
    bare_ip.extension_manager.unload_extension("jupyter_devstral")
    assert snapshot(bare_ip) == before


def test_reloading_registers_once(bare_ip):
    bare_ip.run_cell("%load_ext jupyter_devstral")
    once = snapshot(bare_ip)
    bare_ip.run_cell("%reload_ext jupyter_devstral")
    again = snapshot(bare_ip)
    assert {key: len(value) for key, value in again.items()} == {
        key: len(value) for key, value in once.items()
    }


def test_config_shows_and_sets(run, session, capsys):
    run("%config DevstralConfig.num_ctx = 8192")
    assert session.config.num_ctx == 8192
    run("%config DevstralConfig")
    assert "allow_remote" in capsys.readouterr().out


def test_configuration_of_the_shell_is_used(bare_ip):
    bare_ip.config.DevstralConfig.model = "tiny"
    bare_ip.extension_manager.load_extension("jupyter_devstral")
    assert bare_ip.magics_manager.registry["DevstralMagics"].session.config.model == "tiny"


def test_a_wrong_setting_is_named_without_traceback(bare_ip, capsys):
    bare_ip.config.DevstralConfig.modle = "tiny"
    bare_ip.run_cell("%load_ext jupyter_devstral")
    out = capsys.readouterr().out
    assert "modle" in out
    assert "Traceback" not in out
    assert "devstral" not in bare_ip.magics_manager.magics["line"]


def test_loading_imports_nothing_heavy():
    code = (
        "import sys; from IPython.core.interactiveshell import InteractiveShell as S; ip = S.instance(); "
        "before = set(sys.modules); ip.run_cell('%load_ext jupyter_devstral'); "
        "print(sorted(m for m in set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert not [name for name in HEAVY if f"'{name}'" in done.stdout]
    assert "jupyter_devstral" in done.stdout
