// The picture of a page beside the answers: turning pages, zoom, and which box of the page the answer in hand is in.
"use strict";

const picture = document.getElementById("page-picture");
const leaf = document.getElementById("leaf");
const mark = document.getElementById("mark");
const label = document.getElementById("page-number");
const NEAR = 4; // per cent of the page: how far from a box a click may be
const TURNS = { 0: "", 90: "rotate(90deg) translateY(-100%)", 180: "rotate(180deg) translate(-100%, -100%)", 270: "rotate(270deg) translateX(-100%)" };
let page = 0, width = 100, turned = 0, inHand = "", isChosen = false, pages = { count: 0, boxes: {} };

function describe(number) {
  return pages.count ? `Page ${number + 1} of ${pages.count}` : `Page ${number + 1}`;
}

function show(number) {
  if (number < 0 || (pages.count && number >= pages.count)) return;
  const tried = new Image();
  tried.addEventListener("load", () => {
    page = number;
    picture.src = tried.src;
    picture.alt = `Page ${page + 1} of ${picture.dataset.of}`;
    label.textContent = describe(page);
    light();
  });
  tried.addEventListener("error", () => { label.textContent = `Page ${page + 1} is the last`; });
  tried.src = `${leaf.dataset.path}/pages/${number}.png`;
}

function choose(number) {
  isChosen = true; // a person did, so no box takes its place that the page has in hand by itself
  show(number);
}

function place() {
  const isOnItsSide = turned % 180 !== 0;
  const ratio = picture.naturalWidth / (picture.naturalHeight || 1);
  leaf.style.width = `${width * (isOnItsSide ? ratio : 1)}%`;
  leaf.style.transform = TURNS[turned];
}

function light() {
  const box = pages.boxes[inHand];
  const isHere = box && box.page === page;
  mark.toggleAttribute("hidden", !isHere);
  if (!isHere) return;
  for (const [name, value] of [["x", box.left - 0.4], ["y", box.top - 0.3], ["width", box.width + 0.8], ["height", box.height + 0.6]]) {
    mark.setAttribute(name, String(value));
  }
  const sheet = leaf.parentElement, at = mark.getBoundingClientRect(), seen = sheet.getBoundingClientRect();
  if (at.top < seen.top || at.bottom > seen.bottom) sheet.scrollTop += at.top - seen.top - seen.height / 3;
  if (at.left < seen.left || at.right > seen.right) sheet.scrollLeft += at.left - seen.left - seen.width / 3;
}

function take(name) {
  inHand = name;
  const box = pages.boxes[name];
  if (box && box.page !== page) show(box.page);
  else light();
}

function distance(box, x, y) {
  const across = Math.max(box.left - x, 0, x - box.left - box.width);
  const down = Math.max(box.top - y, 0, y - box.top - box.height);
  return Math.hypot(across, down);
}

if (picture) {
  picture.addEventListener("error", () => { label.textContent = "This file cannot be shown"; leaf.hidden = true; });
  document.querySelector(".picture .tools").addEventListener("click", (event) => {
    const { page: step, zoom, turn } = event.target.dataset;
    if (step) choose(page + Number(step));
    if (zoom) width = Math.min(400, Math.max(50, width * Number(zoom)));
    if (turn) turned = (turned + Number(turn)) % 360;
    place();
    light();
  });
  picture.addEventListener("click", (event) => {
    const x = 100 * event.offsetX / picture.offsetWidth, y = 100 * event.offsetY / picture.offsetHeight;
    const near = Object.entries(pages.boxes)
      .filter(([name, box]) => box.page === page && document.getElementById(name))
      .map(([name, box]) => [distance(box, x, y), name])
      .sort((one, other) => one[0] - other[0])[0];
    if (near && near[0] <= NEAR) document.getElementById(near[1]).focus();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-show]");
    if (!link) return;
    event.preventDefault();
    choose(Number(link.dataset.show));
    leaf.parentElement.focus({ preventScroll: true });
    leaf.scrollIntoView({ block: "nearest" });
  });
  document.addEventListener("focusin", (event) => {
    const answer = event.target.closest("[data-box]");
    if (answer) take(answer.dataset.box);
  });
  if (leaf.dataset.places) fetch(leaf.dataset.places).then((answer) => answer.json()).then((found) => {
    pages = found;
    if (!leaf.hidden) label.textContent = describe(page);
    const held = document.activeElement.closest("[data-box]");
    const first = held || document.querySelector(".proposal[data-box], .asked[data-box]");
    const shown = document.querySelector("[data-show]");
    if (isChosen) return;
    if (first) take(first.dataset.box);
    else if (shown) show(Number(shown.dataset.show));
  }).catch(() => {}); // the picture and the answers do without
}
