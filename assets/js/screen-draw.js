// Draws the scenes of a wall screen: plain values of the feed in, one element out. Every text is set as text.

const SVG = "http://www.w3.org/2000/svg";
let shapes = {};

/** The shape beside each state, as the feed tells it. */
export function setLegend(legend) {
  shapes = Object.fromEntries(legend.map((entry) => [entry.state, entry]));
}

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) {
    made.className = className;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

function svg(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  return made;
}

function stated(state) {
  return state ? `is-${state}` : "";
}

function shape(state, withName) {
  const known = shapes[state];
  if (!known) {
    return null;
  }
  return element("span", `wall-state is-${state}`, known.shape, withName ? ` ${known.name}` : "");
}

/** Path through the known points; a gap where there is no value. */
function path(points, x, y) {
  let text = "";
  let isOpen = false;
  points.forEach((point, index) => {
    const isKnown = typeof point === "number";
    if (isKnown) {
      text += `${isOpen ? "L" : "M"}${x(index).toFixed(1)} ${y(point).toFixed(1)}`;
    }
    isOpen = isKnown;
  });
  return text;
}

function range(points, lines) {
  const known = [...points.filter((point) => typeof point === "number"), ...lines];
  const low = Math.min(...known);
  const high = Math.max(...known);
  const room = (high - low || Math.abs(high) || 1) * 0.12;
  return [low - room, high + room];
}

function sparkline(tile) {
  const points = tile.points || [];
  const known = points.filter((point) => typeof point === "number");
  if (known.length < 3) {
    return null;
  }
  const [width, height] = [160, 48];
  const target = typeof tile.target === "number" ? [tile.target] : [];
  const [low, high] = range(points, target);
  const x = (index) => 4 + (index / (points.length - 1)) * (width - 8);
  const y = (value) => height - ((value - low) / (high - low)) * height;
  const made = svg("svg", {class: `wall-spark ${stated(tile.state)}`, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true"});
  for (const line of target) {
    made.append(svg("path", {class: "wall-spark-target", d: `M0 ${y(line).toFixed(1)}H${width}`}));
  }
  made.append(svg("path", {class: "wall-spark-line", d: path(points, x, y)}));
  const last = points.length - 1;
  if (typeof points[last] === "number") {
    made.append(svg("circle", {cx: x(last), cy: y(points[last]), r: 3.5}));
  }
  return made;
}

function tiles(block) {
  return element(
    "div",
    "wall-tiles",
    ...(block.tiles || []).map((tile) =>
      element(
        "section",
        "wall-tile",
        element("h3", "", tile.name, shape(tile.state, true)),
        element("p", "wall-value", element("strong", "", tile.value), element("span", "wall-unit", tile.unit || ""), sparkline(tile)),
        element("p", "wall-note", tile.note || ""),
      ),
    ),
  );
}

function grid(block) {
  const columns = block.columns || [];
  const made = element("table", `wall-grid${columns.length > 9 ? " is-dense" : ""}`);
  const head = element("tr", "", element("td", ""), ...columns.map((name) => element("th", "", name)));
  made.append(element("thead", "", head));
  const body = element("tbody", "");
  for (const row of block.rows || []) {
    const cells = (row.cells || []).map((cell) => element("td", stated(cell.state), shape(cell.state), cell.text));
    body.append(element("tr", "", element("th", "", row.name), ...cells));
  }
  made.append(body);
  return made;
}

function ranking(block) {
  return element(
    "ol",
    "wall-ranking",
    ...(block.rows || []).map((row) => {
      const cell = row.cells[0];
      return element("li", "", element("span", "wall-name", row.name), element("span", `wall-figure ${stated(cell.state)}`, shape(cell.state), cell.text));
    }),
  );
}

function bars(block) {
  return element(
    "ol",
    "wall-bars",
    ...(block.rows || []).map((row) => {
      const cell = row.cells[0];
      const bar = element("span", `wall-bar ${stated(cell.state)}`);
      if (typeof row.share === "number") {
        const filled = element("span", "wall-bar-fill");
        filled.style.width = `${(100 * row.share).toFixed(1)}%`;
        bar.append(filled);
      }
      if (typeof row.mark === "number") {
        const mark = element("span", "wall-bar-mark");
        mark.style.left = `${(100 * row.mark).toFixed(1)}%`;
        bar.append(mark);
      }
      return element("li", "", element("span", "wall-name", row.name), bar, element("span", `wall-figure ${stated(cell.state)}`, shape(cell.state), cell.text));
    }),
  );
}

function counts(block) {
  const rows = (block.rows || []).map((row) => {
    const parts = row.cells.map((cell) => {
      const part = element("span", `wall-part is-${cell.state}`, shape(cell.state), cell.text);
      part.style.flexGrow = cell.text;
      return part;
    });
    return element("li", "", element("span", "wall-name", row.name), element("span", "wall-parts", ...parts));
  });
  const names = Object.values(shapes).filter((entry) => entry.state !== "no-data").map((entry) => shape(entry.state, true));
  return element("div", "wall-counts-box", element("ol", "wall-counts", ...rows), element("p", "wall-legend", ...names));
}

function curve(block) {
  const points = block.points || [];
  const [width, height, right, bottom] = [1000, 220, 110, 34];
  const lines = (block.lines || []).filter((line) => typeof line[1] === "number");
  const [low, high] = range(points, lines.slice(0, 2).map((line) => line[1]));
  const x = (index) => 24 + (index / Math.max(1, points.length - 1)) * (width - right - 48);
  const y = (value) => 8 + (1 - (value - low) / (high - low)) * (height - bottom - 16);
  const made = svg("svg", {class: "wall-curve", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": block.title || ""});
  const text = (at, className, content, anchor) => {
    const label = svg("text", {x: at[0].toFixed(1), y: at[1].toFixed(1), class: className, "text-anchor": anchor});
    label.textContent = content;
    made.append(label);
  };
  for (const [name, value, state] of lines) {
    if (value >= low && value <= high) {
      made.append(svg("path", {class: `wall-line is-${state}`, d: `M0 ${y(value).toFixed(1)}H${width - right}`}));
      text([width - right + 8, y(value) + 8], `wall-line-name is-${state}`, name, "start");
    }
  }
  made.append(svg("path", {class: "wall-curve-line", d: path(points, x, y)}));
  points.forEach((point, index) => {
    if (typeof point !== "number") {
      return;
    }
    made.append(svg("circle", {cx: x(index).toFixed(1), cy: y(point).toFixed(1), r: index === points.length - 1 ? 6 : 4, class: "wall-dot"}));
    if (index === points.length - 1 || points.length <= 10) {
      text([x(index), y(point) - 12], "wall-curve-value", point.toFixed(1), "middle");
    }
  });
  (block.labels || []).forEach((label, index) => {
    if (points.length <= 14 || index % 2 === (points.length - 1) % 2) {
      text([x(index), height - 6], "wall-curve-label", label, "middle");
    }
  });
  return made;
}

const KINDS = {tiles, grid, ranking, bars, counts, curve};

function isEmpty(block) {
  if (block.kind === "curve") {
    return (block.points || []).filter((point) => typeof point === "number").length < 2;
  }
  return (block[block.kind === "tiles" ? "tiles" : "rows"] || []).length === 0;
}

function drawn(block) {
  if (isEmpty(block)) {
    return element("p", "wall-missing", block.missing || "没有可以显示的内容。");
  }
  return KINDS[block.kind](block);
}

function panel(block) {
  if (block.kind === "tiles" && !isEmpty(block)) {
    return drawn(block);
  }
  const head = block.title ? element("h3", "wall-panel-title", block.title, element("small", "", block.note || "")) : null;
  return element("section", `wall-panel is-${block.kind}`, head, drawn(block));
}

/** One scene as an element. Throws where the feed holds something that cannot be drawn. */
export function drawScene(scene) {
  const made = element("article", `wall-scene is-${scene.key}`);
  made.append(element("h2", "", scene.title, element("small", "", scene.note || "")));
  if (scene.missing || !(scene.columns || []).length) {
    made.append(message(scene.missing || "没有可以显示的内容。"));
    return made;
  }
  const columns = scene.columns.map((blocks) => element("div", "wall-column", ...blocks.map(panel)));
  made.append(element("div", `wall-columns has-${columns.length}`, ...columns));
  return made;
}

/** A calm text in place of a scene. */
export function message(title, detail) {
  return element("div", "wall-message", element("p", "", title), detail ? element("p", "wall-message-detail", detail) : null);
}
