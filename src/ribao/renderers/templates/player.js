// The player: chapters, speed, and a transcript that follows. Without it the page has plain audio
// elements, and each link of chapter, sentence and paper opens the sound at its time.
"use strict";
(() => {
  const SPEED = "ribao-speed";
  const SKIP = 10;
  // By the address of their sound, which is also where their links lead.
  const players = new Map();

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

  const mark = (links, link) => {
    const old = links.find((each) => each.hasAttribute("aria-current"));
    if (old === link) return false;
    old?.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "true");
    return true;
  };

  // Keep a link in sight inside its own box, never moving the page.
  const follow = (box, link) => {
    if (!link || !box.offsetParent) return;
    const from = box.getBoundingClientRect(), at = link.getBoundingClientRect();
    if (at.top < from.top + 24 || at.bottom > from.bottom - 24) {
      box.scrollTop += at.top - from.top - box.clientHeight / 3;
    }
  };

  const make = (part) => {
    const audio = part.querySelector("audio");
    const select = part.querySelector("select");
    const [chapters, cues] = [".chapters", ".transcript"].map((name) => {
      const box = part.querySelector(`${name} .box`);
      return { box, links: [...box.querySelectorAll("[data-at]")] };
    });

    const play = () => audio.play().catch(() => {});
    // Before anything is loaded this is where the sound will begin (HTML, currentTime).
    const seek = (seconds) => { audio.currentTime = Math.max(0, seconds); show(); };
    const step = (by) => {
      const link = chapters.links[current(chapters.links, audio.currentTime) + by];
      if (link) seek(Number(link.dataset.at));
    };
    const show = () => {
      for (const { box, links } of [chapters, cues]) {
        const link = links[current(links, audio.currentTime)];
        if (mark(links, link)) follow(box, link);
      }
      const chapter = chapters.links[current(chapters.links, audio.currentTime)];
      part.querySelector(".now").textContent = chapter?.lastElementChild.textContent ?? "";
    };
    const pace = (speed) => {
      select.value = speed;
      if (!select.value) select.value = "1";
      audio.defaultPlaybackRate = audio.playbackRate = Number(select.value);
    };

    audio.addEventListener("timeupdate", show);
    audio.addEventListener("play", () => {
      for (const other of players.values()) other.silence(audio);
      part.classList.add("started");
    });
    audio.addEventListener("ended", () => part.classList.remove("started"));
    for (const { box, links } of [chapters, cues]) {
      box.closest("details").addEventListener("toggle", () => {
        follow(box, links.find((each) => each.hasAttribute("aria-current")));
      });
    }
    select.addEventListener("change", () => {
      remember(select.value);
      for (const each of players.values()) each.pace(select.value);
    });
    for (const button of part.querySelectorAll("[data-step]")) {
      button.addEventListener("click", () => step(Number(button.dataset.step)));
    }

    const keys = {
      " ": () => (audio.paused ? play() : audio.pause()),
      ArrowLeft: () => seek(audio.currentTime - SKIP),
      ArrowRight: () => seek(audio.currentTime + SKIP),
      "[": () => step(-1),
      "]": () => step(1),
    };
    part.addEventListener("keydown", (event) => {
      const act = keys[event.key];
      // Some keyboards make a bracket with AltGr, which Windows takes for Ctrl and Alt.
      const held = event.altKey || event.ctrlKey || event.metaKey;
      if (!act || (held && !event.getModifierState("AltGraph"))) return;
      // These do something of their own at a space or an arrow; brackets are nobody's.
      if (!"[]".includes(event.key) && event.target.closest("audio, button, select, summary")) return;
      event.preventDefault();
      act();
    });

    pace(remembered() ?? "1");
    part.querySelector(".controls").hidden = false;
    // Sound that was begun further down the page stays at hand at its foot.
    new IntersectionObserver(([seen]) => part.classList.toggle("away", !seen.isIntersecting)).observe(part);
    return {
      pace,
      start: (seconds) => { seek(seconds); play(); },
      silence: (playing) => { if (audio !== playing) { audio.pause(); part.classList.remove("started"); } },
    };
  };

  const parts = [...document.querySelectorAll("[data-player]")];
  for (const part of parts) players.set(part.querySelector("audio").src, make(part));
  // Where there is room beside the player, its chapters are there at once.
  if (parts.length === 1 && matchMedia("(min-width: 901px)").matches) {
    parts[0].querySelector(".chapters").open = true;
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-at]");
    const player = players.get(link?.href.split("#")[0]);
    if (!player || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    player.start(Number(link.dataset.at));
  });
})();
