// Follows the journal of a rehearsal. The page is whole without it: this only adds lines as they come.
"use strict";
const story = document.getElementById("story");
const standing = document.getElementById("standing");
const badge = (tone, word) => {
  const span = document.createElement("span");
  span.className = "badge " + tone;
  span.textContent = word;
  return span;
};
const follow = (from) => {
  let next = from;
  const source = new EventSource(story.dataset.follow + "?from=" + next);
  // A browser comes back by itself when the connection breaks, and never after an answer that is no stream.
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(() => follow(next), 3000);
    }
  });
  source.addEventListener("happened", (message) => {
    next = message.lastEventId || next;
    for (const one of JSON.parse(message.data)) {
      const line = document.createElement("li");
      const at = document.createElement("span");
      at.className = "quiet";
      at.textContent = one.at ?? "";
      line.append(badge(one.tone, one.word), " " + one.text + " ", at);
      story.append(line);
    }
  });
  source.addEventListener("over", (message) => {
    source.close();
    const over = JSON.parse(message.data);
    if (over.standing === "finished") {
      const link = document.createElement("a");
      link.href = over.evidence;
      link.textContent = "Its evidence";
      standing.replaceChildren(badge("good", "DONE"), " ", link);
    } else {
      standing.replaceChildren(badge("warn", "GONE"), " It was refused or stopped, and left no evidence.");
    }
  });
};
if (story && window.EventSource) {
  follow(story.dataset.next);
}
