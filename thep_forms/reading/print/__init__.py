"""Forms whose answers are drawn on their pages: flattened, printed to a PDF, or typed over with another program."""
