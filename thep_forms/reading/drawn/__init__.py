"""What the content of a page draws: letters with their places, strokes, and the page as it looks."""
