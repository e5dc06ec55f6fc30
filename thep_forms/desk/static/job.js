// The page of a job, while it runs: shows how far it is. Without this, a person loads the page again.
"use strict";

const SECONDS = 1;
let shown = document.getElementById("job");

async function look() {
  try {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.getElementById("job");
    if (!now || now.dataset.running !== "yes") {
      location.reload();
      return;
    }
    shown.replaceWith(now);
    shown = now;
  } catch {
    // The desk does not answer at this moment. It may the next time.
  }
  setTimeout(look, SECONDS * 1000);
}

setTimeout(look, SECONDS * 1000);
