// Keys of the list, and the picture of a page. Every page works without this, but for turning pages and zooming.
"use strict";

const links = [...document.querySelectorAll(".tasks a")];

function go(step) {
  const at = links.indexOf(document.activeElement);
  const next = links[Math.min(links.length - 1, Math.max(0, at + step))];
  if (next) next.focus();
}

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "j") go(1);
  if (event.key === "k") go(-1);
});

const errors = document.querySelector(".errors");
if (errors) errors.focus();

const picture = document.getElementById("page-picture");
if (picture) {
  let page = 0, width = 100, turned = 0;
  const label = document.getElementById("page-number");

  function show(number) {
    const tried = new Image();
    tried.addEventListener("load", () => {
      page = number;
      picture.src = tried.src;
      picture.alt = `Page ${page + 1} of ${picture.dataset.of}`;
      label.textContent = `Page ${page + 1}`;
    });
    tried.addEventListener("error", () => { label.textContent = `Page ${page + 1} is the last`; });
    if (number >= 0) tried.src = `${picture.dataset.path}${number}.png`;
  }

  picture.addEventListener("error", () => { label.textContent = "This file cannot be shown"; picture.hidden = true; });

  document.querySelector(".tools").addEventListener("click", (event) => {
    const { page: step, zoom, turn } = event.target.dataset;
    if (step) show(page + Number(step));
    if (zoom) width = Math.min(400, Math.max(50, width * Number(zoom)));
    if (turn) turned = (turned + Number(turn)) % 360;
    picture.style.width = `${width}%`;
    picture.style.transform = turned ? `rotate(${turned}deg)` : "";
  });
}
