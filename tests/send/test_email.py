"""E-mails to the schools: their content and their recipients."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser, Parser
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import edit, read_return
from tests.support.commands import run
from tests.support.mailserver import MailServer
from tests.support.writing import CEDAR, DEFINITION, ELM, IVY, SCHOOLS, TEMPLATES, email, form_in, send
from thep_forms.definition import FormDefinition, MembershipYear
from thep_forms.office.dates import in_words, today
from thep_forms.send import OutgoingMessage, make_draft, make_email


def parsed(data: bytes) -> EmailMessage:
    return BytesParser(_class=EmailMessage, policy=default).parsebytes(data)


def body(of: EmailMessage, kind: str) -> str:
    part = of.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


class _Words(HTMLParser):
    """What a page shows below its head."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self.feed(page.partition("</head>")[2])

    def handle_starttag(self, tag: str, _: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def words(self) -> list[str]:
        return self.text.split()


# --- the message to a school ----------------------------------------------------------------------------------------


def with_date(templates: Path, day: date) -> Path:
    """The templates with another day by which forms are to be back."""
    edit(templates / "partnership.toml", '"31 May"', f'"{day.day} {day:%B}"')
    return templates


def test_email_says_so_if_its_date_is_not_the_one_on_the_form(schools: Path, records: Path, templates: Path) -> None:
    soon = today() + timedelta(days=5)
    year, due = MembershipYear(soon.year), in_words(today() + timedelta(days=28))
    options = ("--templates", with_date(templates, soon), "--dry-run")
    result = run("email", year, "--schools", schools, "-o", records, *options)
    assert f"by {due};" in " ".join(result.stdout.split())
    assert (
        f"The e-mail asks for the form by {due}, but the form itself says {in_words(soon)}. "
        "Change return_by in templates/partnership.toml and install the program again."
    ) in result.stderr.splitlines()


def test_email_says_nothing_of_dates_that_agree(schools: Path, records: Path, templates: Path) -> None:
    later = today() + timedelta(days=60)
    options = ("--templates", with_date(templates, later), "--dry-run")
    result = run("email", MembershipYear(later.year), "--schools", schools, "-o", records, *options)
    assert f"by {in_words(later)};" in " ".join(result.stdout.split())
    assert "return_by" not in result.stderr


@pytest.mark.parametrize("command", ["generate", "print", "email"])
def test_day_on_the_form_that_has_passed_is_warned_of(
    schools: Path, tmp_path: Path, templates: Path, command: str
) -> None:
    past = today() - timedelta(days=5)
    out = {"generate": tmp_path / "forms", "print": tmp_path / "pack.pdf", "email": tmp_path / "records"}[command]
    options = ("--schools", schools, "--dry-run") if command == "email" else ()
    year, templates = MembershipYear(past.year), with_date(templates, past)
    result = run(command, year, "-o", out, "--templates", templates, *options)
    assert f"{in_words(past)}, which has passed." in result.stderr


def test_form_that_names_no_day_is_not_warned_of(tmp_path: Path) -> None:
    result = run("generate", "2017-18", "-o", tmp_path)
    assert "has passed" not in result.stderr


def test_a_dry_run_shows_the_messages_and_writes_nothing(schools: Path, records: Path) -> None:
    result = email(schools, records, "--dry-run", "--only", "211/2101", "--only", "4242")
    lines = result.stderr.splitlines()
    assert (result.exit_code, lines[0]) == (0, "2 messages. Nothing was sent.")
    assert "membership@thepartnership.example, which is an example" in lines[1]  # nobody has edited the template
    assert result.stdout.count("Dear colleagues,") == 2
    for line in (
        "From: THE Partnership <membership@thepartnership.example>",
        f"To: {CEDAR}",
        "Subject: THE Partnership: School Membership Form 2026-27, Cedar Primary School",
    ):
        assert line in result.stdout.splitlines()
    assert "Attached: 2026-27 211-2101 Cedar Primary School.pdf (" in result.stdout
    assert not records.exists()
    records.mkdir()
    assert email(schools, records, "--dry-run").exit_code == 0
    assert list(records.iterdir()) == []


def test_a_dry_run_leaves_out_schools_that_have_their_form(schools: Path, records: Path, tmp_path: Path) -> None:
    email(schools, records, "--drafts", tmp_path / "drafts", "--only", "2101")
    before = (records / "ledger.sqlite").read_bytes()
    assert email(schools, records, "--dry-run").stdout.count("Dear colleagues,") == 2
    assert (records / "ledger.sqlite").read_bytes() == before


def test_a_draft_holds_the_letter_as_text_and_html_and_the_schools_own_form(
    schools: Path, records: Path, tmp_path: Path, definition: FormDefinition
) -> None:
    result = email(schools, records, "--drafts", tmp_path / "drafts")
    assert result.exit_code == 0, result.output
    paths = [Path(line) for line in result.stdout.splitlines()]
    assert [path.name for path in paths] == [
        "2026-27 211-2101 Cedar Primary School.eml",
        "2026-27 211-2103 Elm Tree Primary School.eml",
        "2026-27 211-4242 Ivy Lane School.eml",
    ]
    draft = parsed(paths[0].read_bytes())
    assert (draft["To"], draft["From"]) == (CEDAR, "THE Partnership <membership@thepartnership.example>")
    assert draft["Subject"] == "THE Partnership: School Membership Form 2026-27, Cedar Primary School"
    assert "membership@thepartnership.example by" in " ".join(body(draft, "plain").split())
    assert _Words(body(draft, "html")).words == re.sub(r"(?m)^(\d\.|•) ", "", body(draft, "plain")).split()
    name, pdf = form_in(draft)
    assert name == "2026-27 211-2101 Cedar Primary School.pdf"
    reading = read_return(pdf, definition)
    assert reading.form_id.startswith("thep-membership 2026-27 r1 211/2101 ")
    assert reading.answers["school_name"].text == "Cedar Primary School"


def test_drafts_open_as_drafts_and_only_their_owner_can_read_them(schools: Path, records: Path, tmp_path: Path) -> None:
    email(schools, records, "--drafts", tmp_path / "drafts")
    for path in (tmp_path / "drafts").iterdir():
        draft = parsed(path.read_bytes())
        assert (draft["X-Unsent"], draft["X-Uniform-Type-Identifier"]) == ("1", "com.apple.mail-draft")
        assert {"Date", "Message-ID", "Bcc"}.isdisjoint(draft.keys())
    assert {path.stat().st_mode & 0o077 for path in [tmp_path / "drafts", *(tmp_path / "drafts").iterdir()]} == {0}


def test_the_letter_gives_the_date_for_returning_the_form(schools: Path, records: Path) -> None:
    due = datetime.now(UTC).date() + timedelta(days=28)
    text = " ".join(email(schools, records, "--dry-run", "--only", "2101").stdout.split())
    assert f"by {due.day} {due:%B %Y};" in text


def test_drafts_are_made_once_and_again_when_asked(schools: Path, records: Path, tmp_path: Path) -> None:
    first = email(schools, records, "--drafts", tmp_path / "drafts", "--only", "2101")
    held = {path: path.read_bytes() for path in (tmp_path / "drafts").iterdir()}
    second = email(schools, records, "--drafts", tmp_path / "drafts")
    assert "Not written to: 1 with a draft already." in second.stderr
    assert len(second.stdout.splitlines()) == 2
    again = email(schools, records, "--drafts", tmp_path / "drafts", "--only", "2101", "--again")
    assert again.stdout == first.stdout
    assert {path: path.read_bytes() for path in held} == held


def test_accents_in_names_and_addresses_arrive(tmp_path: Path, records: Path) -> None:
    schools = tmp_path / "schools.csv"
    schools.write_text(
        "dfe_number,school_name,email\n2101,École Łódź – St Fillan’s,jörg@bücher.example; office@bücher.example\n",
        encoding="utf-8",
    )
    assert email(schools, records, "--drafts", tmp_path / "drafts").exit_code == 0
    (path,) = (tmp_path / "drafts").iterdir()
    draft = Parser(_class=EmailMessage, policy=default).parsestr(path.read_text(encoding="utf-8"))  # RFC 6532
    assert [(to.username, to.domain) for to in draft["To"].addresses] == [
        ("jörg", "bücher.example"),
        ("office", "xn--bcher-kva.example"),
    ]
    assert draft["Subject"].endswith("École Łódź – St Fillan’s")
    assert form_in(draft)[0] == "2026-27 211-2101 École Łódź – St Fillan’s.pdf"


TEXT = st.text(st.characters(codec="utf-8"), max_size=200)
HOSTILE = st.sampled_from(
    [
        *("A\r\nBcc: all@x.example", "A\n\nB", "A\u2028B", "=?utf-8?q?=0d=0aBcc:x?=", "A =?utf-8?b?DQpCY2M6eA==?= B"),
        *("<b>*a*</b> [x](http://x.example)", "\x00\x1b[2J", '"<a@x>', "É " * 60, "1. a", "a\n---\nb", "&lt;", "`a`"),
    ]
)


@given(TEXT | HOSTILE)
def test_markup_in_a_school_name_is_shown_as_text(name: str) -> None:
    text = TEMPLATES.fill_in("211/2101", name, "3 May 2026")
    message = OutgoingMessage("211/2101", name, (CEDAR,), text, f"{' '.join(name.split())[:60]}.pdf", b"%PDF-")
    draft, email_to_send = make_draft(message, DEFINITION.partnership), make_email(message, DEFINITION.partnership)[0]
    for data in (draft, email_to_send.as_bytes()):
        received = parsed(data)
        allowed = {"From", "To", "Subject", "MIME-Version", "Content-Type", "Date", "Message-ID"}
        assert {header for header in received if not header.startswith("X-Un")} <= allowed
        assert len(received.get_all("To")) == len(received.get_all("Subject")) == 1
        assert received["To"] == CEDAR
        assert received["Subject"].strip() == text.subject
        assert not re.search(r"[\x00-\x1f\x7f]", text.subject)
        assert all(len(line) < 998 for line in data.splitlines())
        assert len(list(received.iter_attachments())) == 1
        page = _Words(body(received, "html"))
        assert page.tags <= {"body", "p", "ol", "li", "strong"}
        assert page.words == re.sub(r"(?m)^\d\. ", "", body(received, "plain")).split()


def test_a_file_name_that_looks_like_an_encoded_word_is_sent_as_a_name() -> None:
    name = "=?utf-8?q?=0D=0ABcc=3A_a=40x.example?=.pdf"
    text = TEMPLATES.fill_in("211/2101", "Cedar", "3 May 2026")
    message = OutgoingMessage("211/2101", "Cedar", (CEDAR,), text, name, b"%PDF-")
    for data in (
        make_draft(message, DEFINITION.partnership),
        make_email(message, DEFINITION.partnership)[0].as_bytes(),
    ):
        (attached,) = parsed(data).iter_attachments()
        assert attached.get_filename() == "= ?utf-8?q?=0D=0ABcc=3A_a=40x.example?=.pdf"


@pytest.mark.parametrize("address", ["=?utf-8?q?=0aBcc?=@x.example", f"{CEDAR};=?utf-8?q?=0aBcc?=@x.example"])
def test_an_address_that_looks_like_an_encoded_word_gets_no_message(
    records: Path, tmp_path: Path, address: str
) -> None:
    schools = tmp_path / "schools.csv"
    schools.write_text(f"dfe_number,email\n2101,{address}\n", encoding="utf-8")
    result = email(schools, records, "--drafts", tmp_path / "drafts")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "These schools have no e-mail address that can be used:\n  211/2101\n" in result.stderr


def test_a_custom_letter_and_a_letter_for_one_year_replace_the_shipped_letter(schools: Path, tmp_path: Path) -> None:
    (tmp_path / "own" / "2026-27").mkdir(parents=True)
    (tmp_path / "own" / "email.j2").write_text("**Hello** {{ school }}\n", encoding="utf-8")
    (tmp_path / "own" / "2026-27" / "email-subject.j2").write_text("Hi {{ dfe_number }}\n", encoding="utf-8")
    result = email(schools, tmp_path / "records", "--dry-run", "--only", "2101", "--templates", tmp_path / "own")
    assert "\nHello Cedar Primary School\n" in result.stdout
    assert "\nSubject: Hi 211/2101\n" in result.stdout


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("email.j2", "{{ schol }}", "'schol' is undefined. This text knows `school`"),
        ("email.j2", "<b>x</b>", "html"),
        ("email-subject.j2", " \n", "the subject is empty"),
        ("partnership.toml", 'return_address = "nobody"', "return_address"),
    ],
)
def test_a_mistake_in_a_template_is_reported_before_anything_is_sent(
    schools: Path, records: Path, templates: Path, server: MailServer, name: str, text: str, complaint: str
) -> None:
    path = templates / name
    if path.suffix == ".toml":
        text = re.sub("(?m)^return_address.*", text, path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")
    result = send(schools, records, server, "--templates", templates)
    assert (result.exit_code, result.stderr.count("\n"), complaint in result.stderr) == (2, 1, True)
    assert name in result.stderr
    assert server.attempts == []


# --- recipients --------------------------------------------------------------------------------------------


def test_a_school_without_an_address_is_listed_and_the_others_get_their_form(
    schools: Path, records: Path, server: MailServer
) -> None:
    schools.write_text(SCHOOLS.replace(ELM, ""), encoding="utf-8")
    result = send(schools, records, server)
    assert result.exit_code == 1
    assert "These schools have no e-mail address that can be used:\n  211/2103 Elm Tree" in result.stderr
    assert [received.to for received in server.received] == [(CEDAR,), (IVY,)]


def test_a_list_with_a_mistake_sends_nothing(schools: Path, records: Path, server: MailServer) -> None:
    schools.write_text(SCHOOLS.replace(ELM, "head at elm"), encoding="utf-8")
    result = send(schools, records, server)
    assert (result.exit_code, "row 3: email is not an e-mail address" in result.stderr) == (2, True)
    assert server.attempts == []


WRONG = [
    ([], "--drafts DIR, or --send, or --dry-run"),
    (["--send", "--dry-run"], "--drafts DIR, or --send, or --dry-run"),
    (["--drafts", "{tmp}/drafts", "--send"], "--drafts DIR, or --send, or --dry-run"),
    (["--send"], "--smtp-host"),
    (["--send", "--smtp-host", "https://mail.example"], "--smtp-host mail.example.org"),
    (["--send", "--smtp-host", "localhost", "--again"], "--only 211/1234"),
    (["--dry-run", "--chase", "--again"], "--chase"),
    (["--dry-run", "--only", "211/9999"], "No school in the list has the DfE number 211/9999"),
    (["--dry-run", "--only", "banana"], "No school in the list has the DfE number banana"),
]


@pytest.mark.parametrize(("options", "complaint"), WRONG)
def test_wrong_usage_is_reported_in_one_line_and_writes_nothing(
    schools: Path, records: Path, tmp_path: Path, options: list[str], complaint: str
) -> None:
    result = email(schools, records, *(option.format(tmp=tmp_path) for option in options))
    assert (result.exit_code, result.stderr.count("\n"), complaint in result.stderr) == (2, 1, True)
    assert not records.exists()
    assert not (tmp_path / "drafts").exists()


def test_a_run_without_a_new_draft_says_so_and_why(schools: Path, records: Path, tmp_path: Path) -> None:
    first = email(schools, records, "--drafts", tmp_path / "drafts")
    assert f"3 new drafts in the folder {tmp_path / 'drafts'}." in first.stderr
    second = email(schools, records, "--drafts", tmp_path / "drafts")
    assert f"No new drafts in the folder {tmp_path / 'drafts'}." in second.stderr
    assert "Not written to: 3 with a draft already." in second.stderr


def test_a_school_without_an_address_is_listed_with_what_to_do(schools: Path, records: Path) -> None:
    schools.write_text(SCHOOLS.replace(ELM, ""), encoding="utf-8")
    lines = email(schools, records, "--dry-run").stderr.splitlines()
    at = lines.index("  211/2103 Elm Tree Primary School")
    assert lines[at + 1] == "Enter an address for each in the column email of your list, and run the command again."


@pytest.mark.parametrize("command", ["email", "status", "generate", "print", "report", "ingest"])
def test_a_list_that_does_not_exist_is_reported_in_one_line(tmp_path: Path, command: str) -> None:
    more = {
        "email": ["--dry-run", "-o", tmp_path / "records"],
        "report": ["-o", tmp_path / "page.html", "--records", tmp_path / "records"],
    }
    year = tmp_path if command == "ingest" else "2026-27"
    where = more.get(command, ["-o", tmp_path / "records"])
    result = run(command, year, *where, "--schools", tmp_path / "no.csv")
    reason = "cannot be read: it does not exist. Check its name and folder."
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [f"Error: The list of schools {tmp_path / 'no.csv'} {reason}"]
    assert not list(tmp_path.iterdir())
