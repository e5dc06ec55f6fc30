"""The wheel, installed into an empty environment, works from another folder."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_wheel_contains_templates_and_samples(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path / "dist"), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    venv.create(tmp_path / "venv")
    programs = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", programs / "python"]
    subprocess.run([*pip, "install", "--quiet", "--no-compile", wheel], check=True, capture_output=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    result = subprocess.run(
        [programs / "thep-forms", "demo"], cwd=elsewhere, check=True, capture_output=True, text=True
    )
    assert "7  accepted" in result.stderr
    assert (elsewhere / "demo" / "2026-27 School Membership Form.pdf").is_file()
    assert (elsewhere / "demo" / "records" / "schools.csv").is_file()
