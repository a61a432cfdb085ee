// The sheet as a grid: rows of students, columns of points, moved through and filled in by the keyboard as a spreadsheet.

import {copied, fillDown, paste} from "./entry-clipboard.js";
import {editorOf} from "./entry-editor.js";
import {element, markOf, nameOf, paint, spoken} from "./entry-marks.js";
import {headsOf} from "./entry-heads.js";
import {keyOf} from "./entry-sheet.js";
import {next, shown} from "./entry-values.js";

const MOVES = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
const PAGE = 10;

/**
 * Draws a part of `sheet` into `host`: `rows`, and the `columns` that these have.
 *
 * `say` is given what happened, for people who look elsewhere or do not see.
 */
export function gridOf(sheet, host, {title, rows, columns}, say) {
  const cells = rows.map(() => new Array(columns.length));
  const at = new Map();
  const focus = {row: 0, column: 0};
  const anchor = {row: 0, column: 0};
  const editor = editorOf(sheet, typed);
  let isDragging = false;

  const table = element("table", {
    name: "entry-grid", role: "grid", "aria-label": title, "aria-multiselectable": "true",
    "aria-rowcount": rows.length + 1, "aria-colcount": columns.length + 1,
  });
  table.append(headsOf(sheet, {title, rows, columns}, say), element("tbody"));
  rows.forEach((row, index) => table.tBodies[0].append(lineOf(row, index)));
  host.append(table);

  function lineOf(row, index) {
    const line = element("tr", {role: "row", "aria-rowindex": index + 2});
    const head = element("th", {role: "rowheader", scope: "row", text: row.label});
    if (row.note) {
      head.append(element("span", {name: "entry-row-note", text: row.note}));
    }
    line.append(head);
    columns.forEach((column, place) => line.append(cellOf(row, column, index, place)));
    return line;
  }

  function cellOf(row, column, index, place) {
    const key = keyOf(row, column);
    const made = element("td", {role: "gridcell", tabindex: "-1", "data-key": key});
    cells[index][place] = made;
    at.set(key, {row: index, column: place});
    dress(key, made);
    return made;
  }

  function dress(key, made) {
    const mark = markOf(sheet, key);
    const {row, column} = sheet.place(key);
    if (!editor.isIn(key)) {
      made.textContent = mark.text;
    }
    paint(made, mark);
    made.setAttribute("aria-label", `${nameOf(row, column)}：${spoken(mark)}`);
    made.setAttribute("aria-readonly", String(sheet.data.is_closed));
  }

  // -- where one is --------------------------------------------------------------------------

  function corners() {
    return {
      top: Math.min(anchor.row, focus.row), bottom: Math.max(anchor.row, focus.row),
      left: Math.min(anchor.column, focus.column), right: Math.max(anchor.column, focus.column),
    };
  }

  /** Keys of the selected cells, row by row. */
  function selected() {
    const {top, bottom, left, right} = corners();
    return cells.slice(top, bottom + 1).map((line) => line.slice(left, right + 1).map((cell) => cell.dataset.key));
  }

  function mark() {
    table.querySelectorAll("[aria-selected]").forEach((cell) => cell.removeAttribute("aria-selected"));
    const {top, bottom, left, right} = corners();
    if (top !== bottom || left !== right) {
      cells.slice(top, bottom + 1).forEach((line) =>
        line.slice(left, right + 1).forEach((cell) => cell.setAttribute("aria-selected", "true"))
      );
    }
  }

  /** To a cell, or to the last one on the way there; `isRange` leaves the other corner of the selection where it is. */
  function go(row, column, isRange = false) {
    cells[focus.row][focus.column].setAttribute("tabindex", "-1");
    focus.row = Math.max(0, Math.min(rows.length - 1, row));
    focus.column = Math.max(0, Math.min(columns.length - 1, column));
    if (!isRange) {
      Object.assign(anchor, focus);
    }
    const cell = cells[focus.row][focus.column];
    cell.setAttribute("tabindex", "0");
    cell.focus({preventScroll: true});
    cell.scrollIntoView({block: "nearest", inline: "nearest"});
    mark();
  }

  const step = (down, right, isRange) => go(focus.row + down, focus.column + right, isRange);

  /** To the next cell in reading order; false at the end, where the key leaves the grid. */
  function onward(direction) {
    const place = focus.row * columns.length + focus.column + direction;
    if (place < 0 || place >= rows.length * columns.length) {
      return false;
    }
    go(Math.floor(place / columns.length), place % columns.length);
    return true;
  }

  // -- typing --------------------------------------------------------------------------------

  function open(given) {
    if (!sheet.data.is_closed) {
      editor.open(cells[focus.row][focus.column], given);
    }
  }

  function typed(key, text) {
    if (text !== null && text !== sheet.text(key)) {
      sheet.enter([[key, text]]);
    }
    dress(key, cells[at.get(key).row][at.get(key).column]);
    const {row, column} = sheet.place(key);
    if (text !== null && sheet.message(key)) {
      say(`${nameOf(row, column)}：${sheet.message(key)}`);
    }
  }

  function typing(event) {
    const isArrow = event.key in MOVES && editor.isTyped();
    if (event.isComposing) {
      return;
    }
    if (event.key === "Escape") {
      editor.close(false);
      go(focus.row, focus.column);
    } else if (event.key === "Enter") {
      editor.close(true);
      step(event.shiftKey ? -1 : 1, 0);
    } else if (event.key === "Tab") {
      editor.close(true);
      if (!onward(event.shiftKey ? -1 : 1)) {
        go(focus.row, focus.column);
      }
    } else if (isArrow) {
      editor.close(true);
      step(...MOVES[event.key]);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  function clear() {
    sheet.enter(selected().flat().map((key) => [key, ""]));
  }

  function toggle() {
    const cell = cells[focus.row][focus.column];
    const {column} = sheet.place(cell.dataset.key);
    if (column.choices.length) {
      sheet.enter([[cell.dataset.key, shown(column, next(column, sheet.value(cell.dataset.key)))]]);
    }
  }

  // -- keys ----------------------------------------------------------------------------------

  function command(event) {
    const isCommand = event.ctrlKey || event.metaKey;
    const name = event.key.toLowerCase();
    if (isCommand && name === "z") {
      return () => turnBack(event.shiftKey ? sheet.redo() : sheet.undo());
    }
    if (isCommand && name === "y") {
      return () => turnBack(sheet.redo());
    }
    if (isCommand && name === "d") {
      return () => say(fillDown(sheet, selected(), cells[focus.row - 1]?.[focus.column]?.dataset.key));
    }
    if (isCommand && name === "a") {
      return () => {
        Object.assign(anchor, {row: 0, column: 0});
        go(rows.length - 1, columns.length - 1, true);
      };
    }
    return null;
  }

  function turnBack(keys) {
    const place = at.get(keys[0]);
    if (place) {
      go(place.row, place.column);
    }
    say(keys.length ? `${keys.length} 个单元格已恢复` : "没有可以撤销或重做的");
  }

  function moved(event) {
    const isRange = event.shiftKey;
    const isFar = event.ctrlKey || event.metaKey;
    if (event.key in MOVES) {
      const [down, right] = MOVES[event.key];
      return () => (isFar ? step(down * rows.length, right * columns.length, isRange) : step(down, right, isRange));
    }
    return {
      Home: () => go(isFar ? 0 : focus.row, 0, isRange),
      End: () => go(isFar ? rows.length : focus.row, columns.length, isRange),
      PageDown: () => step(PAGE, 0, isRange),
      PageUp: () => step(-PAGE, 0, isRange),
      Enter: () => step(event.shiftKey ? -1 : 1, 0),
      F2: () => open(),
      Delete: clear,
      Backspace: clear,
      " ": toggle,
    }[event.key];
  }

  function pressed(event) {
    if (!event.target.closest("[data-key]")) {
      return;
    }
    if (editor.isOpen()) {
      typing(event);
      return;
    }
    if (event.key === "Tab") {
      if (onward(event.shiftKey ? -1 : 1)) {
        event.preventDefault();
      }
      return;
    }
    const action = command(event) || moved(event);
    if (action) {
      event.preventDefault();
      action();
    } else if (event.key === "Process" || event.keyCode === 229) {
      open(""); // an input method is composing: let it do so in the cell
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      open(event.key);
    }
  }

  // -- mouse, clipboard ----------------------------------------------------------------------

  function placeOf(event) {
    const cell = event.target.closest && event.target.closest("[data-key]");
    return cell ? at.get(cell.dataset.key) : null;
  }

  table.addEventListener("keydown", pressed);
  table.addEventListener("pointerdown", (event) => {
    const place = placeOf(event);
    if (!place || event.target.matches("input") || event.button !== 0) {
      return;
    }
    editor.close(true);
    const isAgain = event.pointerType !== "mouse" && place.row === focus.row && place.column === focus.column;
    isDragging = event.pointerType === "mouse";
    event.preventDefault();
    go(place.row, place.column, event.shiftKey);
    if (isAgain) {
      open();
    }
  });
  table.addEventListener("pointermove", (event) => {
    const place = isDragging && event.buttons === 1 ? placeOf(event) : null;
    if (place && (place.row !== focus.row || place.column !== focus.column)) {
      go(place.row, place.column, true);
    }
  });
  window.addEventListener("pointerup", () => {
    isDragging = false;
  });
  table.addEventListener("dblclick", (event) => placeOf(event) && open());
  table.addEventListener("copy", (event) => {
    if (!editor.isOpen()) {
      event.clipboardData.setData("text/plain", copied(sheet, selected()));
      event.preventDefault();
      say(`已复制 ${selected().length} 行 × ${selected()[0].length} 列`);
    }
  });
  table.addEventListener("cut", (event) => {
    if (!editor.isOpen()) {
      event.clipboardData.setData("text/plain", copied(sheet, selected()));
      event.preventDefault();
      clear();
    }
  });
  table.addEventListener("paste", (event) => {
    if (!editor.isOpen()) {
      event.preventDefault();
      const {top, left} = corners();
      say(paste(sheet, {rows, cells}, {top, left}, selected(), event.clipboardData.getData("text/plain")));
    }
  });
  const leave = sheet.onChange((keys) =>
    keys.forEach((key) => {
      const place = at.get(key);
      if (place) {
        dress(key, cells[place.row][place.column]);
      }
    })
  );

  cells[0][0].setAttribute("tabindex", "0");
  return {
    leave,
    reveal: (key) => at.has(key) && go(at.get(key).row, at.get(key).column),
    finish: () => editor.close(true),
  };
}
