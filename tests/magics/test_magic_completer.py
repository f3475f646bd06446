"""Tab on the magic line, in this process and as a front-end asks for it."""

import warnings
from types import SimpleNamespace

import pytest


def complete(ip, line):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return ip.complete(None, line, len(line))[1]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%devstral sta", ["status"]),
        ("%devstral mod", ["models", "model"]),
        ("%%devstral ref", ["refactor"]),
        ("x = %devstral as", ["ask"]),
        ("%devstral ask --con", ["--context"]),
        ("%devstral ask --context=ab", ["above"]),
        ("%devstral ask -c n", ["notebook", "none"]),
        ("%devstral ask --insert ", ["below", "replace", "none"]),
        ("%devstral ask -v sal", ["sales", "salt"]),
        ("%devstral ask --var=sale", ["sales"]),
        ("%devstral ask what is @sal", ["sales", "salt"]),
    ],
)
def test_words_options_values_and_names(ip, line, expected):
    ip.user_ns.update(sales=1, salt=2)
    assert complete(ip, line) == expected


def test_every_option_is_offered(ip):
    assert {"--model", "-m", "--dry-run", "--num-ctx", "--output"} <= set(complete(ip, "%devstral ask -"))


def test_names_in_the_body_of_a_cell(ip):
    ip.user_ns.update(sales=1)
    from IPython.core.completer import provisionalcompleter

    with provisionalcompleter():
        code = "%%devstral\nplot @sal"
        assert "sales" in [one.text for one in ip.Completer.completions(code, len(code))]


def test_other_lines_are_left_alone(ip):
    matcher = ip.magics_manager.registry["DevstralMagics"].completer
    for line in ("devstral st", "%devstra", "x = devstral", "%timeit sta"):
        context = SimpleNamespace(text_until_cursor=line, full_text=line, cursor_line=0)
        assert matcher.match(context)["completions"] == []


@pytest.mark.parametrize("line", ["%devstral ask -m dev", "%devstral model dev", "%devstral pull devstral-s"])
def test_models_of_the_server(ip, connected, line, monkeypatch):
    monkeypatch.setattr("jupyter_devstral.magics.magic_completer._PATIENCE", 30)
    assert [name.split(":")[0] for name in complete(ip, line)] == ["devstral-small-2"]


def test_a_server_that_does_not_answer_costs_no_time(ip, session):
    import socket

    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        session.config.host = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        complete(ip, "%devstral sta")
        # It comes back although the server never answers, with no name of its own making.
        assert not [name for name in complete(ip, "%devstral model dev") if "devstral-" in name]
