"""`%%devstral test` in a real kernel: what is proven becomes a cell, and nothing else does."""

import os

import pytest

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="forks are sound on Linux only")

CLIP = """import random

def clip(number, low=0, high=10):
    if number < low:
        return low
    if number > high:
        return high
    return number

def save(text):
    with open('saved.txt', 'w') as file:
        file.write(text)

def draw():
    return random.random() < 0.5
"""
GOOD = """def test_inside():
    assert clip(5) == 5

def test_below():
    assert clip(-1) == 0

def test_above():
    assert clip(12) == 10
"""


def reply(*blocks):
    return "Here:\n\n" + "\n\n".join(f"```python\n{block}```" for block in blocks)


@pytest.fixture
def clipping(kernel):
    kernel.run("%config DevstralConfig.trial_seconds = 3")
    kernel.run(CLIP, "clip")
    yield kernel
    kernel.run("%config DevstralConfig.trial_seconds = 5.0")


@pytest.fixture
def write_tests(clipping, scripted_ollama):
    def write_tests(*replies, line="%devstral test clip"):
        scripted_ollama.replies = list(replies)
        return clipping.run(line, "asking")

    write_tests.kernel = clipping
    return write_tests


def test_good_tests_become_one_cell_with_their_receipt(write_tests, scripted_ollama):
    result = write_tests(reply(GOOD))
    assert "**3 tests, all pass, 5 of 7 mutants caught**" in result.markdown
    assert result.next_input == f"%%devstral pytest\n{GOOD.strip()}".replace("\n\n", "\n\n\n")
    # Where the bounds themselves are, nothing was tested.
    assert "`clip`, line 2: `if number < low:`, with `<` → `<=`" in result.markdown
    assert "Test `clip`." in scripted_ollama.chats[-1].body["messages"][-1]["content"]
    assert len(scripted_ollama.chats) == 1
    # Nothing of it happened in the kernel itself.
    assert "NameError" in write_tests.kernel.run("test_inside").text
    assert "10" in write_tests.kernel.run("print(clip(12))").text
    assert "3 tests, all pass" in write_tests.kernel.run(result.next_input).markdown


def test_vacuous_tests_are_not_inserted(write_tests):
    result = write_tests(reply("def test_it():\n    clip(1)\n    assert True\n"))
    assert "0 of 7 mutants caught: these tests prove nothing" in result.markdown
    assert result.next_input == ""


def test_a_failing_test_is_a_question_and_stays_as_it_is(write_tests, scripted_ollama):
    wrong = "def test_far():\n    assert clip(99) == 99\n"
    result = write_tests(reply(GOOD + "\n" + wrong))
    assert "4 tests: 3 pass, 1 failed, 5 of 7 mutants caught" in result.markdown
    assert "*is the test wrong, or did it find a bug?*" in result.markdown
    assert "where 10 = clip(99)" in result.markdown
    assert ">       assert clip(99) == 99" in result.markdown
    assert f"# Fails: is this test wrong, or did it find a bug?\n{wrong.strip()}" in result.next_input
    assert len(scripted_ollama.chats) == 1


def test_a_test_that_errors_is_repaired_once(write_tests, scripted_ollama):
    broken = "def test_type():\n    assert clip(undefined) == 1\n"
    mended = "def test_type():\n    assert clip(1) == 1\n\ndef test_below():\n    assert True\n"
    result = write_tests(reply(GOOD + "\n" + broken), reply(mended))
    assert "4 tests, all pass" in result.markdown
    assert "clip(undefined)" not in result.next_input
    # The tests that ran are not bent by the way.
    assert "assert clip(-1) == 0" in result.next_input
    assert "NameError" in scripted_ollama.chats[-1].body["messages"][-1]["content"]
    assert len(scripted_ollama.chats) == 2


def test_a_test_that_errors_twice_is_dropped(write_tests, scripted_ollama):
    broken = "def test_type():\n    assert clip(undefined) == 1\n"
    result = write_tests(reply(GOOD + "\n" + broken), reply(broken))
    assert "Dropped: they raise errors: `test_type`." in result.markdown
    assert "test_type" not in result.next_input
    assert "test_below" in result.next_input
    assert len(scripted_ollama.chats) == 2


def test_no_answer_to_the_repair_keeps_the_sound_tests(write_tests, scripted_ollama):
    broken = "def test_type():\n    assert clip(undefined) == 1\n"

    def answer(messages, body):
        scripted_ollama.fail_next("500", times=5)
        return reply(GOOD + "\n" + broken)

    scripted_ollama.replies = answer
    result = write_tests.kernel.run("%devstral test clip", "asking")
    assert result.reply["status"] == "ok"
    assert "No second attempt" in result.markdown
    assert "Dropped: they raise errors: `test_type`." in result.markdown
    assert "test_above" in result.next_input


