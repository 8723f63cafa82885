"use strict";
(() => {
  const STEP = 50;
  const ARROWS = 10;
  const { fields, rows, signs } = window.REPORT;
  const at = Object.fromEntries(fields.map((name, number) => [name, number]));
  const ORDER = ["fail", "check", "nothing to judge", "pass"];
  const body = document.querySelector("#regions tbody");
  const filters = document.querySelector("#filters");
  const state = { key: "verdict", down: false, shown: STEP, found: [], open: -1, well: "" };

  const element = (name, text, marks) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (marks) made.className = marks;
    return made;
  };
  // Adding 0 makes no minus of what rounds to 0.
  const number = (value, digits) => (value === null ? "" : String((Math.round(value * 10 ** digits) / 10 ** digits + 0).toFixed(digits)));
  const value = (row, key) => {
    const found = row[at[key]];
    return key === "verdict" ? ORDER.indexOf(found) : found;
  };

  function filtered() {
    const chosen = new Set([...filters.querySelectorAll("[name=verdict]:checked")].map((e) => e.value));
    const acquisition = filters.elements.acquisition.value;
    const text = filters.elements.text.value.trim().toLowerCase();
    return rows.filter((row) =>
      chosen.has(row[at.verdict]) &&
      (!acquisition || String(row[at.acquisition]) === acquisition) &&
      (!state.well || row[at.well] === state.well) &&
      (!text || `${row[at.well]} ${row[at.image]} ${row[at.region]}`.toLowerCase().includes(text)));
  }

  function compare(a, b) {
    const [one, two] = [value(a, state.key), value(b, state.key)];
    // What is not known comes last, whichever way.
    if (one === two) return a[at.place] - b[at.place];
    if (one === null) return 1;
    if (two === null) return -1;
    const order = typeof one === "string" ? one.localeCompare(two, undefined, { numeric: true }) : one - two;
    return state.down ? -order : order;
  }

  function show() {
    state.found = filtered().sort(compare);
    body.replaceChildren(...state.found.slice(0, state.shown).map(line));
    document.querySelector("#more").hidden = state.found.length <= state.shown;
    document.querySelector("#count").textContent = `${state.found.length} of ${rows.length} regions`;
    for (const head of document.querySelectorAll("#regions th")) {
      const own = head.firstElementChild.dataset.key === state.key;
      if (own) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
  }

  function line(row, place) {
    const made = element("tr");
    made.dataset.place = place;
    const cell = (text, marks, name) => {
      const one = element("td", text, marks);
      if (name) one.dataset.name = name;
      made.append(one);
      return one;
    };
    const picture = cell(undefined, "picture");
    if (row[at.picture]) {
      const small = element("img");
      small.loading = "lazy";
      small.alt = "";
      small.src = `${row[at.picture]}-small.jpg`;
      picture.append(small);
    }
    const verdict = cell();
    verdict.append(element("span", `${signs[row[at.verdict]][0]} ${row[at.verdict]}`, `badge ${signs[row[at.verdict]][1]}`));
    const region = cell();
    const open = element("button", `${row[at.well]} · ${row[at.image]} · ${row[at.region]}`);
    region.append(open);
    cell(row[at.reason], "reason");
    cell(number(row[at.before], 2), "number", "before");
    cell(number(row[at.after], 2), "number", "after");
    cell(number(row[at.others], 2), "number", "other wells");
    cell(number(row[at.off], 1), "number", "off by (px)");
    cell(number(row[at.turned], 2), "number", "turned (degrees)");
    cell(number(row[at.distance], 1), "number", "shift (µm)");
    return made;
  }

  const detail = document.querySelector("#detail");
  const before = document.querySelector("#before");
  const after = document.querySelector("#after");
  const motion = document.querySelector("#motion");
  let timer = 0;

  function stop() {
    clearInterval(timer);
    timer = 0;
    after.className = "";
    if (state.open >= 0) after.src = after.dataset.own;
    for (const id of ["blink", "blink-sides"]) document.getElementById(id).setAttribute("aria-pressed", "false");
    motion.style.display = document.querySelector("#arrows").checked ? "" : "none";
  }

  function blink(button, change) {
    const running = button.getAttribute("aria-pressed") === "true";
    stop();
    if (running) return;
    button.setAttribute("aria-pressed", "true");
    motion.style.display = "none";
    let turn = false;
    timer = setInterval(() => { turn = !turn; change(turn); }, 600);
  }

  function openAt(place) {
    if (place < 0 || place >= state.found.length) return;
    state.open = place;
    const row = state.found[place];
    document.querySelector("#detail-title").textContent = `${row[at.well]} · image ${row[at.image]} · ${row[at.region]}`;
    document.querySelector("#detail-reason").textContent = `${row[at.verdict]}: ${row[at.reason]}`;
    const stem = row[at.picture];
    const sources = { before: row[at.has_before], after: row[at.has_after] };
    for (const [image, what] of [[before, "before"], [after, "after"]]) {
      const there = stem && sources[what];
      image.closest("figure").hidden = !there;
      image.dataset.own = there ? `${stem}-${what}.jpg` : "";
      if (there) image.src = image.dataset.own; else image.removeAttribute("src");
      image.alt = there ? `Reference in magenta and image in green, ${what} registration` : "";
    }
    document.querySelector("#blink").hidden = !(sources.before && sources.after && stem);
    const shown = ["acquisition", "before", "after", "others", "off", "largest", "turned", "turned_error", "share", "corner", "cut", "clear", "places", "z", "y", "x"];
    document.querySelector("#numbers tbody").replaceChildren(...shown.filter((key) => row[at[key]] !== null).map((key) => {
      const one = element("tr");
      const found = row[at[key]];
      one.append(element("td", window.REPORT.names[key]), element("td", Number.isInteger(found) ? found : found.toFixed(3)));
      return one;
    }));
    motion.replaceChildren();
    load(row);
    stop();
    if (!detail.open) detail.showModal();
  }

  function load(row) {
    const key = row[at.details];
    if (!key) return;
    window.DETAILS ??= {};
    if (window.DETAILS[key]) { draw(row); return; }
    const script = element("script");
    script.src = `details/${key}.js`;
    script.onload = () => draw(row);
    document.head.append(script);
  }

  function draw(row) {
    if (state.found[state.open] !== row) return;
    const found = window.DETAILS[row[at.details]]?.[row[at.key]];
    if (!found) return;
    const [height, width] = found.size;
    motion.setAttribute("viewBox", `0 0 ${width} ${height}`);
    motion.setAttribute("preserveAspectRatio", "none");
    const stroke = Math.max(height, width) / 250;
    motion.replaceChildren(...found.arrows.map(([y, x, dy, dx]) => {
      const arrow = document.createElementNS("http://www.w3.org/2000/svg", "path");
      const [y2, x2] = [y + ARROWS * dy, x + ARROWS * dx];
      const angle = Math.atan2(y2 - y, x2 - x);
      const side = (turn) => `${x2 - 4 * stroke * Math.cos(angle + turn)} ${y2 - 4 * stroke * Math.sin(angle + turn)}`;
      const tip = Math.hypot(y2 - y, x2 - x) > 3 * stroke ? `M${side(0.5)}L${x2} ${y2}L${side(-0.5)}` : "";
      arrow.setAttribute("d", `M${x} ${y}L${x2} ${y2}${tip}`);
      arrow.setAttribute("stroke", "#ffd400");
      arrow.setAttribute("stroke-width", stroke);
      arrow.setAttribute("stroke-linecap", "round");
      arrow.setAttribute("fill", "none");
      return arrow;
    }));
  }

  document.querySelector("#regions thead").addEventListener("click", (event) => {
    const key = event.target.dataset.key;
    if (!key) return;
    state.down = state.key === key ? !state.down : false;
    state.key = key;
    show();
  });
  body.addEventListener("click", (event) => {
    const chosen = event.target.closest("tr");
    if (chosen) openAt(Number(chosen.dataset.place));
  });
  document.querySelector("#map").addEventListener("click", (event) => {
    const well = event.target.closest("[data-well]")?.dataset.well;
    if (!well) return;
    state.well = state.well === well ? "" : well;
    for (const one of document.querySelectorAll("[data-well]")) one.setAttribute("aria-pressed", String(one.dataset.well === state.well));
    state.shown = STEP;
    show();
  });
  filters.addEventListener("input", () => { state.shown = STEP; show(); });
  filters.addEventListener("reset", () => {
    state.well = "";
    for (const one of document.querySelectorAll("[data-well]")) one.setAttribute("aria-pressed", "false");
    setTimeout(show);
  });
  document.querySelector("#more").addEventListener("click", () => { state.shown += STEP; show(); });
  document.querySelector("#blink").addEventListener("click", (event) =>
    blink(event.currentTarget, (turn) => { after.src = turn ? before.dataset.own : after.dataset.own; }));
  document.querySelector("#blink-sides").addEventListener("click", (event) =>
    blink(event.currentTarget, (turn) => { after.className = turn ? "reference-only" : "image-only"; }));
  document.querySelector("#arrows").addEventListener("change", stop);
  detail.addEventListener("close", () => {
    stop();
    body.querySelector(`tr[data-place="${state.open}"] button`)?.focus();
    state.open = -1;
  });
  detail.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step && event.target.tagName !== "INPUT") { event.preventDefault(); openAt(state.open + step); }
  });
  document.querySelector("#times").textContent = ARROWS;
  show();
})();
