"""The things that the office does: the terminal and the desk do nothing but through these.

Each function takes plain values and returns a typed result. It prints nothing, and knows neither terminal nor HTML.
The table "Where would I look?" in `docs/architecture.md` leads to the modules.
"""
