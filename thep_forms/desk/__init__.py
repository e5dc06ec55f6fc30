"""The desk: a private page on this computer, where a person finishes what came. The rules are in `office`.

`server` starts it, `access` keeps everybody else out, `app` knows the addresses, `pages` fills in the templates.
"""
