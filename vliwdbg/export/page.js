"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const ENGINES = Object.keys(data.limits);
const COLORS = {
  alu: "--alu", valu: "--valu", load: "--load", store: "--store", flow: "--flow",
  dependence: "--dependence", storage: "--storage", memory: "--memory", control: "--control",
  scheduler: "--mark", "none-left": "--left",
};
const $ = (id) => document.getElementById(id);
const percent = (part) => (100 * part).toFixed(1) + " %";
const colorOf = (name) => `var(${COLORS[name.replace(" full", "")] || "--other"})`;

function make(parent, name, fields = {}, text = "") {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(fields)) {
    if (key === "style") Object.assign(element.style, value);
    else element[key] = value;
  }
  if (text) element.textContent = text;
  parent.append(element);
  return element;
}

function tip(element, text) {
  element.addEventListener("pointermove", (event) => showTip(event, typeof text === "function" ? text(event) : text));
  element.addEventListener("pointerleave", () => { $("tip").hidden = true; });
}

function showTip(event, text) {
  const box = $("tip");
  box.hidden = !text;
  box.textContent = text;
  box.style.left = Math.max(4, Math.min(event.clientX + 12, innerWidth - box.offsetWidth - 8)) + "px";
  box.style.top = Math.max(4, Math.min(event.clientY + 14, innerHeight - box.offsetHeight - 8)) + "px";
}

// Pictures over the cycles

const start = data.windows.length ? data.windows[0][0] : 0;
const end = data.windows.length ? data.windows[data.windows.length - 1][1] : 1;

function area(windows, color) {
  const NS = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", `${start} 0 ${end - start} 1`);
  svg.setAttribute("preserveAspectRatio", "none");
  const path = document.createElementNS(NS, "path");
  const steps = windows.map(([first, stop, part]) => `V${(1 - part).toFixed(4)}H${stop}`);
  path.setAttribute("d", `M${start} 1${steps.join("")}V1Z`);
  path.style.fill = color;
  svg.append(path);
  return svg;
}

function lane(parent, name, small, windows, color, told) {
  const row = make(parent, "div", { className: "lane" });
  make(make(row, "span", {}, name), "small", {}, small);
  const plot = make(row, "div", { className: "plot" });
  plot.append(area(windows, color));
  make(plot, "div", { className: "needle", hidden: true });
  const cycleOf = (event) => {
    const box = plot.getBoundingClientRect();
    const part = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 0.999999);
    return start + Math.floor(part * (end - start));
  };
  tip(plot, (event) => told(cycleOf(event)));
  plot.addEventListener("click", (event) => walkTo(cycleOf(event)));
}

function axis(parent) {
  const row = make(parent, "div", { className: "axis" });
  const wanted = (end - start) / (row.clientWidth / 90);
  const power = 10 ** Math.floor(Math.log10(Math.max(wanted, 1)));
  const apart = [1, 2, 5, 10].map((times) => times * power).find((cycles) => cycles >= wanted);
  for (let cycle = start; cycle < end; cycle += apart - (cycle % apart)) {
    make(row, "span", { style: { left: (100 * (cycle - start)) / (end - start) + "%" } }, String(cycle));
  }
}

const windowAt = (windows, cycle) => windows.find(([first, stop]) => first <= cycle && cycle < stop);
const span = (first, stop) => (stop - first === 1 ? `cycle ${first}` : `cycles ${first}–${stop - 1}`);

function drawOccupancy() {
  ENGINES.forEach((engine, k) => {
    const use = data.stats[k];
    const windows = data.windows.map(([first, stop, parts]) => [first, stop, parts[k]]);
    lane($("occupancy"), engine, percent(use.used), windows, colorOf(engine), (cycle) => {
      const [first, stop, parts] = windowAt(data.windows, cycle);
      const used = ENGINES.map((name, at) => `${name} ${(parts[at] * data.limits[name]).toFixed(stop - first === 1 ? 0 : 1)} of ${data.limits[name]}`);
      return [span(first, stop), ...used].join("\n");
    });
  });
  axis($("occupancy"));
}

