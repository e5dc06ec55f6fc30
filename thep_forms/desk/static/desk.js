// Keys of the list and of a return, and copying. Every page works without this.
"use strict";

const lines = () => [...document.querySelectorAll(".tasks h2 a")]; // the list may change while it is open

function go(step) {
  const links = lines();
  const at = links.indexOf(document.activeElement);
  const next = links[Math.min(links.length - 1, Math.max(0, at + step))];
  if (next) next.focus();
}

function follow(id) {
  const link = document.getElementById(id);
  if (link) link.click();
}

// On the list: the note of the return in hand, where it is closed. On a return: its own.
function close() {
  const task = document.activeElement.closest(".tasks li");
  const box = document.getElementById("close-why");
  if (task) location.assign(`${task.querySelector("h2 a").getAttribute("href")}#close-why`);
  if (!box) return;
  document.getElementById("close").open = true;
  box.focus();
}

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select");
  if (document.body.dataset.keys !== "on" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "j") { if (lines().length) go(1); else follow("following"); }
  if (event.key === "k") { if (lines().length) go(-1); else follow("previous"); }
  if (event.key === "c") { event.preventDefault(); close(); }
});

const errors = document.querySelector(".errors");
if (errors) errors.focus();
else if (location.hash === "#close-why") close();
else document.getElementById(location.hash.slice(1))?.focus();

// Enter on an answer that was read from a picture confirms it; in one of several lines, unless somebody types there.
document.addEventListener("keydown", (event) => {
  const box = event.target;
  const button = box.closest(".proposal")?.querySelector("button[name=confirm]");
  const isInBox = box.matches("input, select") || (box.matches("textarea") && box.value === box.defaultValue);
  if (event.key !== "Enter" || event.shiftKey || !button || !isInBox) return;
  event.preventDefault();
  button.click();
});

for (const button of document.querySelectorAll("[data-copy], [data-copy-from]")) {
  button.hidden = false;
  const said = button.textContent;
  button.addEventListener("click", async () => {
    const { copy, copyFrom } = button.dataset;
    await navigator.clipboard.writeText(copy || document.getElementById(copyFrom).value);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = said; }, 2000);
  });
}
