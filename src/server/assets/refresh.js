// Keeps the page fresh: asks for the same address again and puts the new <main> in place of the old one.
// The page is whole without it.
"use strict";

(() => {
  const EVERY = 5000;
  const news = document.getElementById("news");
  const box = document.getElementById("refresh");
  if (!news || !box || !window.fetch) return;

  const state = document.createElement("span");
  const button = document.createElement("button");
  button.type = "button";
  button.id = "pause";
  box.append(state, button);

  let paused = false;
  let timer = 0;
  let lost = null;

  const clock = () => new Date().toLocaleTimeString([], { hour12: false });
  const show = (words) => { state.textContent = words; };
  const label = () => { button.textContent = paused ? "Resume" : "Pause"; };

  // What somebody is reading or writing must not be pulled away.
  const busy = () => {
    const selection = document.getSelection();
    if (selection && !selection.isCollapsed && document.getElementById("main").contains(selection.anchorNode)) return true;
    return [...document.querySelectorAll(".filter input, .filter select")].some((field) => {
      if (field.type === "checkbox") return field.checked !== field.defaultChecked;
      if (field.options) return ![...field.options].every((option, at) => option.selected === (option.defaultSelected || (at === 0 && ![...field.options].some((o) => o.defaultSelected))));
      return field.value !== field.defaultValue;
    });
  };

  // A name by which an element is found again in the new page.
  const place = (element, main) => {
    if (!element || !main.contains(element)) return null;
    if (element.id) return { find: (page) => page.querySelector("#" + CSS.escape(element.id)) };
    const alike = (page) => [...page.querySelectorAll(element.localName)]
      .filter((other) => other.textContent === element.textContent && other.getAttribute("href") === element.getAttribute("href"));
    const at = alike(main).indexOf(element);
    return { find: (page) => alike(page)[at] || null };
  };

  const swap = (next) => {
    const main = document.getElementById("main");
    const focused = place(document.activeElement, main);
    const caret = document.activeElement && document.activeElement.selectionStart;
    const frames = [...main.querySelectorAll(".scroll, pre")].map((frame) => [frame, frame.scrollLeft, frame.scrollTop]);
    const scrolled = frames.filter(([frame, left, top]) => frame.id && (left || top)).map(([frame, left, top]) => [frame.id, left, top]);
    const open = [...main.querySelectorAll("details[open][id]")].map((details) => details.id);
    const said = document.getElementById("verdict").textContent;

    document.adoptNode(next);
    open.forEach((id) => { const details = next.querySelector("#" + CSS.escape(id)); if (details) details.open = true; });
    const target = focused && focused.find(next);
    main.replaceWith(next);
    scrolled.forEach(([id, left, top]) => { const frame = document.getElementById(id); if (frame) frame.scrollTo(left, top); });
    if (target) {
      target.focus({ preventScroll: true });
      if (caret !== null && caret !== undefined && target.setSelectionRange) target.setSelectionRange(caret, caret);
    } else if (focused) {
      next.focus({ preventScroll: true });
    }
    const now = document.getElementById("verdict").textContent;
    if (now !== said) news.textContent = now;
  };

  const refresh = async () => {
    if (paused || document.hidden || busy()) return;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store", credentials: "same-origin" });
      if (!answer.ok) throw new Error("answered " + answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = page.getElementById("main");
      if (!next) throw new Error("answered something else");
      if (paused || busy()) return;
      swap(next);
      document.title = page.title;
      if (lost) news.textContent = "iamatrix answers again";
      lost = null;
      document.body.classList.remove("stale");
      show("Updated " + clock());
    } catch (error) {
      if (!lost) { lost = clock(); news.textContent = "iamatrix does not answer; what is shown is old"; }
      document.body.classList.add("stale");
      show("No answer since " + lost);
    }
  };

  const tick = async () => {
    clearTimeout(timer);
    await refresh();
    clearTimeout(timer);
    if (!paused && !document.hidden) timer = setTimeout(tick, EVERY);
  };

  button.addEventListener("click", () => {
    paused = !paused;
    label();
    if (paused) { clearTimeout(timer); show("Paused " + clock()); } else { tick(); }
  });
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden && !paused) tick();
  });

  label();
  show("Updated " + clock());
  timer = setTimeout(tick, EVERY);
})();
