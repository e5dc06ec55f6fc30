"""A real Chromium, driven through its DevTools protocol: keys go in as typed, the PDF comes out as saved."""

from __future__ import annotations

import base64
import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

FLAGS = ["--no-sandbox", "--disable-gpu"]  # nobody looks: a graphics card would be imitated
PATIENCE = 30  # seconds, for each thing that is waited for
VIEWER = "chrome-extension://"  # the browser's own PDF viewer is an extension in a frame
KEYS = {"Tab": 9, "Space": 32}  # Windows virtual-key codes
# A key is answered before the viewer has moved. The viewer counts what its plugin tells it: that the document has the
# keyboard, and each Tab. A new page is scrolled to by both, plugin and viewer, in turn; a key in between is lost.
LISTEN = """
const told = { documentFocusChanged: 0, sendKeyEvent: 0 };
document.querySelector('pdf-viewer').currentController.getEventTarget().addEventListener(
    'PluginControllerEventType.PLUGIN_MESSAGE', event => { told[event.detail.type] += 1; });
"""
SCROLLED = """
(async () => {
    const plugin = document.querySelector('pdf-viewer').currentController;
    await plugin.getSelectedText();
    for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
    await plugin.getSelectedText();
})()
"""
SAVE = """
(async () => {
    const saved = await document.querySelector('pdf-viewer').currentController.save('EDITED');
    let text = '';
    for (const byte of new Uint8Array(saved.dataToSave)) text += String.fromCharCode(byte);
    return btoa(text);
})()
"""


class Target:
    """One page or frame. `events` are those that it told of until its last answer."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection, self.numbers = connection, count(1)
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        number = next(self.numbers)
        self.connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (answer := json.loads(self.connection.recv(PATIENCE))).get("id") != number:
            self.events.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def load(self, address: str) -> None:
        """Go there, and wait for all of it; a page that does not load is an error."""
        answer = self.call("Page.navigate", url=address)
        assert "errorText" not in answer, answer
        loader = answer["loaderId"]
        _wait(lambda: self.run("document.readyState") and self._has_loaded(loader))

    def _has_loaded(self, loader: str) -> bool:
        told = [one["params"] for one in self.events if one["method"] == "Page.lifecycleEvent"]
        return any(one["loaderId"] == loader and one["name"] == "networkIdle" for one in told)

    def run(self, script: str) -> Any:
        """What the script comes to."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")


class Browser:
    """A browser with a PDF open."""

    def __init__(self, page: Target, viewer: Target) -> None:
        self.page, self.viewer = page, viewer
        self.viewer.run(LISTEN)

    def enter(self) -> None:
        """Tab from the browser into the document."""
        self._press("Tab")
        _wait(lambda: self.viewer.run("told.documentFocusChanged"))

    def tab(self) -> None:
        """Go to the next box, as far as the viewer scrolls for it."""
        tabs = self.viewer.run("told.sendKeyEvent")
        self._press("Tab")
        _wait(lambda: self.viewer.run("told.sendKeyEvent") > tabs)
        self.viewer.run(SCROLLED)

    def tick(self) -> None:
        self._press("Space")

    def _press(self, key: str) -> None:
        named = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
        self.page.call("Input.dispatchKeyEvent", type="rawKeyDown", **named)
        if key == "Space":
            self.type(" ")
        self.page.call("Input.dispatchKeyEvent", type="keyUp", **named)

    def type(self, text: str) -> None:
        for char in text:
            self.page.call("Input.dispatchKeyEvent", type="char", text=char)

    def saved(self) -> bytes:
        return base64.b64decode(self.viewer.run(SAVE))


@contextmanager
def opened(pdf: bytes, folder: Path) -> Iterator[Browser]:
    """The PDF open in the browser, the keyboard on its first page."""
    path = folder / "opened.pdf"
    path.write_bytes(pdf)
    with _started(f"{path.as_uri()}#toolbar=0", folder) as port:
        page = _wait(lambda: _address(port, path.as_uri(), "page"))
        viewer = _wait(lambda: _address(port, VIEWER, "iframe"))
        with connect(page) as one, connect(viewer, max_size=None) as other:
            viewer_frame = Target(other)
            _wait(lambda: viewer_frame.run("document.querySelector('pdf-viewer')?.loadState_ === 'success'"))
            yield Browser(Target(one), viewer_frame)


@contextmanager
def blank(folder: Path) -> Iterator[Target]:
    """An empty page, which tells of what it loads, what it logs and what its security policy keeps from it."""
    with (
        _started("about:blank", folder) as port,
        connect(_wait(lambda: _address(port, "about:blank", "page")), max_size=None) as connection,
    ):
        page = Target(connection)
        for domain in ("Page", "Network", "Log", "Runtime", "Audits"):
            page.call(f"{domain}.enable")
        page.call("Page.setLifecycleEventsEnabled", enabled=True)
        yield page


@contextmanager
def _started(address: str, folder: Path) -> Iterator[int]:
    """A browser with that address open; the port of its DevTools."""
    flags = ["--headless=new", *FLAGS, "--no-first-run", "--remote-debugging-port=0", "--window-size=1000,1400"]
    command = ["chromium", *flags, f"--user-data-dir={folder / 'profile'}", address]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield int(_wait(lambda: (folder / "profile" / "DevToolsActivePort").read_text().split()[0]))
        finally:
            process.terminate()


def _address(port: int, start: str, kind: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
        targets = json.load(answer)
    return next(one["webSocketDebuggerUrl"] for one in targets if one["url"].startswith(start) and one["type"] == kind)


def _wait(ready: Any) -> Any:
    """What `ready` gives as soon as it gives anything."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if found := ready():
                return found
        except (OSError, IndexError, StopIteration):
            pass
        time.sleep(0.1)
    raise TimeoutError("the browser is not ready")
