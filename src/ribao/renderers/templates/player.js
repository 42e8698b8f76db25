// The player: chapters, speed, and a transcript that follows. Without it the page has plain audio
// elements, and each link of chapter and transcript opens the sound at its time.
"use strict";
(() => {
  const SPEED = "ribao-speed";
  const SKIP = 10;
  const players = [...document.querySelectorAll("[data-player]")];

  const remembered = () => { try { return localStorage.getItem(SPEED); } catch { return null; } };
  const remember = (speed) => { try { localStorage.setItem(SPEED, speed); } catch { /* private */ } };

  // The last of the links, sorted by time, that has begun.
  const current = (links, now) => {
    let low = 0, high = links.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (Number(links[middle].dataset.at) <= now + 0.05) low = middle + 1; else high = middle;
    }
    return low - 1;
  };

  const mark = (links, index) => {
    const old = links.find((link) => link.hasAttribute("aria-current"));
    if (old === links[index]) return false;
    old?.removeAttribute("aria-current");
    links[index]?.setAttribute("aria-current", "true");
    return true;
  };

  // Keep the sentence in sight inside its own box, never moving the page.
  const follow = (box, link) => {
    if (!link || !box.offsetParent) return;
    const from = box.getBoundingClientRect(), at = link.getBoundingClientRect();
    if (at.top < from.top + 24 || at.bottom > from.bottom - 24) {
      box.scrollTop += at.top - from.top - box.clientHeight / 3;
    }
  };

  for (const player of players) {
    const audio = player.querySelector("audio");
    const speed = player.querySelector("select");
    const now = player.querySelector(".now");
    const chapters = [...player.querySelectorAll(".chapters [data-at]")];
    const cues = [...player.querySelectorAll("[data-cue]")];
    const box = player.querySelector(".transcript .scroll");

    const seek = (seconds, play = true) => {
      const go = () => { audio.currentTime = seconds; if (play) audio.play().catch(() => {}); };
      if (audio.readyState > 0) return go();
      audio.addEventListener("loadedmetadata", go, { once: true });
      audio.preload = "metadata";
      audio.load();
    };
    player.seek = seek;

    const step = (by) => {
      const index = current(chapters, audio.currentTime) + by;
      if (chapters[index]) seek(Number(chapters[index].dataset.at), !audio.paused);
    };

    const show = () => {
      const chapter = current(chapters, audio.currentTime);
      if (mark(chapters, chapter)) now.textContent = chapters[chapter]?.lastChild.textContent ?? "";
      const cue = current(cues, audio.currentTime);
      if (mark(cues, cue)) follow(box, cues[cue]);
    };

    player.querySelector(".controls").hidden = false;
    speed.value = remembered() ?? "1";
    if (!speed.value) speed.value = "1";
    const pace = () => { audio.defaultPlaybackRate = audio.playbackRate = Number(speed.value); };
    pace();
    speed.addEventListener("change", () => { pace(); remember(speed.value); });
    audio.addEventListener("timeupdate", show);
    audio.addEventListener("seeked", show);
    audio.addEventListener("play", () => {
      for (const other of players) if (other !== player) other.querySelector("audio").pause();
    });
    player.addEventListener("click", (event) => {
      const link = event.target.closest("[data-at]");
      const button = event.target.closest("[data-step]");
      if (link && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        seek(Number(link.dataset.at));
      }
      if (button) step(Number(button.dataset.step));
    });
    player.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const free = event.target === audio || event.target === box || event.target.matches("[data-at], .player");
      if (!free) return;
      const keys = {
        " ": () => (audio.paused ? audio.play().catch(() => {}) : audio.pause()),
        ArrowLeft: () => { audio.currentTime = Math.max(0, audio.currentTime - SKIP); },
        ArrowRight: () => { audio.currentTime += SKIP; },
        "[": () => step(-1),
        "]": () => step(1),
      };
      const act = keys[event.key];
      // The browser's own player has keys of its own while it has the focus.
      if (!act || (event.target === audio && event.key.length !== 1)) return;
      if (event.target === audio && event.key === " ") return;
      event.preventDefault();
      act();
    });
  }

  // "Listen" beside a paper plays it in the first player that has it.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-listen]");
    const player = players[0];
    if (!link || !player || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    player.seek(Number(link.dataset.listen));
  });
})();
