"""`python -m thep_forms`."""

from thep_forms.cli import main

main(prog_name="thep-forms")
