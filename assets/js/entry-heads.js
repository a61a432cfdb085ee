// The heading of the grid: what each column asks for, in what unit and range, by which rule, and how to fill it at once.

import {element} from "./entry-marks.js";
import {keyOf} from "./entry-sheet.js";

/** The range of a column in words, such as ``0–100 %``; the choices where there are some. */
export function rangeOf(column) {
  if (column.choices.length) {
    return column.choices.map(([value, label]) => (String(value) === label ? label : `${value} ${label}`)).join(" · ");
  }
  const kind = column.is_whole ? "整数 " : "";
  return `${kind}${column.lowest}–${column.highest}${column.unit ? ` ${column.unit}` : ""}`;
}

/** Fill a column: every cell, or those alone that are empty; how many that were. */
export function fill(sheet, rows, column, text, {onlyEmpty}) {
  const keys = rows.map((row) => keyOf(row, column));
  return sheet.enter(keys.filter((key) => !onlyEmpty || sheet.text(key) === "").map((key) => [key, text]));
}

/** Take over every default that nobody has confirmed; how many there were. */
export function confirmDefaults(sheet) {
  const open = sheet.keys().filter((key) => sheet.text(key) === "" && sheet.fallback(key) !== "");
  return sheet.enter(open.map((key) => [key, String(sheet.data.defaults[key])]));
}

function filler(sheet, rows, column, say) {
  const box = element("div", {name: "entry-fill", role: "group", "aria-label": `整列填入 ${column.name}`});
  const id = `fill-${column.key}`;
  box.append(element("label", {text: "整列填入", for: id}));
  const field = column.choices.length ? element("select", {id}) : element("input", {id, type: "text", autocomplete: "off"});
  column.choices.forEach(([value, label]) => field.append(new Option(label, label)));
  box.append(field);
  [["填空白", true], ["全部", false]].forEach(([text, onlyEmpty]) => {
    const button = element("button", {name: "button", type: "button", text});
    button.addEventListener("click", () => say(`${column.name}：已填入 ${fill(sheet, rows, column, field.value, {onlyEmpty})} 个单元格`));
    box.append(button);
  });
  return box;
}

function heading(sheet, rows, column, index, say) {
  const made = element("th", {role: "columnheader", scope: "col", "aria-colindex": index + 2});
  made.append(element("span", {name: "entry-head-name", text: column.name}));
  made.append(element("span", {name: "entry-head-range", text: rangeOf(column)}));
  const more = element("details", {name: "entry-more"});
  const summary = element("summary", {text: rows.length > 1 ? "口径与填充" : "口径", "aria-label": `${column.name}的口径`});
  const body = element("div", {name: "entry-more-body"});
  body.append(element("p", {text: column.rule}));
  if (column.origin) {
    body.append(element("p", {name: "is-quiet", text: column.origin}));
  }
  if (!sheet.data.is_closed && rows.length > 1) {
    body.append(filler(sheet, rows, column, say));
  }
  more.append(summary, body);
  made.append(more);
  return made;
}

/** The head of a grid. One explanation is open at a time, and Escape closes it. */
export function headsOf(sheet, {title, rows, columns}, say) {
  const head = element("thead");
  const line = element("tr", {role: "row", "aria-rowindex": "1"});
  line.append(element("th", {role: "columnheader", scope: "col", text: title}));
  columns.forEach((column, index) => line.append(heading(sheet, rows, column, index, say)));
  head.append(line);
  const open = () => [...head.querySelectorAll("details[open]")];
  head.addEventListener("toggle", (event) => {
    if (event.target.open) {
      open().filter((each) => each !== event.target).forEach((each) => (each.open = false));
    }
  }, true);
  head.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && open().length) {
      open().forEach((each) => {
        each.open = false;
        each.querySelector("summary").focus();
      });
    }
  });
  document.addEventListener("pointerdown", (event) => {
    open().filter((each) => !each.contains(event.target)).forEach((each) => (each.open = false));
  });
  return head;
}
