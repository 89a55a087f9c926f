"use strict";
// An area is [name, bytes, wasted bytes, kind or "", parts]; areas nest.
const views = JSON.parse(document.getElementById("areas").textContent);
const map = document.getElementById("map");
const said = document.getElementById("said");
const trail = document.getElementById("trail");
const find = document.getElementById("find");
const NAME = 0, SIZE = 1, WASTED = 2, KIND = 3, PARTS = 4;
const TITLE = 17, SMALLEST = 3, NAMED_WIDTH = 28;
let view = Object.keys(views)[0];
let path = [views[view]];
let shown = [];

function bytes(count) {
  const units = ["B", "kB", "MB", "GB"];
  let unit = 0;
  while (count >= 1000 && unit < 3) { count /= 1000; unit += 1; }
  return `${count.toFixed(unit > 1 && count < 10 ? 1 : 0)} ${units[unit]}`;
}

// Squarified: rows along the shorter side, each as long as keeps its areas near squares.
function squarified(parts, box) {
  const placed = [];
  let left = parts.reduce((sum, part) => sum + part[SIZE], 0);
  let { x, y, width, height } = box;
  let next = 0;
  while (next < parts.length && left > 0 && width > 0 && height > 0) {
    const side = Math.min(width, height);
    const scale = (width * height) / left;
    let row = 0, end = next, worst = Infinity;
    while (end < parts.length) {
      const grown = row + parts[end][SIZE];
      const thick = (grown * scale) / side;
      const first = (parts[next][SIZE] * scale) / thick, last = (parts[end][SIZE] * scale) / thick;
      const ratio = Math.max(first / thick, thick / last);
      if (ratio > worst) break;
      worst = ratio; row = grown; end += 1;
    }
    const thick = (row * scale) / side;
    let along = width >= height ? y : x;
    for (; next < end; next += 1) {
      const length = (parts[next][SIZE] / row) * side;
      placed.push([parts[next], width >= height
        ? { x, y: along, width: thick, height: length }
        : { x: along, y, width: length, height: thick }]);
      along += length;
    }
    if (width >= height) { x += thick; width -= thick; } else { y += thick; height -= thick; }
    left -= row;
  }
  return placed;
}

function draw(area, box, parents, into) {
  if (box.width < SMALLEST || box.height < SMALLEST) return;
  const inner = area[PARTS] && area[PARTS].length > 0;
  const titled = box.width > NAMED_WIDTH && box.height > TITLE - 2;
  const element = document.createElement("div");
  element.className = "area";
  Object.assign(element.style, {
    left: `${box.x}px`, top: `${box.y}px`, width: `${box.width}px`, height: `${box.height}px`,
  });
  if (area[KIND]) element.style.backgroundColor = `var(--${area[KIND].replace(" ", "-")})`;
  if (area[WASTED] * 2 > area[SIZE]) element.classList.add("wasted");
  if (titled) element.textContent = `${area[NAME]}  ${bytes(area[SIZE])}`;
  element.dataset.index = shown.length;
  const chain = [...parents, area];
  shown.push({ element, chain });
  if (inner) {
    element.dataset.inner = "";
    element.tabIndex = -1;
    element.setAttribute("role", "button");
    element.setAttribute("aria-label", spoken(chain));
  }
  into.append(element);
  const head = titled ? TITLE : 2;
  if (inner && box.width > 2 * NAMED_WIDTH && box.height > 2 * TITLE) {
    const room = { x: box.x + 2, y: box.y + head, width: box.width - 4, height: box.height - head - 2 };
    for (const [part, place] of squarified(area[PARTS], room)) draw(part, place, chain, into);
  }
}

function spoken(chain) {
  const area = chain[chain.length - 1];
  const share = (100 * area[SIZE]) / views[view][SIZE];
  const wasted = area[WASTED] ? `, ${bytes(area[WASTED])} of it wasted` : "";
  const names = chain.slice(1).map((one) => one[NAME]).join(" › ") || area[NAME];
  return `${names}: ${bytes(area[SIZE])} (${share.toFixed(1)} %)${wasted}${area[KIND] ? `, ${area[KIND]}` : ""}`;
}