def test_a_cell_that_has_not_run_is_named(write_tests):
    write_tests.kernel.run("def never(number):\n    return number\n\nraise SystemExit", "never")
    write_tests.kernel.run("del never", "gone")
    result = write_tests(
        reply("def test_it():\n    assert never(1) == 1\n"), line="%devstral test --cell never"
    )
    assert "not tried: `never` does not exist yet; run its cell first" in result.markdown
    assert "test_it" in result.next_input


def test_hanging_tests_are_cut_off_and_the_others_kept(write_tests):
    hanging = "def test_long():\n    while True:\n        clip(1)\n"
    result = write_tests(reply(hanging + "\n" + GOOD))
    # On a machine that is busy elsewhere the clock may be first.
    assert "timed out after 3 s" in result.markdown or "not decided in 3 s" in result.markdown
    assert "test_long" not in result.next_input
    assert "test_above" in result.next_input


def test_what_writes_files_is_not_tried(write_tests):
    writing = "def test_save():\n    save('x')\n"
    result = write_tests(reply(writing), line="%devstral test save")
    assert "it writes files (saved.txt)" in result.markdown
    assert "monkeypatch" in result.markdown
    assert result.next_input == ""


def test_what_is_random_is_not_inserted(write_tests):
    lucky = "def test_lucky():\n    assert [draw() for _ in range(64)] == EXPECTED\n"
    write_tests.kernel.run(
        "state = random.getstate(); EXPECTED = [draw() for _ in range(64)]; random.setstate(state)"
    )
    result = write_tests(reply(lucky), line="%devstral test draw")
    assert "not repeatable" in result.markdown
    assert result.next_input == ""


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("x = clip(3)\n", "The reply has no tests"),
        ("def test_other():\n    assert sorted([2, 1]) == [1, 2]\n", "No test here uses `clip`"),
    ],
)
def test_replies_without_tests_of_the_target(write_tests, block, said):
    result = write_tests(reply(block))
    assert said in result.markdown
    assert result.next_input == ""


@pytest.mark.parametrize(
    ("before", "name", "said"),
    [
        ("", "clpi", "Did you mean clip?"),
        ("", "len", "no Python source"),
        ("double = [lambda number: 2 * number][0]", "double", "lambda"),
        ("number = 3", "number", "no function and no class"),
    ],
)
def test_what_cannot_be_tested_says_so_before_anything_is_sent(
    write_tests, scripted_ollama, before, name, said
):
    write_tests.kernel.run(before or "pass")
    assert said in write_tests(line=f"%devstral test {name}").text
    assert not scripted_ollama.chats


def test_the_cell_above_is_tested_and_its_main_guard_and_copies_are_left_out(write_tests):
    copied = "def clip(number):\n    return number\n\n" + GOOD
    copied += "\nif __name__ == '__main__':\n    pytest.main()\n"
    write_tests.kernel.run("def twice(number):\n    return number * 2", "twice")
    result = write_tests(reply("assert twice(3) == 6\nassert twice(0) == 0\n"), line="%devstral test")
    assert "1 test, it passes, 3 of 3 mutants caught" in result.markdown
    assert "def test_twice():\n    assert twice(3) == 6\n    assert twice(0) == 0" in result.next_input
    result = write_tests(reply(copied))
    assert "The reply repeats `clip`" in result.markdown
    assert "__main__" not in result.next_input
    assert "def clip" not in result.next_input


def test_coroutines_generators_methods_and_unittest(write_tests):
    write_tests.kernel.run(
        "async def later(number):\n    return number + 1\n\n"
        "def countdown(number):\n    while number > 0:\n        yield number\n        number -= 1\n\n"
        "class Box:\n    def __init__(self, size):\n        self.size = size\n"
        "    @property\n    def area(self):\n        return self.size ** 2\n",
        "kinds",
    )
    tests = (
        "import unittest\n\n"
        "async def test_later():\n    assert await later(1) == 2\n\n"
        "def test_countdown():\n    assert list(countdown(2)) == [2, 1]\n\n"
        "class TestBox(unittest.TestCase):\n    def test_area(self):\n"
        "        self.assertEqual(Box(3).area, 9)\n"
    )
    result = write_tests(reply(tests), line="%devstral test later countdown Box")
    assert "3 tests, all pass, 14 of 14 mutants caught" in result.markdown
    assert "class TestBox(unittest.TestCase):" in result.next_input


def test_strengthen_asks_for_what_was_not_noticed(write_tests, scripted_ollama):
    write_tests(reply("def test_inside():\n    assert clip(5) == 5\n"))
    more = "def test_above():\n    assert clip(12) == 10\n"
    result = write_tests(reply(more), line="%devstral strengthen")
    asked = scripted_ollama.chats[-1].body["messages"][-1]["content"]
    assert "- `clip`, line 5: `return high`, with `return high` → `return None`" in asked
    assert "mutants caught" in result.markdown
    assert "def test_above" in result.next_input
    assert "def test_inside" not in result.next_input
    write_tests.kernel.run("def clip(number):\n    return number", "other")
    assert "is not what was tested" in write_tests(line="%devstral strengthen").text
    write_tests.kernel.run("%devstral reset")
    assert "comes first" in write_tests(line="%devstral strengthen").text


