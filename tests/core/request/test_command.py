"""The grammar of the magic line: options end where the prompt begins, and the prompt is never touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_devstral.core.errors import UsageError
from jupyter_devstral.core.request.command import OPTIONS, SUBCOMMANDS, TASKS, help_text, parse_command
from jupyter_devstral.core.request.tasks import Task

TORTURE = [
    "what is {df} and {x!r:>{width}}?",
    "$HOME ${PATH} $$ %s %(a)s %%",
    '"double" \'single\' "unbalanced',
    r"C:\new\table \n \t \\",
    "ünïcødé 漢字 🎉 \u200b",
    "a --not-an-option -m neither",
    "two  blanks\tand a tab   ",
    "semicolon;",
]


@pytest.mark.parametrize("prompt", TORTURE)
@pytest.mark.parametrize("before", ["", "ask ", "write -m tiny ", "ask -c none --seed 3 "])
def test_a_prompt_on_the_line_is_literal(before, prompt):
    assert parse_command(before + prompt).text == prompt


@pytest.mark.parametrize(
    "prompt", [*TORTURE, "two\nlines", "--dry-run\nis text here", "ask\n", "\n\nleading"]
)
def test_a_body_is_literal(prompt):
    assert parse_command("ask -c none", prompt + "\n").text == prompt


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_text_behind_two_dashes_is_literal(prompt):
    if prompt.strip():
        assert parse_command("ask -- " + prompt).text == prompt


def test_text_on_the_line_comes_before_the_body():
    assert parse_command("ask -m x look at this:", "a = 1\n").text == "look at this:\na = 1"


@pytest.mark.parametrize("line", ["ask why is df empty? --dry-run", "a plot --dry-run ", "edit --dry-run"])
def test_a_dry_run_that_is_asked_for_too_late_is_not_sent(line):
    words = line.split()
    if words[1:] == ["--dry-run"]:
        assert parse_command(line, "body").dry_run
        return
    with pytest.raises(UsageError, match="put it before"):
        parse_command(line)
    assert parse_command("-- " + line).text == line
    assert parse_command("ask what does --dry-run do?").text == "what does --dry-run do?"


def test_every_option_reaches_its_field():
    line = (
        "edit -m qwen:0.5b --route cluster --context above -v df --var=s --insert replace -o out --cell "
        "3 --num-ctx 8192 --temperature=0.5 --seed -7 --think --dry-run do it"
    )
    command = parse_command(line)
    assert command.task is Task.EDIT
    assert command.text == "do it"
    assert (command.model, command.context, command.variables) == ("qwen:0.5b", "above", ("df", "s"))
    assert (command.insert, command.output, command.cell) == ("replace", "out", "3")
    assert (command.num_ctx, command.temperature, command.seed) == (8192, 0.5, -7)
    assert command.dry_run
    assert command.think
    properties = parse_command("test --properties clip")
    doctest = parse_command("test --doctest clip")
    assert properties.properties
    assert doctest.doctest
    assert command.route == "cluster"
    privacy = parse_command("doctor --privacy")
    assert privacy.privacy
    assert command.given | properties.given | doctest.given | privacy.given == {
        option.name for option in OPTIONS
    }


def test_write_is_the_default():
    assert parse_command("plot the prices").task is Task.WRITE
    assert parse_command("", "plot\n").task is Task.WRITE


@pytest.mark.parametrize("word", list(TASKS))
def test_every_task_by_its_word(word):
    assert parse_command(f"{word} this thing").task is Task(word)
    assert parse_command(word, "body\n").text == "body"
    assert parse_command(f"-c none {word}", "body\n").task is Task(word)


@pytest.mark.parametrize("word", list(SUBCOMMANDS))
def test_every_subcommand_by_its_word(word):
    command = parse_command(word)
    assert command.task is None
    assert command.word == word


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("statsu", "did you mean status"),
        ("modles", "did you mean models"),
        ("docotr", "did you mean doctor"),
        ("pul devstral-small-2", "did you mean pull"),
        ("ask --modle x y", "did you mean --model"),
        ("-contxt above y", "did you mean --context"),
        ("-c abve y", "did you mean above"),
        ("--seed many y", "--seed: invalid int value: 'many'"),
        ("-m", "-m needs a value"),
        ("-o 2b y", "not a variable name"),
        ("-v class y", "not a variable name"),
        ("--num-ctx 0 y", "greater than 0"),
        ("status of the house", "%devstral write status"),
        ("model a b", "takes one name"),
        ("ask", "needs a prompt"),
        ("edit -c none", "needs a prompt"),
    ],
)
def test_mistakes_get_one_line_of_advice(line, expected):
    with pytest.raises(UsageError) as caught:
        parse_command(line)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_subcommand_has_no_body():
    with pytest.raises(UsageError, match="line magic"):
        parse_command("status", "text\n")


def test_pytest_takes_the_cell_as_it_is():
    assert parse_command("pytest", "def test_it():\n    assert 1\n").text == "def test_it():\n    assert 1\n"
    with pytest.raises(UsageError, match="line magic"):
        parse_command("pytest now", "def test_it(): pass\n")


@pytest.mark.parametrize("prompt", ["-5 degrees", "-> int", "- a list", "plot"])
def test_what_only_looks_like_an_option_is_prompt(prompt):
    assert parse_command(prompt).text == prompt


def test_help_names_everything():
    text = help_text()
    for word in (*TASKS, *SUBCOMMANDS, *(flag for option in OPTIONS for flag in option.flags)):
        assert word in text


@pytest.mark.parametrize("quote", ['"', "'"])
def test_quotes_around_an_options_value_are_no_part_of_it(quote):
    options = f"--model={quote}a model{quote} -c {quote}none{quote} -o {quote}reply{quote}"
    command = parse_command(f"ask {options} what is {quote}x{quote}?")
    assert (command.model, command.context, command.output) == ("a model", "none", "reply")
    assert command.text == f"what is {quote}x{quote}?"
    assert parse_command(f"model {quote}tiny{quote}").text == "tiny"


@pytest.mark.parametrize("value", ['"tiny', "ti'ny", '"ti"ny', 'tiny"'])
def test_quotes_that_do_not_enclose_a_value_are_part_of_it(value):
    assert parse_command(f"ask -m {value} hello").model == value
