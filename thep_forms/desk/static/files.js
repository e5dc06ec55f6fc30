// Files that are dropped anywhere on a page: each is sent, then read, and the tray says what came of it.
// Without this, the page "Add returns" takes files.
"use strict";

(() => {
  const SECONDS = 1;
  const { token, year, mostFiles, mostBytes } = document.getElementById("drop-token").dataset;
  const tray = document.getElementById("tray");
  const says = document.getElementById("tray-says");
  const hint = document.getElementById("drop");
  let isWatching = false;

  // --- the tray ------------------------------------------------------------------------------------------------

  function say(words) {
    if (says.textContent !== words) says.textContent = words;
  }

  function lines(selector) {
    return [...tray.querySelectorAll(selector)].map((found) => found.textContent);
  }

  async function look() {
    const answer = await fetch("/add/tray");
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const focused = tray.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const wasOpen = new Map();
    for (const batch of tray.querySelectorAll("details.batch")) wasOpen.set(batch.dataset.number, batch.open);
    const found = [...page.querySelectorAll("details.batch")];
    for (const batch of found) batch.open = wasOpen.get(batch.dataset.number) ?? true; // what is new is shown
    for (const batch of tray.querySelectorAll("details.batch")) batch.remove();
    tray.append(...found);
    if (focused) [...tray.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
    tray.hidden = !tray.querySelector(".batch");
    document.getElementById("nothing-yet")?.remove();
    return tray.querySelector("[data-reading=yes]") !== null;
  }

  async function watch() {
    if (isWatching) return;
    isWatching = true;
    let isReading = true;
    while (isReading) {
      try {
        isReading = await look();
      } catch {
        // The desk does not answer at this moment. It may the next time.
      }
      say(lines(".said")[0] || "");
      if (isReading) await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
    }
    isWatching = false;
    await renew();
  }

  // The list of what needs somebody says what was so before the files came, unless somebody is at work in it.
  async function renew() {
    const main = document.querySelector("main");
    if (location.pathname !== "/" || main.contains(document.activeElement)) return;
    try {
      const answer = await fetch(location.href);
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      main.replaceChildren(...page.querySelector("main").childNodes);
      document.title = page.title;
    } catch {
      // The desk does not answer at this moment. The page stays as it is.
    }
  }

  tray.addEventListener("submit", async (event) => {
    if (!event.target.matches(".remove")) return;
    event.preventDefault();
    await fetch(event.target.action, { method: "POST", body: new URLSearchParams(new FormData(event.target)) });
    await look();
    say("Cleared.");
  });

  // --- sending -------------------------------------------------------------------------------------------------

  function startedBatch(count) {
    const batch = document.createElement("div");
    batch.className = "batch sending";
    const line = document.createElement("p");
    line.className = "what";
    const progress = document.createElement("progress");
    progress.setAttribute("aria-label", "How much is sent");
    const list = document.createElement("ul");
    list.className = "came";
    line.append(count === 1 ? "Adding a file " : `Adding ${count} files `, progress);
    batch.append(line, list);
    tray.prepend(batch);
    tray.hidden = false;
    say(line.textContent);
    return { batch, line, progress, list };
  }

  function fail(shown, words) {
    shown.progress.remove();
    shown.line.textContent = words;
    shown.line.className = "error";
    const button = document.createElement("button");
    button.className = "quiet";
    button.type = "button";
    button.textContent = "Clear this";
    button.addEventListener("click", () => {
      shown.batch.remove();
      tray.hidden = !tray.querySelector(".batch");
    });
    shown.batch.append(button);
    say(words);
  }

  const CLOSED = "The desk does not answer. Open it again, then add these files again: none counts twice.";

  async function ask(path, fields) {
    let answer;
    try {
      answer = await fetch(path, { method: "POST", body: new URLSearchParams({ token, ...fields }) });
    } catch {
      throw new Error(CLOSED);
    }
    if (!answer.ok) throw new Error(await wordsOf(await answer.text()));
    return answer.json();
  }

  function wordsOf(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    return page.querySelector("main p")?.textContent || page.body.textContent.trim();
  }

  function send(number, { file, path }, onProgress) {
    const form = new FormData();
    form.append("token", token);
    form.append("files", file, path);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", `/add/${number}/files`);
      request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
      request.addEventListener("load", () => {
        if (request.status === 200) resolve();
        else reject(new Error(wordsOf(request.responseText)));
      });
      request.addEventListener("error", () => reject(new Error(`${path} cannot be read, or the desk was closed.`)));
      request.send(form);
    });
  }

  function why(files, total) {
    if (files.length > Number(mostFiles)) return `That is more than ${mostFiles} files at once. Add fewer at a time.`;
    if (total > Number(mostBytes)) return `That is more than ${mostBytes / 2 ** 30} GB at once. Add less at a time.`;
    return "";
  }

  async function add(files, password = "") {
    if (!files.length) return;
    const total = files.reduce((sum, { file }) => sum + file.size, 0);
    const shown = startedBatch(files.length);
    const tooMuch = why(files, total);
    if (tooMuch) {
      fail(shown, tooMuch);
      return;
    }
    let sent = 0;
    shown.progress.max = total || 1;
    try {
      const { number } = await ask("/add/open", { in_sight: year });
      for (const each of files) {
        const line = document.createElement("li");
        line.textContent = each.path;
        shown.list.prepend(line);
        await send(number, each, (loaded) => { shown.progress.value = sent + Math.min(loaded, each.file.size); });
        sent += each.file.size;
      }
      await ask(`/add/${number}/read`, { password });
    } catch (error) {
      fail(shown, error.message === CLOSED ? CLOSED : `${error.message} Nothing was read.`);
      return;
    }
    shown.batch.remove();
    await watch();
  }

  // --- dropping ------------------------------------------------------------------------------------------------

  async function filesIn(entry) {
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      return [{ file, path: entry.fullPath.replace(/^\//, "") }];
    }
    const reader = entry.createReader();
    const found = [];
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (!some.length) return found;
      for (const inner of some) found.push(...(await filesIn(inner)));
    }
  }

  function entriesOf(transfer) {
    return [...transfer.items].filter((item) => item.kind === "file").map((item) => {
      const entry = item.webkitGetAsEntry ? item.webkitGetAsEntry() : null;
      const file = entry ? null : item.getAsFile(); // an e-mail that is dragged out of a program may be no entry
      return { entry, file };
    });
  }

  const hasFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  const isOnInput = (event) => event.target.closest && event.target.closest("input[type=file], .takes-files");

  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    hint.hidden = Boolean(isOnInput(event));
    if (!isOnInput(event)) event.preventDefault();
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) hint.hidden = true; });
  document.addEventListener("drop", async (event) => {
    hint.hidden = true;
    if (!hasFiles(event) || isOnInput(event)) return;
    event.preventDefault();
    const files = [];
    for (const { entry, file } of entriesOf(event.dataTransfer)) {
      if (file) files.push({ file, path: file.name });
      else if (entry) files.push(...(await filesIn(entry)));
    }
    await add(files);
  });

  const form = document.getElementById("add");
  if (form) {
    form.addEventListener("submit", async (event) => {
      const chosen = [...form.elements.files.files];
      if (!chosen.length) return; // the page says what is missing
      event.preventDefault();
      const password = form.elements.password.value;
      form.reset();
      await add(chosen.map((file) => ({ file, path: file.name })), password);
    });
  }

  if (tray.querySelector("[data-reading=yes]")) watch();
})();
