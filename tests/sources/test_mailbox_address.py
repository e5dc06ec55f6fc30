"""Addresses of mailboxes as people type them, names of folders as servers have them, and sets of numbers."""

from __future__ import annotations

import binascii
import re
from string import printable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thep_forms.errors import MailboxError
from thep_forms.sources.mail.mail_folders import kind_of_names
from thep_forms.sources.mailbox.address import MailboxAddress, encode_folder
from thep_forms.sources.mailbox.uid_set import UidSet
from thep_forms.sources.model import MessageKind

LETTERS = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="�"), min_size=1, max_size=30)
STEPS = st.lists(LETTERS.filter(lambda step: "/" not in step), min_size=1, max_size=3)
NUMBERS = st.sets(st.integers(1, 60))


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("imaps://office@mail.example.org/INBOX", MailboxAddress("office", "mail.example.org")),
        ("IMAPS://office@mail.example.org", MailboxAddress("office", "mail.example.org")),
        ("imaps://office@mail.example.org/inbox/", MailboxAddress("office", "mail.example.org")),
        ("imaps://a@b.example@mail.example.org:99/", MailboxAddress("a@b.example", "mail.example.org", 99)),
        ("imaps://a%40b.example@[::1]/F%26G", MailboxAddress("a@b.example", "::1", folder="F&G")),
        ("imap://a@b/Forms/2026", MailboxAddress("a", "b", 143, "Forms/2026", implicit_tls=False)),
    ],
)
def test_address_in_any_spelling_is_understood(typed: str, address: MailboxAddress) -> None:
    assert MailboxAddress.parse(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "http://office@mail.example.org",
        "imaps://mail.example.org/INBOX",
        "imaps://@mail.example.org",
        "imaps://office@mail.example.org:0",
        "imaps://office@mail.example.org:65536",
        "imaps://office@mail example.org",
        "imaps://office@mail.example.org/In%0D%0Abox",
        "imaps://off%00ice@mail.example.org",
        "imaps://office:secret@mail.example.org",
    ],
)
def test_address_with_a_mistake_is_refused_in_a_line_that_quotes_nothing_of_it(typed: str) -> None:
    with pytest.raises(MailboxError) as error:
        MailboxAddress.parse(typed)
    assert "\n" not in str(error.value)
    assert typed not in str(error.value)
    assert "secret" not in str(error.value)


@given(LETTERS, st.from_regex(r"[a-z0-9.-]{1,20}", fullmatch=True), st.integers(1, 65535), STEPS, st.booleans())
def test_every_address_is_read_back_from_its_own_spelling(
    user: str, host: str, port: int, steps: list[str], implicit_tls: bool
) -> None:
    folder = "/".join(steps)
    folder = "INBOX" if folder.upper() == "INBOX" else folder
    address = MailboxAddress(user, host, port, folder, implicit_tls)
    assert MailboxAddress.parse(address.url) == address
    assert set(address.url) <= set(printable)


@given(st.text(max_size=60))
def test_no_text_does_anything_but_parse_or_raise(text: str) -> None:
    try:
        address = MailboxAddress.parse(f"imaps://{text}")
    except MailboxError:
        return
    assert not re.search(r"[\r\n\0]", address.user + address.host + address.folder)


@pytest.mark.parametrize(
    "name", ["Entwürfe", "Müll", "Éléments envoyés", "Gelöschte Elemente", "Skrzynka & kosz/Śmieci"]
)
def test_name_of_a_folder_is_encoded_as_exports_have_it(name: str) -> None:
    encoded = encode_folder(name)
    assert encoded.isascii()
    assert encoded != name
    assert kind_of_names([*name.split("/")]) is kind_of_names([*encoded.split("/")])


@given(LETTERS)
def test_name_of_any_folder_is_ascii_in_commands(name: str) -> None:
    encoded = encode_folder(name)
    assert set(encoded) <= {chr(number) for number in range(0x20, 0x7F)}
    decoded = re.sub(r"&([^-]*)-", lambda found: _decoded(found[1]), encoded)
    assert decoded == name


def _decoded(letters: str) -> str:
    padded = letters.replace(",", "/") + "=" * (-len(letters) % 4)
    return binascii.a2b_base64(padded).decode("utf-16-be") if letters else "&"


def test_name_of_a_folder_for_drafts_in_german_is_known_encoded() -> None:
    assert kind_of_names([encode_folder("Entwürfe")]) is MessageKind.OUTGOING


@given(NUMBERS, st.integers(1, 60))
def test_set_of_numbers_is_a_set_and_is_read_back(numbers: set[int], other: int) -> None:
    found = UidSet(sorted(numbers, key=lambda number: number * 7 % 61))
    assert list(found) == sorted(numbers)
    assert list(UidSet.parse(str(found))) == sorted(numbers)
    assert (other in found) == (other in numbers)


def test_set_of_all_numbers_up_to_one_is_a_single_range() -> None:
    assert str(UidSet(range(1, 50_001))) == "1:50000"


@pytest.mark.parametrize("text", ["x", ":1", "5:1", "3,1", "1,,2", "1:3,2"])
def test_text_that_is_no_set_of_numbers_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        UidSet.parse(text)
