// The field that opens in a cell while somebody types into it.

import {element, nameOf} from "./entry-marks.js";
import {parse} from "./entry-values.js";

/** One editor for a grid; `finished(key, text)` is called with what was typed, or with null where it was given up. */
export function editorOf(sheet, finished) {
  let current = null;

  /** Open in `cell`: with the text that stands in it, or with what was typed in its place. */
  function open(cell, given) {
    const {key} = cell.dataset;
    const {row, column} = sheet.place(key);
    const input = element("input", {
      name: "entry-editor", type: "text", autocomplete: "off", enterkeyhint: "next", "aria-label": nameOf(row, column),
      inputmode: column.choices.length || column.lowest < 0 ? "text" : "decimal",
    });
    input.value = given ?? sheet.text(key);
    current = {key, input, isTyped: given !== undefined};
    cell.replaceChildren(input);
    input.focus();
    if (given === undefined) {
      input.select();
    }
    input.addEventListener("input", () => input.classList.toggle("is-wrong", Boolean(parse(column, input.value).message)));
    input.addEventListener("blur", () => close(true));
  }

  function close(isTaken) {
    if (current) {
      const {key, input} = current;
      current = null;
      finished(key, isTaken ? input.value : null);
    }
  }

  return {
    open,
    close,
    isIn: (key) => current !== null && current.key === key,
    isOpen: () => current !== null,
    isTyped: () => current !== null && current.isTyped,
  };
}
