"""The documentation names everything that the program has, and nothing that it lacks."""

from __future__ import annotations

import csv
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from markdown.extensions.toc import slugify  # MkDocs brings it, and makes the anchors of headings with it

from tests.remake_command_reference import PATH as REFERENCE
from tests.remake_command_reference import command_reference
from tests.support.commands import run
from tests.support.pages import ROOT, first_column, named, section, table
from thep_forms.cli import main
from thep_forms.deciding import Verdict
from thep_forms.definition import load_definition, shipped
from thep_forms.definition.model import ProblemCode
from thep_forms.office.schools.school_status import Standing
from thep_forms.reading import ReadFrom

DOCS = ROOT / "docs"
README = ROOT / "README.md"
OFFICE, ADMINISTRATORS, RECORDS = DOCS / "office.md", DOCS / "administrators.md", DOCS / "records.md"
FORM, ARCHITECTURE = DOCS / "form.md", DOCS / "architecture.md"
GUIDES = (DOCS / "desk.md", OFFICE, ADMINISTRATORS, FORM)
PAGES = sorted(DOCS.rglob("*.md"))
PROJECT_PAGES = [README, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", ROOT / "CHANGELOG.md"]
LONGEST_README = 150  # lines

GROUP = main.make_context("thep-forms", ["demo"], resilient_parsing=True)  # with the settings that its commands inherit
COMMANDS = main.list_commands(GROUP)


# --- reading the pages ---------------------------------------------------------------------------------------------


def fenced(page: Path, language: str) -> list[str]:
    """The blocks of code of a language, in their order. `sh tests` is a language of its own."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def without_code(page: Path) -> str:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", text)


# --- commands ------------------------------------------------------------------------------------------------------


def command_named(name: str) -> click.Command:
    command = main.get_command(GROUP, name)
    assert command, f"there is no command {name}"
    return command


def options(name: str) -> list[click.Option]:
    return [parameter for parameter in command_named(name).params if isinstance(parameter, click.Option)]


def test_command_reference_compared_with_help_is_current() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == command_reference(), "run python -m tests.remake_command_reference"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_in_the_office_guide(name: str) -> None:
    assert f"thep-forms {name}" in OFFICE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_explained_in_a_guide(name: str) -> None:
    guides = "\n".join(page.read_text(encoding="utf-8") for page in GUIDES)
    mentioned = {word for code in re.findall(r"`([^`\n]+)`", guides) for word in code.split()}
    missing = {spelling for option in options(name) for spelling in option.opts} - mentioned
    assert not missing


def test_every_environment_variable_is_in_the_administrators_guide() -> None:
    variables = {str(option.envvar) for name in COMMANDS for option in options(name) if option.envvar}
    assert variables
    assert variables <= set(re.findall(r"`([A-Z_]+)`", ADMINISTRATORS.read_text(encoding="utf-8")))


class Example(NamedTuple):
    page: Path
    line: str


def examples() -> Iterator[Example]:
    for page in [*PROJECT_PAGES, *PAGES]:
        for block in fenced(page, "sh"):
            yield from (Example(page, line) for line in block.splitlines() if line.startswith("thep-forms"))


@pytest.mark.parametrize("example", list(examples()), ids=lambda example: f"{example.page.stem}: {example.line[:60]}")
def test_every_example_uses_a_command_and_options_that_exist(example: Example) -> None:
    before_redirection = example.line.partition(">")[0]
    _, name, *arguments = shlex.split(before_redirection)
    command = command_named(name)
    context = click.Context(command, parent=GROUP, info_name=name)
    _, left_over, _ = command.make_parser(context).parse_args(arguments)  # raises for an option that there is not
    assert not left_over


# --- verdicts, statuses, problems, tables ----------------------------------------------------------------------------


def test_every_verdict_has_a_row_in_the_office_guide() -> None:
    assert first_column(section(OFFICE, "## Verdicts"), "Verdict") == list(Verdict)


def test_every_standing_has_a_row_in_the_office_guide_in_the_order_of_status() -> None:
    assert first_column(section(OFFICE, "## See who has returned the form"), "Status") == list(Standing)


def test_every_problem_code_has_a_row_with_its_severity() -> None:
    rows = table(section(RECORDS, "## Problem codes"), "Code")
    shipped_problems = load_definition("2026-27").problems
    assert {code for code, *_ in rows} == set(ProblemCode)
    assert {code: severity for code, severity, *_ in rows} == {
        code: problem.severity for code, problem in shipped_problems.items()
    }


def test_every_way_of_reading_has_a_row() -> None:
    assert first_column(section(RECORDS, "## How a return was read"), "`read_from`") == list(ReadFrom)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documented") / "records"
    assert run("ingest", shipped("samples") / "returns" / "Ivy Lane.pdf", "-o", folder).exit_code == 0
    return folder


def test_every_table_and_column_is_documented_in_order(records: Path) -> None:
    package = json.loads((records / "datapackage.json").read_text(encoding="utf-8"))
    columns = {
        resource["path"]: [column["name"] for column in resource["schema"]["fields"]]
        for resource in package["resources"]
    }
    headings = re.findall(r"^### (.+\.csv)$", RECORDS.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == list(columns)
    documented = {name: first_column(section(RECORDS, f"### {name}"), "Column") for name in headings}
    assert documented == columns


def test_every_file_of_the_records_is_in_the_office_guide(records: Path) -> None:
    documented = first_column(section(OFFICE, "## Look at the records"), "File")
    assert sorted(name.rstrip("/") for name in documented) == sorted(path.name for path in records.iterdir())


def test_every_column_of_the_table_of_statuses_is_documented(records: Path) -> None:
    printed = run("status", "2026-27", "-o", records, "--schools", shipped("samples") / "schools.csv", "--csv").stdout
    documented = first_column(section(RECORDS, "## The table of statuses"), "Column")
    assert documented == next(csv.reader(printed.splitlines()))


def test_every_column_of_the_mailing_list_is_documented(records: Path) -> None:
    printed = run("mailing-list", "2026-27", "-o", records).stdout
    documented = first_column(section(RECORDS, "## The mailing list"), "Column")
    assert documented == next(csv.reader(printed.splitlines()))


def test_every_template_is_in_the_guide_to_the_form() -> None:
    documented = set(re.findall(r"`([\w.-]+\.(?:toml|j2))`", section(FORM, "## The templates")))
    assert documented == {path.name for path in shipped("templates").iterdir() if path.is_file()}


# --- the README ------------------------------------------------------------------------------------------------------


def test_readme_is_short_enough_to_be_read_at_once() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= LONGEST_README


def test_readme_has_the_two_commands_that_ci_runs_on_a_line_each() -> None:
    names = re.findall(r"^```sh (.+)$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert names == ["main-job", "tests"]
    for name in names:
        (block,) = fenced(README, f"sh {name}")
        assert len(block.splitlines()) == 1


def test_python_example_run_as_it_stands_prints_what_the_page_says(tmp_path: Path) -> None:
    page = DOCS / "python.md"
    (example,) = fenced(page, "python")
    result = subprocess.run([sys.executable, "-c", example], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert result.stdout == "66 boxes; blank\n"
    assert f"It prints `{result.stdout.strip()}`" in page.read_text(encoding="utf-8")


# --- links -----------------------------------------------------------------------------------------------------------


def links(page: Path) -> Iterator[str]:
    """The targets of the links and pictures of a page that lead to files of the repository."""
    text = without_code(page)
    for target in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'<img src="([^"]+)"', text):
        if not re.match(r"[a-z]+:", target):
            yield target


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {slugify(heading.replace("`", ""), "-") for heading in headings}


@pytest.mark.parametrize("page", [*PROJECT_PAGES, *PAGES], ids=named)
def test_every_link_and_picture_leads_somewhere(page: Path) -> None:
    for target in links(page):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.is_file(), target
        assert not anchor or anchor in anchors(file), target


def test_website_built_in_strict_mode_has_no_warning_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    result = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "WARNING" not in result.stderr
    built = sorted((tmp_path / "site").rglob("*.html"))
    assert len(built) > len(PAGES)  # one for each page, and those of the theme
    for page in built:
        elements = re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", page.read_text(encoding="utf-8"))
        assert elements
        assert not [element for element in elements if re.search(r"""(?:src|href)=["'](?:https?:)?//""", element)]
    for style in sorted((tmp_path / "site").rglob("*.css")):
        assert not re.search(r"url\(\W?(?:https?:)?//|@import", style.read_text(encoding="utf-8")), style.name


# --- the workflows ---------------------------------------------------------------------------------------------------


def test_workflow_of_the_tests_names_three_systems_and_every_supported_python() -> None:
    import yaml  # MkDocs brings it, and nothing else needs it

    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8"))
    jobs = workflow["jobs"].values()
    systems = {system for job in jobs for system in job["strategy"]["matrix"].get("system", [job["runs-on"]])}
    assert {system.partition("-")[0] for system in systems} == {"ubuntu", "macos", "windows"}
    pythons = {str(python) for job in jobs for python in job["strategy"]["matrix"]["python"]}
    assert pythons == {"3.11", "3.12", "3.13"}
