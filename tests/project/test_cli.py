"""The command line, run as its users run it."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click import Context
from click.shell_completion import get_completion_class
from click.testing import Result

from tests.conftest import rows
from tests.support.commands import program, run
from thep_forms import __version__
from thep_forms.cli import main
from thep_forms.definition import shipped

SAMPLES = shipped("samples")
COMMANDS = main.list_commands(Context(main))


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_has_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"Example:  thep-forms {command}" in result.output


def test_list_of_commands_has_the_first_sentence_of_the_help_of_each() -> None:
    """The list is written without the commands."""
    group = Context(main, terminal_width=200)
    listed = main.get_help(group).partition("Commands:\n")[2].splitlines()
    commands = [(name, main.get_command(group, name)) for name in COMMANDS]
    assert [line.split(maxsplit=1) for line in listed] == [
        [name, command.get_short_help_str(200)] for name, command in commands if command
    ]
    assert len(listed) == len(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_names_every_command(command: str) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert f"thep-forms {command}" in readme


def test_the_version_option_prints_the_version() -> None:
    assert __version__ in run("--version").output


def test_generate_writes_a_form_and_prints_its_path_to_stdout(tmp_path: Path) -> None:
    result = run("generate", "2026/27", "-o", tmp_path / "forms")
    path = tmp_path / "forms" / "2026-27 School Membership Form.pdf"
    assert result.stdout == f"{path}\n"
    assert path.read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize("year", ["2026-28", "banana", ""])
def test_text_that_is_not_a_year_is_refused_in_one_line(tmp_path: Path, year: str) -> None:
    result = run("generate", year, "-o", tmp_path / "forms")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "2026-27" in result.stderr
    assert not (tmp_path / "forms").exists()


@pytest.mark.parametrize(
    ("command", "what_is_wrong"),
    [
        (["correct"], "RETURN_ID is missing."),
        (["correct", "0123456789abcdef", "main_contact_name=Ann Lee", "-o", "."], "--why is missing."),
        (["ingest", "--workers", "x", "."], "--workers: x is not allowed."),
        (["ingest", "--quickly"], "No such option '--quickly'."),
        (["sort"], "No such command 'sort'."),
        (["--quickly"], "No such option '--quickly'."),
    ],
)
def test_a_command_that_is_typed_wrongly_is_refused_in_one_line(command: list[str], what_is_wrong: str) -> None:
    result = run(*command)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert what_is_wrong in result.stderr
    assert "--help" in result.stderr


@pytest.mark.parametrize("command", [["print"], ["report", "--records", "records", "--schools", "theirs.csv"]])
def test_a_file_of_another_kind_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("theirs.csv").write_bytes((SAMPLES / "schools.csv").read_bytes())
    run("ingest", SAMPLES / "returns" / "Ivy Lane.pdf", "-o", "records")
    name, *options = command
    result = run(name, "2026-27", "-o", "theirs.csv", *options)
    assert (result.exit_code, "theirs.csv already exists" in result.stderr) == (2, True)
    assert Path("theirs.csv").read_bytes() == (SAMPLES / "schools.csv").read_bytes()
    assert [run(name, "2026-27", "-o", "ours", *options).exit_code for _ in range(2)] == [0, 0]


@pytest.mark.parametrize("workers", ["0", "four", "300"])
def test_an_invalid_number_is_refused_with_the_valid_range(tmp_path: Path, workers: str) -> None:
    result = run("ingest", SAMPLES, "-o", tmp_path / "records", "--workers", workers)
    assert (result.exit_code, f"{workers} is not allowed. Enter a whole number from 1 to 256." in result.stderr) == (
        2,
        True,
    )


def test_ingest_without_a_terminal_for_the_password_reads_nothing(tmp_path: Path) -> None:
    result = run("ingest", SAMPLES, "-o", tmp_path / "records", "--password")
    assert (result.exit_code, "--password-file" in result.stderr) == (2, True)
    assert not (tmp_path / "records").exists()


def test_ingest_lists_the_returns_of_this_run_first(tmp_path: Path) -> None:
    before, now = (SAMPLES / "returns" / name for name in ("Juniper blank.pdf", "Kestrel.pdf"))
    assert "From earlier runs" not in run("ingest", before, "-o", tmp_path / "records").stderr
    lines = run("ingest", before, now, "-o", tmp_path / "records").stderr.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("2 files need you."))
    first, _, _, heading, second, *_ = lines[start + 1 :]
    assert (first, heading, second) == ("  Kestrel.pdf", "From earlier runs:", "  Juniper blank.pdf")
    assert "From earlier runs" not in run("ingest", before, "-o", tmp_path / "records").stderr  # nothing is new


def test_ingest_says_for_each_return_whose_it_is_what_is_wrong_and_which_command_settles_it(
    tmp_path: Path, filled: Callable[..., bytes]
) -> None:
    records = tmp_path / "records"
    forms = {
        "faulty": filled("2103", main_contact_email="jo@elm"),
        "jo": filled(),
        "kit": filled(main_contact_name="K"),
    }
    paths = []
    for name, pdf in forms.items():
        paths.append(tmp_path / f"{name}.pdf")
        paths[-1].write_bytes(pdf)
    lines = run("ingest", *paths, "-o", records).stderr.splitlines()
    ids = {row["source"]: row["return_id"] for row in rows(records / "returns.csv")}
    conflict = "different forms came, and no date says which is later: choose one"
    assert lines[-10:] == [
        "  211/2101 Cedar Primary School: jo.pdf",
        f"      {conflict}",
        f"      thep-forms prefer {ids['jo.pdf']} -o {records}",
        "  211/2101 Cedar Primary School: kit.pdf",
        f"      {conflict}",
        f"      thep-forms prefer {ids['kit.pdf']} -o {records}",
        "  211/2103 Elm Tree Primary School: faulty.pdf",
        "      Details of Main Contact for all mailings: Email: not an email address",
        f"      thep-forms correct {ids['faulty.pdf']} main_contact_email=… -o {records} --why …",
        f"You can do all this in your browser, too: thep-forms desk -o {records}",
    ]


@pytest.fixture(scope="module")
def records_of_two_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of a sample that is accepted, and then of all samples."""
    records = tmp_path_factory.mktemp("two") / "records"
    assert run("ingest", SAMPLES / "returns" / "Ivy Lane.pdf", "-o", records).exit_code == 0
    return records