def test_properties_are_tried_like_any_test(write_tests, scripted_ollama):
    properties = (
        "from hypothesis import given, strategies as st\n\n"
        "@given(st.integers())\ndef test_between(number):\n    assert 0 <= clip(number) <= 10\n\n"
        "@given(st.integers())\ndef test_same(number):\n    assert clip(number) == number\n"
    )
    result = write_tests(reply(properties), line="%devstral test --properties clip")
    assert "2 tests: 1 pass, 1 failed" in result.markdown
    assert "E           number=" in result.markdown
    assert "mutants caught" in result.markdown
    assert "@given(st.integers())\ndef test_between" in result.next_input
    assert "hypothesis" in scripted_ollama.chats[-1].body["messages"][-1]["content"]
    assert "goes with test" in write_tests(line="%devstral ask --properties clip?").text


def test_a_dry_run_shows_what_would_be_sent(write_tests, scripted_ollama):
    shown = write_tests(line="%devstral test --dry-run clip with care").markdown
    assert "Test `clip`." in shown
    assert "with care" in shown
    assert not scripted_ollama.chats


def test_where_trials_are_off_the_tests_are_inserted_and_say_so(write_tests):
    write_tests.kernel.run("%config DevstralConfig.trial_seconds = 0.0")
    result = write_tests(reply(GOOD))
    assert "**not tried: trials are switched off**" in result.markdown
    assert "test_above" in result.next_input


@pytest.mark.parametrize("line", ["%devstral test --dry-run clip", "%devstral test --dry-run"])
def test_arguments_of_its_calls_are_described(write_tests, line):
    write_tests.kernel.run("zz_number, zz_other = sum(range(7)), sum(range(8))")
    write_tests.kernel.run("clip(zz_number, high=max([4.5, 6.0]))")
    write_tests.kernel.run("def clip(number, low=0, high=10):\n    return max(low, min(number, high))")
    shown = write_tests(line=line).markdown
    assert "zz_number: " in shown
    assert "zz_other: " not in shown


EXAMPLES = '''def clip(number, low=0, high=10):
    """A number within bounds.

    >>> clip(5)
    5
    >>> bounds = (2, 3)
    >>> clip(1, *bounds), clip(4, *bounds)
    (2, 3)
    >>> clip(-1)
    -1
    >>> clip(number)
    0
    """
    return "not the code of the notebook"
'''


def test_examples_go_into_the_docstring_and_the_code_stays(write_tests, scripted_ollama):
    result = write_tests(reply(EXAMPLES), line="%devstral test --doctest clip")
    asked = scripted_ollama.chats[-1].body["messages"][-1]["content"]
    assert "docstring whose examples show" in asked
    assert len(scripted_ollama.chats) == 1
    assert "**4 tests: 2 pass, 1 error, 1 failed" in result.markdown
    assert (
        "E   AssertionError: >>> clip(-1)\n    Expected:\n        -1\n    Got:\n        0\n```"
        in result.markdown
    )
    assert "variable `open`" not in result.markdown
    assert "is the test wrong, or did it find a bug?" in result.markdown
    assert "mutants caught**" in result.markdown
    # Those that hold, with what they need; nothing of the reply's code.
    written = result.next_input
    assert "    >>> bounds = (2, 3)\n    >>> clip(1, *bounds), clip(4, *bounds)\n    (2, 3)\n" in written
    assert "not the code" not in written
    assert "clip(-1)" not in written
    assert "clip(number)" not in written
    assert "    if number < low:" in written
    write_tests.kernel.run(written, "clip")
    tested = write_tests.kernel.run(
        "import doctest\ndoctest.run_docstring_examples(clip, globals())\nprint('held')"
    )
    assert tested.text.strip() == "held"


@pytest.mark.parametrize(
    ("examples", "said"),
    [
        ("", "The reply has no docstring with examples"),
        (">>> _ = clip(1)\n    >>> 1\n    1", "these tests prove nothing"),
        (
            ">>> n = iter(range(9))\n    >>> next(n)\n    0\n    >>> clip(next(n))\n    0",
            "hold one by one, but not together",
        ),
        (">>> while True: clip(1)\n    1", "Not inserted: they did not finish"),
    ],
)
def test_examples_that_are_not_inserted(write_tests, examples, said):
    definition = f'def clip(number):\n    """Words.\n\n    {examples}\n    """\n'
    result = write_tests(reply(definition), line="%devstral test --doctest clip")
    assert said in result.markdown
    assert not result.next_input


def test_two_kinds_at_once(write_tests):
    assert "one at a time" in write_tests(line="%devstral test --doctest --properties clip").text


def test_when_too_many_hang_the_others_are_not_inserted_untried(write_tests):
    hanging = "".join(f"def test_loop_{n}():\n    while True: clip(1)\n\n" for n in range(5))
    result = write_tests(reply(f"{hanging}{GOOD}"))
    assert "too many tests before it did not finish" in result.markdown
    assert not result.next_input