function render() {
  shown = [];
  map.replaceChildren();
  const area = path[path.length - 1];
  const room = { x: 0, y: 0, width: map.clientWidth, height: map.clientHeight };
  const pieces = document.createDocumentFragment();
  for (const [part, place] of squarified(area[PARTS] || [], room)) draw(part, place, path, pieces);
  map.append(pieces);
  trail.replaceChildren(...path.flatMap((one, depth) => {
    const name = document.createElement(depth === path.length - 1 ? "span" : "button");
    name.textContent = one[NAME];
    name.dataset.depth = depth;
    return depth ? [document.createTextNode("›"), name] : [name];
  }));
  mark();
  const first = map.querySelector("[data-inner]");
  if (first) first.tabIndex = 0;
}

// The focus stays in the map: at the area that was left, or else at the first one.
function go(chain) {
  const left = path[path.length - 1];
  const within = [map, trail].some((part) => part.contains(document.activeElement));
  path = chain;
  render();
  said.textContent = spoken(path);
  if (!within) return;
  const one = shown.find((each) => each.chain[each.chain.length - 1] === left && "inner" in each.element.dataset);
  reach(one ? one.element : map.querySelector("[data-inner]") || trail.querySelector("button"));
}

// Of all areas one can be reached with Tab; arrows lead to the others.
function reach(element) {
  if (!element) return;
  for (const other of map.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
  if (map.contains(element)) element.tabIndex = 0;
  element.focus();
}

function step(key, from) {
  const areas = [...map.querySelectorAll("[data-inner]")];
  const ends = { Home: 0, End: areas.length - 1 };
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  if (key in ends) return areas[ends[key]];
  return key in by ? areas[areas.indexOf(from) + by[key]] || from : null;
}

function mark() {
  const wanted = find.value.trim().toLowerCase();
  for (const { element, chain } of shown) {
    const inside = chain.some((one, depth) => depth > 0 && one[NAME].toLowerCase().includes(wanted));
    element.classList.toggle("dim", wanted !== "" && !inside && !holds(chain[chain.length - 1], wanted));
  }
}

function holds(area, wanted) {
  return (area[PARTS] || []).some((part) => part[NAME].toLowerCase().includes(wanted) || holds(part, wanted));
}

function chosen(event) {
  const element = event.target.closest(".area");
  return element ? shown[Number(element.dataset.index)] : null;
}

function enter(event) {
  const one = chosen(event);
  if (!one) return;
  const chain = one.chain[one.chain.length - 1][PARTS]?.length ? one.chain : one.chain.slice(0, -1);
  if (chain.length > path.length) go(chain);
}

map.addEventListener("click", enter);
map.addEventListener("keydown", (event) => {
  const next = step(event.key, event.target);
  if (next) reach(next);
  if (event.key === "Enter" || event.key === " ") enter(event);
  else if (!next) return;
  event.preventDefault();
});
for (const kind of ["mouseover", "focusin"]) {
  map.addEventListener(kind, (event) => { const one = chosen(event); if (one) said.textContent = spoken(one.chain); });
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target !== find && path.length > 1) go(path.slice(0, -1));
});
trail.addEventListener("click", (event) => {
  const depth = event.target.dataset.depth;
  if (depth !== undefined && event.target.tagName === "BUTTON") go(path.slice(0, Number(depth) + 1));
});
for (const button of document.querySelectorAll("[data-view]")) {
  button.addEventListener("click", () => {
    view = button.dataset.view;
    go([views[view]]);
    for (const other of document.querySelectorAll("[data-view]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
  });
}
// A head sorts its table by what is below it: sizes and counts as numbers, downwards first.
function amount(text) {
  const found = /^(-?[\d.,]+) ?(B|kB|MB|GB|%)?$/.exec(text.trim());
  const units = { kB: 1e3, MB: 1e6, GB: 1e9 };
  return found ? Number(found[1].replaceAll(",", "")) * (units[found[2]] || 1) : null;
}

function sort(head) {
  const table = head.closest("table"), column = head.cellIndex;
  const numeric = head.classList.contains("number");
  const before = head.getAttribute("aria-sort");
  const up = before ? before === "descending" : !numeric;
  const value = (row) => row.cells[column].textContent;
  const rows = [...table.tBodies[0].rows].sort((one, two) => numeric
    ? (amount(value(one)) ?? -1) - (amount(value(two)) ?? -1)
    : value(one).localeCompare(value(two)));
  if (!up) rows.reverse();
  table.tBodies[0].append(...rows);
  for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
}

for (const head of document.querySelectorAll("thead th")) {
  head.tabIndex = 0;
  head.addEventListener("click", () => sort(head));
  head.addEventListener("keydown", (event) => { if (event.key === "Enter") sort(head); });
}
find.addEventListener("input", mark);
document.getElementById("explorer").hidden = false;
new ResizeObserver(render).observe(map);
