"""What the ledger does to forget: deleting rows, changing rows that held a person, and noting what is not to come back.

What is forgotten is noted as hashes alone. A file goes by the hash of its bytes. A blank form or a logo, which many may
send, and a message without a file go by the hash of their way here (`hash_of_way`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from datetime import UTC, datetime

import msgspec

from thep_forms.deciding import Action, Arrival, Decision
from thep_forms.records.model import ListedSchool, RefusedAddress, Sent, return_id_of
from thep_forms.records.pages_of_forms import PagesOfForms
from thep_forms.sources.model import MessageOrigin

SEPARATOR = ";"  # between the ids of returns in a decision, and the hashes of texts of an arrival


def hash_of_way(sha256: str, source: str, received_at: datetime | None, carried_by: Collection[MessageOrigin]) -> str:
    """What tells by which way a file came, or a message without a file, for which `sha256` is empty.

    A message is known by its date and its senders, wherever it lies; any other file by its source.
    """
    way: tuple[object, ...] = (sha256, source)
    if received_at and carried_by:
        way = (sha256, received_at.isoformat(), [message.sender for message in carried_by])
    return hashlib.sha256(msgspec.json.encode(way)).hexdigest()


class Erasing(PagesOfForms):
    """The part of the ledger that forgets."""

    def hashes(self) -> dict[str, str]:
        """The hash of the file of each return, kept or not, by the return's id."""
        return dict(self._connection.execute("SELECT return_id, sha256 FROM entry"))

    # --- what is not taken in again ------------------------------------------------------------------------------

    def forgotten(self) -> set[str]:
        """The hashes of the files and ways that are not taken in again."""
        return {sha256 for (sha256,) in self._connection.execute("SELECT sha256 FROM forgotten")}

    def note_forgotten(self, hashes: Iterable[str]) -> None:
        """Note the hashes of files and ways that are not to be taken in again."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        rows = [(sha256, at) for sha256 in sorted(set(hashes))]
        self._connection.executemany("INSERT OR IGNORE INTO forgotten VALUES (?,?)", rows)

    # --- returns -------------------------------------------------------------------------------------------------

    def forget(self, return_ids: Collection[str], files: Iterable[str]) -> None:
        """Delete the returns and all that is known of them; `files` are the hashes of PDFs that are no longer kept."""
        self._forget_pages(return_ids)
        self._delete_returns(return_ids)
        for (source,) in self._connection.execute("SELECT source FROM unopened").fetchall():
            if return_id_of(hashlib.sha256(source.encode()).hexdigest()) in return_ids:
                self.forget_unopened(source)
        self.forget_files(files)
        self._connection.execute("DELETE FROM file WHERE sha256 NOT IN (SELECT sha256 FROM entry)")
        self._forget_in_decisions(set(return_ids))
        self.forget_unused_texts()

    def forget_unused_texts(self) -> None:
        """Delete what messages say that brought nothing which is still known."""
        unused = {sha256 for (sha256,) in self._connection.execute("SELECT sha256 FROM message_text")}
        query = "SELECT texts FROM arrival WHERE texts != '' UNION SELECT texts FROM unopened WHERE texts != ''"
        for (texts,) in self._connection.execute(query):
            unused.difference_update(texts.split(SEPARATOR))
        self._connection.executemany("DELETE FROM message_text WHERE sha256=?", [(sha256,) for sha256 in unused])

    def forget_files(self, files: Iterable[str]) -> None:
        """Note that the archive no longer has the files of these hashes."""
        for sha256 in files:
            self._connection.execute("UPDATE file SET is_kept=0 WHERE sha256=?", (sha256,))

    def forget_unopened(self, source: str) -> None:
        """Delete the note that the source could not be opened."""
        self._connection.execute("DELETE FROM unopened WHERE source=?", (source,))

    def _delete_returns(self, return_ids: Iterable[str]) -> None:
        """Delete returns and how they came, but no decision about them."""
        for return_id in return_ids:
            for table in ("entry", "reading", "result", "result_detail", "arrival"):
                self._connection.execute(f"DELETE FROM {table} WHERE return_id=?", (return_id,))  # noqa: S608 - constants

    def forget_arrival(self, arrival: Arrival) -> None:
        """Delete the note that a return came by that way."""
        key = (arrival.source, arrival.return_id)
        self._connection.execute("DELETE FROM arrival WHERE source=? AND return_id=?", key)

    def replace_arrival(self, before: Arrival, after: Arrival) -> None:
        """Note another source, other messages and other texts for a way by which a return came."""
        messages = msgspec.json.encode(after.carried_by).decode()
        row = (after.source, messages, SEPARATOR.join(after.texts), before.source, before.return_id)
        query = "UPDATE OR REPLACE arrival SET source=?, carried_by=?, texts=? WHERE source=? AND return_id=?"
        self._connection.execute(query, row)
        query = "UPDATE unopened SET texts=? WHERE source=?"
        self._connection.execute(query, (SEPARATOR.join(after.texts), before.source))

    # --- decisions -----------------------------------------------------------------------------------------------

    def _forget_in_decisions(self, return_ids: set[str]) -> None:
        """A decision about a return that is forgotten goes; one over it no longer names it."""
        query = "SELECT decision_id, action, return_id, before FROM decision ORDER BY decision_id"
        for number, action, return_id, before in self._connection.execute(query).fetchall():
            if return_id in return_ids:
                self.forget_decisions([number])
                continue
            if action not in (Action.PREFER, Action.ENTER):
                continue
            others = before.split(SEPARATOR)
            left = [other for other in others if other not in return_ids]
            if not left and action == Action.PREFER:
                self.forget_decisions([number])
            elif left != others:
                row = (SEPARATOR.join(left), number)
                self._connection.execute("UPDATE decision SET before=? WHERE decision_id=?", row)

    def forget_decisions(self, numbers: Iterable[int]) -> None:
        """Delete the decisions with these numbers, and those that undid them."""
        left = list(numbers)
        while left:
            number = left.pop()
            query = "SELECT decision_id FROM decision WHERE action=? AND before=?"
            left += [undoing for (undoing,) in self._connection.execute(query, (Action.UNDO, str(number)))]
            self._connection.execute("DELETE FROM decision WHERE decision_id=?", (number,))

    def replace_decision(self, decision: Decision) -> None:
        """Put other words in the place of what a decision says. Its number, action, return and date stay."""
        row = (decision.who, decision.dfe_number, decision.school_name, decision.before, decision.after, decision.why)
        query = "UPDATE decision SET who=?, dfe_number=?, school_name=?, before=?, after=?, why=? WHERE decision_id=?"
        self._connection.execute(query, (*row, decision.number))

    # --- messages and lists --------------------------------------------------------------------------------------

    def forget_sent(self, messages: Iterable[Sent]) -> None:
        """Delete what is known of the messages."""
        for sent in messages:
            key = (sent.year, sent.dfe_number, sent.at.isoformat())
            self._connection.execute("DELETE FROM message WHERE membership_year=? AND dfe_number=? AND at=?", key)

    def forget_refused(self, refused: Iterable[RefusedAddress]) -> None:
        """Delete what is known of the addresses that the mail server refused."""
        for each in refused:
            key = (each.year, each.dfe_number, each.address)
            query = "DELETE FROM refused_address WHERE membership_year=? AND dfe_number=? AND address=?"
            self._connection.execute(query, key)

    def members(self) -> list[tuple[str, str]]:
        """The year and number of each school in each list."""
        query = "SELECT membership_year, dfe_number FROM register ORDER BY 1, 2"
        return [(year, number) for year, number in self._connection.execute(query)]

    def members_with_details(self) -> list[tuple[str, str]]:
        """The year and number of each member of which a list says more than the number and the name."""
        query = "SELECT membership_year, dfe_number FROM register WHERE record IS NOT NULL OR email != '' ORDER BY 1, 2"
        return [(year, number) for year, number in self._connection.execute(query)]

    def forget_member_details(self, members: Iterable[tuple[str, str]]) -> None:
        """Delete what the lists say of these members, by year and number, but for their numbers and names."""
        for member in members:
            query = "UPDATE register SET record=NULL, email='' WHERE membership_year=? AND dfe_number=?"
            self._connection.execute(query, member)

    def forget_members(self, members: Iterable[tuple[str, str]]) -> None:
        """Delete these members, by year and number, from the lists."""
        for member in members:
            self._connection.execute("DELETE FROM register WHERE membership_year=? AND dfe_number=?", member)

    def replace_listed(self, year: str, school: ListedSchool) -> None:
        """Put other details in the place of what the list of a year says of a school."""
        row = (school.email, msgspec.json.encode(school.record), year, school.dfe_number)
        query = "UPDATE register SET email=?, record=? WHERE membership_year=? AND dfe_number=?"
        self._connection.execute(query, row)