@pytest.fixture(scope="module")
def second_run(records_of_two_runs: Path) -> Result:
    """The run that made the records."""
    return run("ingest", SAMPLES / "returns", "-o", records_of_two_runs)


def test_the_exit_code_of_ingest_says_whether_all_returns_were_accepted(second_run: Result) -> None:
    result = second_run
    assert result.exit_code == 1
    assert result.stdout == ""
    for words in (
        "17 files",
        "16 of them new",
        "7  accepted",
        "Gladstone mistyped email.pdf",
        "Email: not an email address",
    ):
        assert words in result.stderr


def test_the_output_of_ingest_holds_no_value_of_a_form(second_run: Result, records_of_two_runs: Path) -> None:
    contacts = rows(records_of_two_runs / "contacts.csv")
    assert contacts
    for row in contacts:
        for value in (row["name"], row["email"], row["telephone"]):
            assert not value or value not in second_run.output


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["ingest", "no-such-folder", "-o", "{records}"], "There is no file or folder no-such-folder"),
        (["ingest", "{inbox}", "-o", "{file}"], "is a file. Choose a folder"),
        (["ingest", "{inbox}", "-o", "{records}", "--schools", "nothing.csv"], "nothing.csv cannot be read"),
        (["prefer", "0123", "-o", "{records}"], "holds no records"),
        (["ingest", "{inbox}"], "-o / --records is missing"),
        (["generate", "2026-27", "--templates", "nowhere"], "nowhere"),
    ],
)
def test_wrong_usage_is_reported_in_one_line_and_writes_nothing(
    tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "inbox").mkdir()
    places = {name: str(tmp_path / name) for name in ("records", "file", "inbox")}
    result = run(*(argument.format(**places) for argument in arguments))
    assert result.exit_code == 2
    assert complaint in result.stderr
    assert "Traceback" not in result.output
    assert not (tmp_path / "records").exists()


def test_a_file_that_is_not_a_ledger_is_reported_and_not_changed(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"not a database, but somebody's file" * 100)
    result = run("ingest", SAMPLES / "returns", "-o", tmp_path)
    assert result.exit_code == 2
    assert "is not a ledger" in result.stderr
    assert (tmp_path / "ledger.sqlite").read_bytes().startswith(b"not a database")


def test_control_characters_in_a_file_name_do_not_reach_the_terminal(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a\x1b[2Jb\nc.txt").write_text("x", encoding="utf-8")
    result = run("ingest", inbox, "-o", tmp_path / "records")
    assert "\x1b" not in result.output
    assert len(rows(tmp_path / "records" / "returns.csv")) == 1


def test_the_demo_writes_a_form_and_records(tmp_path: Path) -> None:
    result = run("demo", "-o", tmp_path / "demo")
    assert result.exit_code == 0
    shown = [Path(line.strip()) for line in result.stderr.splitlines() if line.strip().startswith("/")]
    assert len(shown) == 7
    assert all(path.exists() for path in shown)


def on_a_terminal(arguments: list[str]) -> bytes:
    ours, theirs = pty.openpty()
    with subprocess.Popen(program(*arguments), stderr=theirs) as process:
        os.close(theirs)
        output = b""
        while True:
            try:
                output += os.read(ours, 65536)
            except OSError:  # how Linux says that the other side is closed
                break
        process.wait()
    os.close(ours)
    return output


def test_progress_is_shown_on_a_terminal_and_not_in_a_pipe(tmp_path: Path) -> None:
    paths = [str(SAMPLES / "returns" / name) for name in ("Ivy Lane.pdf", "Harbour.pdf")]
    arguments = ["ingest", *paths, "-o", str(tmp_path / "records")]
    assert b"Reading" in on_a_terminal(arguments)
    assert "Reading" not in run(*arguments).output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete_the_commands(shell: str) -> None:
    completion: Callable[..., object] | None = get_completion_class(shell)
    assert completion
    completer = completion(main, {}, "thep-forms", "_THEP_FORMS_COMPLETE")
    assert "ingest" in {item.value for item in completer.get_completions([], "ing")}
