"""Which printed pages of a file are one form: by the codes on them, else by their order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct, field

from thep_forms.definition.identity import Code
from thep_forms.reading.classify import PageKinds
from thep_forms.reading.form_pages import FormPage
from thep_forms.reading.page_codes import are_one_form, are_several_forms, codes_on, first_of
from thep_forms.reading.page_numbers import has_number


class PagesOfForm(Struct):
    """The pages of one form in a file.

    `pages` are those with boxes, `own` the indices of all its pages and of pages between them that are of no form.
    `codes` are those on them.
    """

    pages: list[FormPage] = field(default_factory=list)
    own: set[int] = field(default_factory=set)
    codes: list[Code] = field(default_factory=list)

    @property
    def first(self) -> Code | None:
        """The code of its first page that has one."""
        return first_of(self.codes)

    def takes(self, code: Code | None) -> bool:
        """Whether a page with that code is of this form, as far as codes say."""
        return code is None or are_one_form((*self.codes, code))

    def has(self, number: int) -> bool:
        """Whether it has the page of that index among the form's pages with boxes."""
        return any(page.number == number for page in self.pages)


def forms_on(kinds: PageKinds, written: Mapping[int, Code]) -> list[PagesOfForm]:
    """The forms on the printed pages of a file, one at least, in the order of their pages.

    A page that its form has already begins another form. `written` are the codes that pages themselves say.
    """
    codes = _codes(kinds, written)
    forms: list[PagesOfForm] = []
    for page in kinds.printed:
        code = _code_of(page.number, codes.get(page.page, ()))
        form = _form_of(page, code, forms, kinds)
        if form is None:
            form = PagesOfForm()
            forms.append(form)
        form.pages.append(page)
        form.own.add(page.page)
        form.codes += [code] if code else []
    firsts = {page: (code,) for page, code in written.items()}
    _add_others(forms, kinds, {**firsts, **codes})
    return forms


def are_apart(forms: Sequence[PagesOfForm]) -> bool:
    """Whether the codes tell the pages of several forms apart, in whatever order they are."""
    return are_several_forms([form.first for form in forms])


def forms_without_boxes(kinds: PageKinds, written: Mapping[int, Code], left_out: Collection[int]) -> list[PagesOfForm]:
    """The forms of which no page with boxes is in the file, by the codes on their pages, but for those left out."""
    numbered = [page for page in kinds.pages if has_number(kinds.texts[page]) and page not in left_out]
    forms: list[PagesOfForm] = []
    for page, codes in sorted(codes_on(kinds.data, numbered, written).items()):
        for code in codes:
            form = next((form for form in forms if form.takes(code)), None)
            if form is None:
                form = PagesOfForm()
                forms.append(form)
            form.own.add(page)
            form.codes.append(code)
    return forms


def _codes(kinds: PageKinds, written: Mapping[int, Code]) -> dict[int, tuple[Code, ...]]:
    """The codes on the printed pages, and on those without boxes that have a page number of the form."""
    printed = {found.page for found in kinds.printed}
    pages = [page for page in kinds.pages if page in printed or has_number(kinds.texts[page])]
    return codes_on(kinds.data, pages, written)


def _code_of(number: int, codes: Sequence[Code]) -> Code | None:
    """The code of the form's page of that index, where one or several pages are on a sheet with codes."""
    own = [code for code in codes if (code.page == 1) == (number == 0)]
    return own[0] if own and are_one_form(own) else None


def _form_of(page: FormPage, code: Code | None, forms: Sequence[PagesOfForm], kinds: PageKinds) -> PagesOfForm | None:
    """Which of the forms a page goes on with; None where it begins another."""
    near = [form for form in forms if form.codes and form.takes(code)] if code else forms[-1:]
    near = near or [form for form in forms[-1:] if not form.codes and _names_school(form, code, kinds)]
    return near[-1] if near and not near[-1].has(page.number) else None


def _names_school(form: PagesOfForm, code: Code | None, kinds: PageKinds) -> bool:
    """Whether the pages of a form without codes show the number of the school in a code, or the code has none."""
    digits = code.school.rpartition("/")[2] if code else ""
    return not digits or any(digits in kinds.texts[page] for page in form.own)


def _add_others(forms: Sequence[PagesOfForm], kinds: PageKinds, codes: Mapping[int, Iterable[Code]]) -> None:
    """Give each page without boxes to the form that its code names, or without a code to the one before it."""
    current = forms[0]
    owners = {page: form for form in reversed(forms) for page in form.own}
    for page in range(len(kinds.texts)):
        code = next(iter(codes.get(page, ())), None)
        if page in owners:
            current = owners[page]
        elif code is None:
            current.own.add(page)
        else:
            named = [form for form in forms if form.takes(code)]
            if named:
                (current if current in named else named[-1]).own.add(page)