function drawPressure() {
  const live = data.live;
  $("pressure-hint").textContent = `At most ${live.peak} of ${live.scratch}, at cycle ${live.peak_cycle}; ${live.used} words are used at all.`;
  const windows = live.windows.map(({ first, stop, words }) => [first, stop, words / live.scratch]);
  lane($("pressure"), "live", `of ${live.scratch} words`, windows, "var(--other)", (cycle) => {
    const [first, stop, part] = windowAt(windows, cycle);
    return `${span(first, stop)}\nat most ${Math.round(part * live.scratch)} words`;
  });
  axis($("pressure"));
}

// Bars

function bar(parent, name, parts, whole, told) {
  const row = make(parent, "div", { className: "bar" });
  make(row, "span", {}, name);
  const track = make(row, "div", { className: "track" });
  for (const [label, count] of parts) {
    if (!count) continue;
    const piece = make(track, "i", { style: { width: (100 * count) / whole + "%", background: colorOf(label) } });
    tip(piece, `${label}: ${Number.isInteger(count) ? count : count.toFixed(1)} of ${whole} (${percent(count / whole)})`);
  }
  make(row, "span", {}, told);
}

function legend(parent, names) {
  const row = make(parent, "div", { className: "legend" });
  for (const name of names) {
    const entry = make(row, "span");
    make(entry, "i", { style: { background: colorOf(name) } });
    entry.append(name);
  }
}

function drawFloor() {
  const floor = data.floor;
  $("floor-hint").textContent = floor.cycles
    ? `${floor.cycles} cycles, at least ${floor.floor}: ${floor.binds} binds, the gap is ${floor.gap}.` : "Nothing was executed.";
  for (const bound of floor.bounds) bar($("floor"), bound.name, [[bound.name, bound.cycles]], floor.cycles, bound.cycles.toFixed(1));
  make($("floor"), "p", { className: "hint" }, "Under other conditions");
  for (const bound of floor.others) bar($("floor"), bound.name, [["other", bound.cycles]], floor.cycles, bound.cycles.toFixed(1));
}

function drawWhy() {
  const order = [...Object.keys(COLORS).map((name) => name in data.limits ? name + " full" : name), "start"];
  const roots = order.filter((name) => data.why.some((total) => total.roots[name]));
  for (const total of data.why) {
    const parts = roots.map((name) => [name, total.roots[name] || 0]);
    bar($("why"), total.engine, parts, Math.max(total.count, 1), `${total.count} free`);
  }
  legend($("why"), roots);
}

function drawCritical() {
  const critical = data.critical;
  const parts = Object.entries(critical.split);
  $("critical-hint").textContent = parts.length
    ? `${critical.cycles} cycles up to the last store of an output, by what was waited for.` : "Nothing is stored, so no chain leads there.";
  document.querySelector("details").hidden = !parts.length;
  if (!parts.length) return;
  bar($("critical"), "waited for", parts, critical.cycles, String(critical.cycles));
  const row = make($("critical"), "div", { className: "legend" });
  for (const [name, count] of parts) {
    const entry = make(row, "span");
    make(entry, "i", { style: { background: colorOf(name) } });
    entry.append(`${name} ${count}`);
  }
  const head = make(make($("chain"), "thead"), "tr");
  for (const name of ["Cycle", "Slot", "Waited", "After", ""]) make(head, "th", {}, name);
  const body = make($("chain"), "tbody");
  for (const link of critical.chain) {
    const line = make(body, "tr");
    make(line, "td", {}, String(link.slot.cycle));
    make(line, "td", {}, `${link.slot.engine}[${link.slot.slot}]`);
    make(line, "td", {}, link.cycles ? `${link.cycles} for ${link.waits_for}` : "");
    make(line, "td", {}, link.latency ? `${link.latency} ${link.then}` : "");
    make(line, "td", { className: "code" }, link.slot.text);
  }
}

// The walk: rows of a fixed height, of which only those in sight are made

const HEIGHT = 20;
const tagAt = new Map(data.tags);
let here = 0;

function tagOf(step) {
  let name = "";
  for (const [first, tag] of data.tags) {
    if (first > step) break;
    name = tag;
  }
  return name;
}

