"""Filling the year's form for schools, beside other libraries that fill the same form with the same values."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pikepdf
import pikepdf.form
import pypdf
from PyPDFForm import PdfWrapper

from tests.benchmarks.returns import definition, values
from tests.benchmarks.side_by_side import medians, table
from thep_forms.generate import Master, generate

COUNT = 20
PDF_LIB = Path(__file__).with_name("pdf_lib.mjs")
Values = Mapping[str, str | bool]


def by_pypdf(form: bytes, told: Values) -> bytes:
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(form)))
    texts = {name: value if isinstance(value, str) else "/Yes" for name, value in told.items()}
    for page in writer.pages:
        if "/Annots" in page:
            writer.update_page_form_field_values(page, texts, auto_regenerate=False)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def by_pikepdf(form: bytes, told: Values) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(form)) as pdf:
        filled = pikepdf.form.Form(pdf, pikepdf.form.DefaultAppearanceStreamGenerator)
        for name, value in told.items():
            if isinstance(value, str):
                filled[name].value = value
            else:
                filled[name].checked = value
        pdf.save(out)
    return out.getvalue()


def by_pypdfform(form: bytes, told: Values) -> bytes:
    return bytes(PdfWrapper(form).fill(dict(told)).read())


def by_pdf_lib(form: bytes, told: list[Values]) -> float | None:
    """Seconds of processor time for all of them, in a node that has pdf-lib; None where there is none."""
    if not shutil.which("node"):
        return None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "form.pdf").write_bytes(form)
        (folder / "values.json").write_text(json.dumps([dict(one) for one in told]), encoding="utf-8")
        done = subprocess.run(
            ["node", PDF_LIB, folder / "form.pdf", folder / "values.json"], capture_output=True, text=True, check=False
        )
    return float(done.stdout) if done.returncode == 0 else None


def main() -> None:
    form, master = generate(definition()), Master(definition())
    told = [values(number) for number in range(1000, 1000 + COUNT)]

    def each(fill: Callable[[bytes, Values], bytes]) -> Callable[[], object]:
        return lambda: [fill(form, one) for one in told]

    found = medians(
        {
            "thep_forms": lambda: [master.copy(one, "211/1000") for one in told],
            "pikepdf.form": each(by_pikepdf),
            "pypdf": each(by_pypdf),
            "PyPDFForm": each(by_pypdfform),
            "thep_forms, drawn anew": lambda: [Master(definition()).copy(one) for one in told],
        },
        turns=3,
    )
    seconds = {name: one.cpu for name, one in found.items()}
    if lib := by_pdf_lib(form, told):
        seconds["pdf-lib (node)"] = lib
    table("Filling", seconds, COUNT)
    sizes = {
        "thep_forms": master.copy(told[0]),
        "pikepdf.form": by_pikepdf(form, told[0]),
        "pypdf": by_pypdf(form, told[0]),
    }
    print("\nSizes:", ", ".join(f"{name} {len(pdf) // 1024} kB" for name, pdf in sizes.items()))


if __name__ == "__main__":
    main()
