"""What a browser sent to the desk, and short answers to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from thep_forms.desk.uploading import Upload
from thep_forms.errors import AnswersError, DecisionError
from thep_forms.office.decisions.shown_answers import ShownAnswer

CHANGED = "Somebody has changed this since you opened the page. Look at it again, and repeat what you want to do."
_MOST_DECISIONS = 1000  # that one act takes


Typed = Mapping[str, str]  # by the name of the box
NOTHING_TYPED: Typed = MappingProxyType({})
ALL = "*"  # in the place of a box's name: all boxes that it can be done with
_ANSWER = "answer:"  # the start of the names of the fields with answers


class SentForm:
    """The fields of an HTML form that a browser sent."""

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> str:
        """The last value of a field, without blanks around it; empty where there is none."""
        return next((value.strip() for key, value in reversed(self._fields) if key == name), "")

    def all(self, name: str) -> list[str]:
        """All values of a field."""
        return [value for key, value in self._fields if key == name]

    @property
    def answers(self) -> Typed:
        """What was typed into the boxes, by their names."""
        typed = ((key.removeprefix(_ANSWER), value) for key, value in self._fields if key.startswith(_ANSWER))
        return {name: value.replace("\r\n", "\n").strip() for name, value in typed}

    def is_as_it_was(self, shown: Iterable[ShownAnswer]) -> bool:
        """Whether nobody changed an answer."""
        return not self._changed(shown)

    def changes(self, shown: Iterable[ShownAnswer]) -> list[str]:
        """The answers that were changed, each as `name=answer`. Raises `DecisionError` if none was."""
        changed = self._changed(shown)
        if not changed:
            raise DecisionError("No answer was changed, so there is nothing to save.")
        return [f"{name}={answer}" for name, answer in changed.items()]

    def _changed(self, shown: Iterable[ShownAnswer]) -> dict[str, str]:
        typed, changed = self.answers, dict[str, str]()
        for answer in shown:
            name, was = answer.box.name, answer.now
            now = (answer.before or "") if self["take"] == name else typed.get(name, was)
            is_kept = self["keep"] == name or (self["keep"] == ALL and answer.can_be_left_empty)
            if now != was.strip() or is_kept:
                changed[name] = now
        return changed


def sent_form(request: Request) -> SentForm:
    """The fields of the form that was sent: `Guard` has read and checked them."""
    return SentForm(request.state.form)


def sent_upload(request: Request) -> Upload:
    """The form with files that is being sent: `Guard` has checked its token. Raises `DecisionError` for another."""
    found: Upload | None = getattr(request.state, "upload", None)
    if found is None:
        raise DecisionError("Choose a file first.")
    return found


def decisions_taken(request: Request) -> list[int]:
    """The numbers of the decisions that were just taken, from the address of the page."""
    words = request.query_params.get("done", "").split(",")[:_MOST_DECISIONS]
    return [int(word) for word in words if word.isdecimal()]


def go_to(path: str, decisions: Sequence[int] = (), place: str = "") -> Response:
    """Go to a page, which says what was just decided, and to a place on it."""
    done = f"?done={','.join(map(str, decisions))}" if decisions else ""
    return RedirectResponse(f"{path}{done}{f'#{place}' if place else ''}", HTTPStatus.SEE_OTHER)


def status_of(error: object) -> HTTPStatus:
    """The status of a page that is shown again because of an error."""
    return HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK


def mistakes_in(error: Exception | None, answers: Sequence[ShownAnswer]) -> dict[str, object]:
    """What a page says of an error: its sentences, each with the box that it is about, and all these boxes."""
    sentences = (*error.mistakes, error.end) if isinstance(error, AnswersError) else (str(error or ""),)
    mistakes = [(box_of(sentence, answers), sentence) for sentence in sentences if sentence]
    return {"error": str(error or ""), "mistakes": mistakes, "wrong": {box for box, _ in mistakes if box}}


def box_of(error: str, answers: Iterable[ShownAnswer]) -> str:
    """The box that a sentence is about, which begins with the label. Empty where it is about none.

    Of a sentence about a person or a group of boxes it is the first box, before all one that is required and empty.
    """
    labels: dict[str, str] = {}
    for answer in sorted(answers, key=lambda answer: not answer.box.required or bool(answer.now)):
        labels[answer.box.label] = answer.box.name
        labels.setdefault(answer.box.label.rpartition(": ")[0], answer.box.name)
    found = [label for label in labels if error.startswith(f"{label}:")]
    return labels[max(found, key=len)] if found else ""
