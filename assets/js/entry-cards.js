// The sheet on a telephone: one card a student, a tap for what is chosen, a field for what is counted.

import {element, markOf, nameOf, paint, spoken} from "./entry-marks.js";
import {keyOf} from "./entry-sheet.js";
import {next, shown} from "./entry-values.js";

/** Draws `sheet` into `host` as cards. */
export function cardsOf(sheet, host, say) {
  const fields = new Map();
  const list = element("ul", {name: "entry-cards"});
  sheet.data.rows.forEach((row) => list.append(cardOf(row)));
  host.replaceChildren(list);

  function cardOf(row) {
    const made = element("li", {name: "entry-card"});
    const head = element("p", {name: "entry-card-head", text: row.label});
    if (row.note) {
      head.append(element("span", {name: "entry-row-note", text: row.note}));
    }
    const body = element("div", {name: "entry-card-fields"});
    sheet.columnsFor(row).forEach((column) => body.append(column.choices.length ? tapOf(row, column) : fieldOf(row, column)));
    made.append(head, body);
    return made;
  }

  /** One tap leads to the next choice. */
  function tapOf(row, column) {
    const key = keyOf(row, column);
    const made = element("button", {name: "entry-tap", type: "button", "data-key": key});
    made.disabled = sheet.data.is_closed;
    made.append(element("span", {name: "entry-tap-name", text: column.short}), element("span", {name: "entry-tap-value"}));
    made.addEventListener("click", () => {
      const isEmpty = sheet.text(key) === "";
      const turned = next(column, sheet.value(key) ?? (isEmpty ? startOf(key) : null));
      const value = turned === null && isEmpty ? next(column, null) : turned; // what is empty cannot be emptied
      sheet.enter([[key, shown(column, value)]]);
      say(`${nameOf(row, column)}：${shown(column, value) || "未填"}`);
    });
    fields.set(key, () => {
      const mark = markOf(sheet, key);
      made.lastChild.textContent = mark.text || "未填";
      made.classList.toggle("is-empty", mark.text === "");
      made.classList.toggle("is-attention", column.attention.includes(sheet.value(key) ?? sheet.data.defaults[key]));
      made.setAttribute("aria-label", `${nameOf(row, column)}：${spoken(mark)}`);
      paint(made, mark);
    });
    fields.get(key)();
    return made;
  }

  /** A default counts as where one is: the first tap of a student who stands as in time makes them late. */
  function startOf(key) {
    return sheet.data.defaults[key] ?? null;
  }

  function fieldOf(row, column) {
    const key = keyOf(row, column);
    const made = element("label", {name: "entry-number"});
    made.append(element("span", {name: "entry-tap-name", text: column.short}));
    const input = element("input", {type: "text", autocomplete: "off", inputmode: column.lowest < 0 ? "text" : "decimal", "data-key": key});
    input.disabled = sheet.data.is_closed;
    input.addEventListener("change", () => sheet.enter([[key, input.value]]));
    const message = element("span", {name: "entry-number-message"});
    made.append(input, message);
    fields.set(key, () => {
      const mark = markOf(sheet, key);
      if (document.activeElement !== input || sheet.isDraft(key)) {
        input.value = mark.isDefault ? "" : mark.text;
      }
      input.placeholder = mark.isDefault ? mark.text : "";
      input.setAttribute("aria-label", nameOf(row, column));
      message.textContent = mark.message;
      paint(made, mark);
    });
    fields.get(key)();
    return made;
  }

  const leave = sheet.onChange((keys) => keys.forEach((key) => fields.get(key)?.()));
  return {
    leave,
    reveal(key) {
      const found = host.querySelector(`[data-key="${CSS.escape(key)}"]`);
      found?.scrollIntoView({block: "center"});
      found?.focus();
    },
    finish() {
      document.activeElement?.blur?.();
    },
  };
}
