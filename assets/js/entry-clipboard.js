// Ranges to and from a spreadsheet, and filling down.

import {plain, rowsOf} from "./entry-values.js";

const needsQuotes = /["\t\n]/;

/** The selected cells as a spreadsheet takes them; defaults that nobody confirmed are copied as shown. */
export function copied(sheet, selected) {
  const text = (key) => sheet.text(key) || sheet.fallback(key);
  const quoted = (value) => (needsQuotes.test(value) ? `"${value.replace(/"/g, '""')}"` : value);
  return selected.map((line) => line.map((key) => quoted(text(key))).join("\t")).join("\n");
}

/** Rows of the grid for the lines of a paste: by student number where each line begins with one, else from `top` on. */
function aligned(rows, lines, top) {
  const known = new Map(rows.map((row, index) => [plain(row.label), index]));
  const body = lines.filter((line) => known.has(plain(line[0])));
  const isByNumber = lines[0].length > 1 && body.length > 0 && body.length >= lines.length - 1;
  return isByNumber
    ? {isByNumber, skipped: lines.length - body.length, lines: body.map((line) => [known.get(plain(line[0])), line.slice(1)])}
    : {isByNumber, skipped: 0, lines: lines.map((line, index) => [top + index, line])};
}

/**
 * Put what a spreadsheet copied into the sheet, as one step; what happened, in words.
 *
 * One value fills all selected cells. What does not fit below or beside is left out, and said.
 */
export function paste(sheet, {rows, cells}, {top, left}, selected, text) {
  const given = rowsOf(text);
  const chosen = selected.flat();
  if (given.length === 1 && given[0].length === 1) {
    sheet.enter(chosen.map((key) => [key, given[0][0]]));
    return `已填入 ${chosen.length} 个单元格`;
  }
  const {isByNumber, skipped, lines} = aligned(rows, given, top);
  const entries = [];
  let lost = 0;
  lines.forEach(([row, line]) =>
    line.forEach((value, place) => {
      const cell = cells[row]?.[left + place];
      if (cell) {
        entries.push([cell.dataset.key, value]);
      } else {
        lost += 1;
      }
    })
  );
  sheet.enter(entries);
  const wide = Math.max(...lines.map(([, line]) => line.length));
  const told = [`已粘贴 ${lines.length} 行 × ${wide} 列${isByNumber ? "，按学号对应" : ""}`];
  if (skipped) {
    told.push(`${skipped} 行不是本表的学号，没有粘贴`);
  }
  if (lost) {
    told.push(`有 ${lost} 个值超出本表，没有粘贴`);
  }
  const wrong = entries.filter(([key]) => sheet.message(key)).length;
  if (wrong) {
    told.push(`${wrong} 个值不合要求，见下面的列表`);
  }
  return told.join("；");
}

/** Copy the first of the selected cells of each column into those below; of a single cell, the one above it into it. */
export function fillDown(sheet, selected, above) {
  const from = (key) => sheet.text(key) || sheet.fallback(key);
  if (selected.length === 1) {
    const key = selected[0][0];
    return above && sheet.enter([[key, from(above)]]) ? "已按上一行填入" : "上面没有可填的值";
  }
  const entries = selected.slice(1).flatMap((line) => line.map((key, place) => [key, from(selected[0][place])]));
  return `已向下填充 ${sheet.enter(entries)} 个单元格`;
}
