// Keeps the page fresh: asks for the same address again and puts the new <main> in place of the old one.
// The page is whole without it.
"use strict";

(() => {
  const EVERY = 5000;
  // What is shown is old after so long; a question that is not answered by then has failed.
  const OLD = 3 * EVERY;
  const news = document.getElementById("news");
  const box = document.getElementById("refresh");
  if (!news || !box || !window.fetch || !window.AbortSignal || !AbortSignal.timeout) return;

  const state = document.createElement("span");
  const button = document.createElement("button");
  button.type = "button";
  button.id = "pause";
  box.append(state, button);

  let paused = false;
  let timer = 0;
  let seen = new Date();

  const clock = () => seen.toISOString().slice(11, 19) + " UTC";
  const show = (words) => { state.textContent = words; };
  const label = () => { button.textContent = paused ? "Resume" : "Pause"; };

  // Whether what is shown is old: said in the page, and once to who does not see it.
  const mark = (old) => {
    if (old === document.body.classList.contains("stale")) return;
    document.body.classList.toggle("stale", old);
    news.textContent = old ? "What is shown is old: " + state.textContent : "What is shown is new again";
  };

  // What somebody is reading or writing must not be pulled away. Says what stands in the way.
  const busy = () => {
    const selection = document.getSelection();
    if (selection && !selection.isCollapsed && document.getElementById("main").contains(selection.anchorNode)) return "text is selected";
    const changed = [...document.querySelectorAll(".filter input, .filter select")].some((field) => {
      if (field.type === "checkbox") return field.checked !== field.defaultChecked;
      if (field.options) return ![...field.options].every((option, at) => option.selected === (option.defaultSelected || (at === 0 && ![...field.options].some((o) => o.defaultSelected))));
      return field.value !== field.defaultValue;
    });
    return changed ? "the filter is changed and not applied" : "";
  };

  const waits = () => {
    if (paused) return true;
    const why = busy();
    if (!why) return false;
    show("As of " + clock() + "; waiting, " + why);
    mark(Date.now() - seen > OLD);
    return true;
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

  // The way to sections that were not there before.
  const link = (next) => {
    const links = document.querySelector(".bar nav");
    if (links && next && links.textContent !== next.textContent) links.replaceWith(document.adoptNode(next));
  };

  const refresh = async () => {
    if (document.hidden || waits()) return;
    try {
      // The body counts, too: a server that stands still may have sent the head.
      const signal = AbortSignal.timeout(OLD - EVERY);
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store", credentials: "same-origin", signal });
      if (!answer.ok) throw new Error("answered " + answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = page.getElementById("main");
      if (!next) throw new Error("answered something else");
      if (waits()) return;
      swap(next);
      link(page.querySelector(".bar nav"));
      document.title = page.title;
      seen = new Date();
      show("Updated " + clock());
      mark(false);
    } catch (error) {
      if (paused) return;
      show("No answer since " + clock());
      mark(true);
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
    if (paused) { clearTimeout(timer); show("Paused, as of " + clock()); } else { tick(); }
  });
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden && !paused) tick();
  });

  label();
  show("Updated " + clock());
  timer = setTimeout(tick, EVERY);
})();
