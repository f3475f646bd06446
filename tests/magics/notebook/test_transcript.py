"""The transcript holds what was executed, as text, and nothing alive."""

import gc
import weakref


def sources(session):
    return [entry.source for entry in session.transcript]


def test_cells_in_order_of_first_execution(run, session):
    run("a = 1", "one")
    run("b = 2", "two")
    run("a = 3", "one")
    assert sources(session) == ["a = 3", "b = 2"]


def test_without_ids_every_execution_is_a_cell(run, session):
    run("a = 1")
    run("a = 1")
    assert sources(session) == ["a = 1", "a = 1"]


def test_cells_before_loading_come_from_the_history(bare_ip):
    bare_ip.run_cell("before = 1", store_history=True)
    bare_ip.run_cell("%load_ext jupyter_devstral\nduring = 2", store_history=True)
    bare_ip.run_cell("after = 3", store_history=True)
    session = bare_ip.magics_manager.registry["DevstralMagics"].session
    assert sources(session) == ["before = 1", "%load_ext jupyter_devstral\nduring = 2", "after = 3"]


def test_background_requests_of_a_front_end_are_no_cells(ip, session):
    ip.run_cell("inspect = 1", store_history=False)
    ip.run_cell("silent = 1", silent=True)
    assert sources(session) == []


def test_a_nested_run_belongs_to_the_outer_cell(run, session):
    run("get_ipython().run_cell('inner = 1')\nouter = 2", "outer")
    assert len(sources(session)) == 1


def test_results_streams_and_errors_become_outputs(run, session):
    run("print('hello')\n40 + 2", "ok")
    run("def f():\n    return 1 / 0\nf()", "bad")
    run("x = (", "syntax")
    ok, bad, syntax = session.transcript
    assert ("result", "42") in [(output.kind, output.text) for output in ok.outputs]
    assert bad.outputs[-1].ename == "ZeroDivisionError"
    assert bad.outputs[-1].evalue == "division by zero"
    assert "1 / 0" in bad.outputs[-1].text
    assert syntax.outputs[-1].ename in ("SyntaxError", "_IncompleteInputError")


def test_an_error_with_a_hostile_message_is_survived(run, session):
    run("class E(Exception):\n    def __str__(self): raise RuntimeError('no')\nraise E()", "bad")
    run("after = 1", "after")
    bad, after = session.transcript
    # IPython itself stumbles over such a message, and reports that.
    assert bad.outputs[-1].ename in ("E", "RuntimeError")
    assert after.source == "after = 1"


def test_no_object_of_the_user_is_kept_alive(run, ip, session):
    run("class Big: pass\nbig = Big()", "make")
    run("def f(x):\n    raise ValueError('x')\nf(big)", "fail")
    big = weakref.ref(ip.user_ns["big"])
    run("import sys\nsys.last_value = sys.last_traceback = sys.last_exc = None", "clear")
    ip.user_ns.pop("big")
    ip.user_ns_hidden.clear()
    ip.last_execution_result = None
    ip._last_traceback = None
    ip.InteractiveTB.tb = None
    gc.collect()
    assert big() is None
