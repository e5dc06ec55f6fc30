"""Commands by which a person finishes what came: `correct`, `confirm`, `enter`, `assign`, `close` and so on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from thep_forms.cli.options import existing_records_option, parse_year, templates_option, year_argument
from thep_forms.cli.output import count_of, message, printable, school_name

if TYPE_CHECKING:
    from thep_forms.definition import Definitions, MembershipYear
    from thep_forms.office.decisions.deciding import Decided

F = TypeVar("F", bound=Callable[..., Any])

by_option = click.option("--by", "who", metavar="NAME", default="", help="Who decides, if not you.")
MOST_LEFT = 10  # things that a return has left, in one message


def why_option(*, required: bool) -> Callable[[F], F]:
    """The option `--why`: the reason of a decision."""
    help_text = "Why, such as “rang on 12 January”. The records keep it."
    if required:
        return click.option("--why", metavar="TEXT", required=True, callback=_reason, help=help_text)
    return click.option("--why", metavar="TEXT", default="", help=help_text)


def _reason(_: click.Context, __: click.Parameter, text: str) -> str:
    """The reason that was typed. Fails, in words, where there is none."""
    if not text.strip(" .…"):
        raise click.BadParameter("say why, in a few words")
    return text


def _definitions(templates: Path | None, records: Path) -> Definitions:
    from thep_forms.definition import Definitions

    return Definitions.of_today(templates, records)


@click.command()
@click.argument("return_id")
@existing_records_option
@why_option(required=False)
@by_option
@templates_option
def prefer(return_id: str, records: Path, why: str, who: str, templates: Path | None) -> None:
    """Say which of a school's returns counts.

    RETURN_ID is the return that counts over the school's others. It is in the column return_id of returns.csv.

    \b
    Example:  thep-forms prefer 0123456789abcdef -o records-2026-27
    """
    from thep_forms.office.decisions.prefer import prefer as prefer_return

    decided = prefer_return(records, return_id, _definitions(templates, records), why, who)
    source = decided.returned.source if decided.returned else return_id
    message(f"{_school(decided)}: the form {printable(source)} now counts over the school's other forms.")
    _print_outcome(decided, records)


@click.command()
@click.argument("return_id")
@click.argument("answers", nargs=-1, required=True, metavar="FIELD=ANSWER...")
@existing_records_option
@why_option(required=True)
@by_option
@templates_option
def correct(
    return_id: str, answers: tuple[str, ...], records: Path, why: str, who: str, templates: Path | None
) -> None:
    """Correct answers of a return.

    FIELD is a name from the column field of values.csv, or the label on the form. The new answer is checked as if the
    school had typed it. What came in stays in the column raw of values.csv. An empty ANSWER empties the field.

    \b
    Example:  thep-forms correct 0123456789abcdef headteacher_name="Ann Lee" -o records-2026-27 --why "rang 12 Jan"
    """
    from thep_forms.office.decisions.correct import correct as correct_return

    decided = correct_return(records, return_id, answers, why, _definitions(templates, records), who)
    message(f"{_school(decided)}: {count_of(len(decided.numbers), 'answer')} corrected.")
    _print_outcome(decided, records)


@click.command()
@click.argument("return_id")
@click.argument("fields", nargs=-1, metavar="[FIELD]...")
@existing_records_option
@why_option(required=False)
@by_option
@templates_option
def confirm(return_id: str, fields: tuple[str, ...], records: Path, why: str, who: str, templates: Path | None) -> None:
    """Confirm what a return was asked about.

    Without a FIELD, all its queries are confirmed: the answers are right as they are. So is all that was read from a
    picture, once you have compared it with the page. For a copy that came back unchanged it means that nothing has
    changed. Another error has to be corrected instead: see thep-forms correct.

    \b
    Example:  thep-forms confirm 0123456789abcdef -o records-2026-27 --why "nothing has changed, says the school"
    """
    from thep_forms.office.decisions.confirm import confirm as confirm_return

    decided = confirm_return(records, return_id, fields, why, _definitions(templates, records), who)
    message(f"{_school(decided)}: {count_of(len(decided.numbers), 'question')} confirmed.")
    _print_outcome(decided, records)


@click.command()
@click.argument("school", metavar="DFE_NUMBER")
@year_argument
@click.argument("answers", nargs=-1, metavar="[FIELD=ANSWER]...")
@click.option("--unchanged", is_flag=True, help="The school says that nothing has changed.")
@existing_records_option
@why_option(required=True)
@by_option
@templates_option
def enter(
    school: str,
    year: MembershipYear,
    answers: tuple[str, ...],
    unchanged: bool,
    records: Path,
    why: str,
    who: str,
    templates: Path | None,
) -> None:
    """Enter the answers of a school that came without a form: by telephone, letter or e-mail.

    The program takes the last known answers of the school, and changes those that you give. What you enter counts over
    everything that came from the school for the year until now. A field goes by its name or label: see thep-forms
    correct.

    \b
    Example:  thep-forms enter 211/2101 2026-27 headteacher_name="Ann Lee" -o records-2026-27 --why "rang 12 Jan"
    Example:  thep-forms enter 211/2102 2026-27 --unchanged -o records-2026-27 --why "e-mail of 8 May"
    """
    from thep_forms.office.decisions.enter import enter as enter_answers

    decided = enter_answers(
        records, school, year, answers, why, _definitions(templates, records), who, unchanged=unchanged
    )
    number = decided.returned.return_id if decided.returned else ""
    message(f"{_school(decided)}: its answers for {year} are entered, as the return {number}.")
    _print_outcome(decided, records)


@click.command()
@click.argument("return_id")
@click.option("--school", metavar="DFE_NUMBER", help="The school that it belongs to, such as 211/1234.")
@click.option("--year", metavar="YEAR", type=parse_year, help="The membership year that it is of.")
@existing_records_option
@why_option(required=True)
@by_option
@templates_option
def assign(
    return_id: str,
    school: str | None,
    year: MembershipYear | None,
    records: Path,
    why: str,
    who: str,
    templates: Path | None,
) -> None:
    """Say whose a return is, or of which year.

    A file that cannot be read then counts as an answer of that school, which somebody has to look at. A page that
    was read with another form is taken off it.

    \b
    Example:  thep-forms assign 0123456789abcdef --school 211/2101 -o records-2026-27 --why "their letterhead"
    """
    from thep_forms.office.decisions.assign import assign as assign_return

    decided = assign_return(records, return_id, school, year, why, _definitions(templates, records), who)
    of_year = f", of {year}" if year else ""
    message(f"The return {printable(return_id)} is now that of {_school(decided)}{of_year}.")
    _print_outcome(decided, records)


@click.command()
@click.argument("return_ids", nargs=-1, required=True, metavar="RETURN_ID...")
@existing_records_option
@why_option(required=True)
@by_option
@templates_option
def close(return_ids: tuple[str, ...], records: Path, why: str, who: str, templates: Path | None) -> None:
    """Say of returns that they are dealt with.

    No list shows them again, but returns.csv keeps their rows.

    \b
    Example:  thep-forms close 0123456789abcdef -o records-2026-27 --why "a newsletter"
    """
    from thep_forms.office.decisions.assign import close as close_returns

    outcomes = close_returns(records, return_ids, why, _definitions(templates, records), who)
    numbers = [number for decided in outcomes for number in decided.numbers]
    message(f"{count_of(len(outcomes), 'file')} closed.")
    _print_undo(numbers, records)


@click.command()
@click.argument("school", metavar="DFE_NUMBER")
@click.argument("text", required=False)
@existing_records_option
@click.option("--on-paper", metavar="YEAR", type=parse_year, help="It was given the form of this year on paper.")
@click.option("--number-before", metavar="DFE_NUMBER", help="The DfE number that it had before.")
@by_option
@templates_option
def note(
    school: str,
    text: str | None,
    records: Path,
    on_paper: MembershipYear | None,
    number_before: str | None,
    who: str,
    templates: Path | None,
) -> None:
    """Note something about a school.

    The command history shows it. A school that was given the form on paper counts as sent the form. Of a school with a
    new DfE number, copies of the form say what is known under the number before.

    \b
    Example:  thep-forms note 211/2101 "Ring after 3 pm only" -o records-2026-27
              thep-forms note 211/2101 --on-paper 2026-27 -o records-2026-27
              thep-forms note 211/2150 --number-before 211/2103 -o records-2026-27
    """
    from thep_forms.office.decisions import notes

    if sum(given is not None for given in (text, on_paper, number_before)) != 1:
        raise click.UsageError("Give one thing to note: a TEXT, or --on-paper, or --number-before.")
    definitions = _definitions(templates, records)
    if on_paper:
        (decided,) = notes.note_on_paper(records, on_paper, [school], definitions, who)
    elif number_before is not None:
        decided = notes.note_number_before(records, school, number_before, definitions, who)
    else:
        decided = notes.note(records, school, text or "", definitions, who)
    message(f"{_school(decided)}: noted.")
    _print_undo(decided.numbers, records)


@click.command()
@click.argument("decisions", nargs=-1, required=True, metavar="DECISION_ID...", type=int)
@existing_records_option
@why_option(required=False)
@by_option
@templates_option
def undo(decisions: tuple[int, ...], records: Path, why: str, who: str, templates: Path | None) -> None:
    """Take back decisions.

    DECISION_ID is in the column decision_id of decisions.csv, which keeps the decision and who undid it. To take back
    an undo, undo it.

    \b
    Example:  thep-forms undo 12 -o records-2026-27
    """
    from thep_forms.office.decisions.undo import undo as undo_decisions

    undone = undo_decisions(records, decisions, why, _definitions(templates, records), who)
    message(f"{count_of(len(undone.decisions), 'decision')} undone.")
    for decided in undone.outcomes:
        message(f"{_school(decided)}:")
        _print_state(decided)
    _print_undo(undone.numbers, records)


@click.command()
@click.argument("subject", metavar="DFE_NUMBER|RETURN_ID")
@existing_records_option
@templates_option
def history(subject: str, records: Path, templates: Path | None) -> None:
    """Tell the story of a school or of a return.

    It says in order what was sent, what came, what became of it, and what was decided, by whom and why.

    \b
    Example:  thep-forms history 211/2101 -o records-2026-27
    """
    from thep_forms.office.display.history import history as history_of

    for event in history_of(records, subject, _definitions(templates, records)):
        click.echo(printable(f"{event.day:>17} {event.time:5}  {event.words}"))


def _school(decided: Decided) -> str:
    if not decided.dfe_number:
        return "A file of an unknown school"
    return school_name(decided.dfe_number, decided.school_name)


def _print_outcome(decided: Decided, records: Path) -> None:
    for line in decided.notes:
        message(printable(line))
    _print_state(decided)
    _print_undo(decided.numbers, records)


def _print_state(decided: Decided) -> None:
    """Print what became of the return, and what it has left."""
    from thep_forms.deciding import Verdict

    if decided.superseded_by:
        message(
            f"Another return of the school counts, {decided.superseded_by}, so the tables of schools stay as they are."
        )
    elif decided.verdict is Verdict.ACCEPTED:
        asked = ", and it has queries left:" if decided.problems else "."
        message(f"It is accepted: its answers are in the tables{asked}")
    elif decided.verdict is Verdict.CLOSED and decided.is_entered:
        message("What the office had entered no longer counts.")
    elif decided.verdict is Verdict.CLOSED:
        message("It is closed.")
    elif decided.verdict:
        message("It still needs you:")
    for words in decided.left[:MOST_LEFT]:
        message(f"  {printable(words[:1].upper() + words[1:])}")
    if len(decided.left) > MOST_LEFT:
        message(f"  and {len(decided.left) - MOST_LEFT} more: see problems.csv")


def _print_undo(numbers: Sequence[int], records: Path) -> None:
    words = " ".join(map(str, numbers))
    message(f"To take this back: thep-forms undo {words} -o {records}")
