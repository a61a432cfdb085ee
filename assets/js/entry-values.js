// What may stand in a cell: a text as typed or pasted becomes a value or a reason why not, and a value a text.
// The server checks again; here it is said at once.

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;
const NONE = new Set(["", "-", "—", "–"]);

/** A text without what only a Chinese input method or a spreadsheet adds: full-width digits, 。 for the point, blanks. */
export function plain(text) {
  return String(text ?? "").normalize("NFKC").replace(/。/g, ".").replace(/[\s\u200b]+/g, "");
}

/** The value of a text in a column: `{value}` with null for an empty one, or `{message}`. */
export function parse(column, text) {
  const given = plain(text);
  if (NONE.has(given)) {
    return {value: null};
  }
  return column.choices.length ? chosen(column, given) : counted(column, given);
}

function chosen(column, given) {
  const found = column.choices.find(([value, label]) => plain(label) === given || String(value) === given);
  const known = column.choices.map(([value, label]) => (String(value) === label ? label : `${value} ${label}`));
  return found ? {value: found[0]} : {message: `只能是：${known.join("、")}`};
}

function counted(column, given) {
  const text = (column.unit && given.endsWith(column.unit) ? given.slice(0, -column.unit.length) : given).replace(/,/g, "");
  if (!NUMBER.test(text)) {
    return {message: "不是数字"};
  }
  const value = Number(text);
  if (column.is_whole && !Number.isInteger(value)) {
    return {message: "只能是整数"};
  }
  if (value < column.lowest || value > column.highest) {
    return {message: `应在 ${column.lowest} 到 ${column.highest} 之间`};
  }
  return {value};
}

/** How a value reads in its column, to two decimals; empty for none. */
export function shown(column, value) {
  if (value === null || value === undefined) {
    return "";
  }
  const found = column.choices.find(([each]) => each === value);
  return found ? found[1] : String(Math.round(value * 100) / 100);
}

/** The choice that one more tap leads to; the first where nothing is set, and nothing after the last where that may be. */
export function next(column, value) {
  const order = column.choices.map(([each]) => each);
  const turn = column.turn.length ? column.turn : column.is_required ? order : [...order, null];
  return turn[(turn.indexOf(value) + 1) % turn.length];
}

/** Rows of cells of what a spreadsheet puts on the clipboard: tabs between cells, lines between rows, quotes around both. */
export function rowsOf(text) {
  const rows = [[]];
  let cell = "";
  let isQuoted = false;
  const source = String(text).replace(/\r\n?/g, "\n");
  for (let index = 0; index < source.length; index += 1) {
    const sign = source[index];
    if (isQuoted) {
      if (sign === '"' && source[index + 1] === '"') {
        cell += '"';
        index += 1;
      } else if (sign === '"') {
        isQuoted = false;
      } else {
        cell += sign;
      }
    } else if (sign === '"' && cell === "") {
      isQuoted = true;
    } else if (sign === "\t" || sign === "\n") {
      rows.at(-1).push(cell);
      cell = "";
      if (sign === "\n") {
        rows.push([]);
      }
    } else {
      cell += sign;
    }
  }
  rows.at(-1).push(cell);
  if (rows.length > 1 && rows.at(-1).length === 1 && rows.at(-1)[0] === "") {
    rows.pop(); // spreadsheets end the last line too
  }
  return rows;
}
