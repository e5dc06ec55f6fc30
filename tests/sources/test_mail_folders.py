"""The kind of a message by the folder or the label that it lies in, and who sent it by its headers."""

from __future__ import annotations

import pytest

from thep_forms.sources.mail.email_headers import Headers
from thep_forms.sources.mail.mail_folders import kind_of_names, kind_of_place
from thep_forms.sources.mail.message_kinds import origin_of
from thep_forms.sources.model import MessageKind, MessageOrigin

OUTGOING, DISCARDED, ORDINARY = MessageKind.OUTGOING, MessageKind.DISCARDED, MessageKind.ORDINARY
US, SCHOOL = "membership@partnership.example", "office@cedar.example"


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("Mail/Sent/form.eml", OUTGOING),
        ("Gesendete Nachrichten.mbox/mbox", OUTGOING),
        ("Éléments envoyés/form.eml", OUTGOING),
        ("Maildir/.INBOX.Drafts/cur/1.host:2,S", OUTGOING),
        ("&AMk-l&AOk-ments supprim&AOk-s/form.eml", DISCARDED),
        ("Trash (2).mbox/mbox", DISCARDED),
        ("Sent_20260504-1000/messages/1.eml", OUTGOING),
        ("Sent_Items/form.eml", OUTGOING),
        ("SentItems/form.eml", OUTGOING),
        ("[Gmail].Sent Mail/form.eml", OUTGOING),
        ("Sent Messages (iCloud).mbox/mbox", OUTGOING),
        ("Deleted-Items/form.eml", DISCARDED),
        ("Forms sent out/form.eml", ORDINARY),
        ("(2026)/form.eml", ORDINARY),
        ("Maildir/cur/1.host:2,ST", DISCARDED),
        ("Maildir/cur/1.host:2,DS", OUTGOING),
        ("Maildir/cur/1.host:2,S", ORDINARY),
        ("Inbox/form.eml", ORDINARY),
        ("R&D-/form.eml", ORDINARY),
        ("sent.eml", ORDINARY),
    ],
)
def test_folder_of_a_message_tells_its_kind(place: str, kind: MessageKind) -> None:
    assert kind_of_place(place) is kind


def test_label_that_says_deleted_counts_before_one_that_says_sent() -> None:
    assert kind_of_names(["Sent", "Papierkorb"]) is DISCARDED


def origin(*lines: str, has_document: bool = False) -> MessageOrigin:
    return origin_of(Headers("\r\n".join(lines).encode()), has_document=lambda: has_document)


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        (["X-Gmail-Labels: Sent,Important"], OUTGOING),
        (["X-Gmail-Labels: Inbox,Sent"], ORDINARY),
        (["X-Gmail-Labels: =?UTF-8?Q?Gesendet,Posteingang,Ge=C3=B6ffnet?="], ORDINARY),
        (["X-Gmail-Labels: =?UTF-8?Q?Messages_envoy=C3=A9s,Bo=C3=AEte_de_r=C3=A9ception?="], ORDINARY),
        (["X-Gmail-Labels: Archived,Sent", f"Delivered-To: {US}"], ORDINARY),
        (["X-Gmail-Labels: Archived,Sent"], OUTGOING),
        (["X-Gmail-Labels: Inbox,Drafts"], OUTGOING),
        (["X-Gmail-Labels: Inbox,Sent,Trash"], DISCARDED),
        (["X-Gmail-Labels: =?UTF-8?Q?Spam,Ge=C3=B6ffnet?="], DISCARDED),
        (["X-Unsent: 1"], OUTGOING),
        (["X-Mozilla-Draft-Info: internal/draft"], OUTGOING),
        (["X-Mozilla-Status: 0009"], DISCARDED),
        (["X-Mozilla-Status: none"], ORDINARY),
        (["Auto-Submitted: auto-replied"], MessageKind.AUTOMATIC),
        (["Subject: Automatische Antwort: Formular"], MessageKind.AUTOMATIC),
        (["Subject: Our form"], ORDINARY),
    ],
)
def test_headers_of_a_message_tell_its_kind(lines: list[str], kind: MessageKind) -> None:
    assert origin(f"From: {SCHOOL}", f"To: {US}", *lines).kind is kind


@pytest.mark.parametrize(
    "lines",
    [
        [f"From: Cedar <{SCHOOL}>", f"To: {US}"],
        [f"From: Cedar via Members <{US}>", f"Reply-To: {SCHOOL}"],
        [f"From: {US}", f"To: {US}", f"Reply-To: {US}, {SCHOOL}"],
        [f"From: {US}", "To: all@partnership.example", f"List-Post: <mailto:{US}>", f"Reply-To: {SCHOOL}"],
        [f"From: {US}", "List-Id: Members <membership.partnership.example>", f"Reply-To: {SCHOOL}"],
        ["From: no-reply@sharepoint.example", f"To: {US}", f"Reply-To: {SCHOOL}"],
    ],
    ids=["a person", "via", "to itself", "List-Post", "List-Id", "a service"],
)
def test_sender_of_a_message_that_was_passed_on_is_the_person(lines: list[str]) -> None:
    assert origin(*lines).sender == SCHOOL


def test_sender_of_a_message_without_addresses_is_empty() -> None:
    assert origin("Subject: Our form").sender == ""


def test_message_of_a_program_with_a_document_is_a_persons() -> None:
    lines = ("From: scanner@cedar.example", f"To: {US}", "Auto-Submitted: auto-generated")
    assert origin(*lines).kind is MessageKind.AUTOMATIC
    assert origin(*lines, has_document=True).kind is ORDINARY