function drawRows() {
  const room = $("room");
  const first = Math.max(0, Math.floor($("rows").scrollTop / HEIGHT) - 5);
  const last = Math.min(data.walk.length, first + Math.ceil($("rows").clientHeight / HEIGHT) + 10);
  room.replaceChildren();
  for (let step = first; step < last; step += 1) {
    const [cycle, , glyphs, slots] = data.walk[step];
    const row = make(room, "div", { className: "row", style: { top: step * HEIGHT + "px" } });
    row.classList.toggle("here", step === here);
    row.classList.toggle("tagged", step > 0 && tagAt.has(step));
    make(row, "span", { className: "at" }, String(cycle).padStart(7) + "  ");
    glyphs.forEach((text, k) => {
      const used = text.replace(/·+$/, "");
      make(row, "span", { style: { color: colorOf(ENGINES[k]) } }, used);
      make(row, "span", { className: "free" }, text.slice(used.length) + " ");
    });
    row.addEventListener("pointerenter", () => choose(step));
    row.addEventListener("click", () => choose(step));
    row.title = slots.map(([place, text]) => `${place}  ${text}`).join("\n");
  }
}

function choose(step) {
  here = Math.min(Math.max(step, 0), data.walk.length - 1);
  for (const row of $("room").children) row.classList.toggle("here", row.style.top === here * HEIGHT + "px");
  drawBundle();
}

function drawBundle() {
  const [cycle, pc, , slots] = data.walk[here];
  const box = $("bundle");
  const tag = tagOf(here);
  box.replaceChildren();
  make(box, "h3", {}, `cycle ${cycle}, pc ${pc}${tag ? `, ${tag}` : ""}`);
  const body = make(make(box, "table"), "tbody");
  for (const [place, text, value] of slots) {
    const line = make(body, "tr");
    make(line, "td", { style: { color: colorOf(place.split("[")[0]) } }, place);
    make(line, "td", { className: "code" }, text);
    make(line, "td", { className: "code" }, value);
  }
  if (!slots.length) make(box, "p", { className: "hint" }, "No slot.");
  const part = (cycle - start) / Math.max(end - start, 1);
  for (const needle of document.querySelectorAll(".needle")) {
    needle.hidden = false;
    needle.style.left = 100 * part + "%";
  }
}

function show(step) {
  choose(step);
  const rows = $("rows");
  const top = here * HEIGHT;
  if (top < rows.scrollTop || top + HEIGHT > rows.scrollTop + rows.clientHeight) {
    rows.scrollTop = top - rows.clientHeight / 2;
  }
  drawRows();
}

function walkTo(cycle) {
  let step = data.walk.findIndex(([at]) => at >= cycle);
  if (step < 0) step = data.walk.length - 1;
  if (step >= 0) show(step);
}

function drawWalk() {
  const shown = data.walk.length;
  $("walk-hint").textContent = !shown ? "Nothing was executed."
    : "A character for each slot. Point at a bundle, or use the arrow keys, to see its slots and what they made."
    + (shown < data.executed ? ` The first ${shown} of ${data.executed} bundles are here.` : "");
  $("walk").hidden = !shown;
  if (!shown) return;
  $("walk-head").textContent = "  cycle  " + ENGINES.map((name) => name.slice(0, data.limits[name]).padEnd(data.limits[name])).join(" ");
  $("room").style.height = shown * HEIGHT + "px";
  $("rows").addEventListener("scroll", drawRows);
  const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20, Home: -Infinity, End: Infinity };
  $("rows").addEventListener("keydown", (event) => {
    if (!(event.key in moves)) return;
    event.preventDefault();
    show(here + moves[event.key]);
  });
  drawRows();
  choose(0);
}

document.querySelector("h1").textContent = data.title;
make($("facts"), "b", {}, `${data.floor.cycles} cycles`);
$("facts").append(`, ${data.bundles} bundles, ${data.floor.gap} above the floor of ${data.floor.floor}. vliwdbg ${data.version}.`);
if (data.floor.notes.length) {
  $("notes").hidden = false;
  $("notes").textContent = data.floor.notes.join("\n");
}
drawOccupancy();
drawPressure();
drawFloor();
drawWhy();
drawCritical();
drawWalk();
