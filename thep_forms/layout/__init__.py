"""Where everything of a form stands on its pages; the typeface's measures, the code and the seal of a page."""
