// How a cell looks and what it says to whoever does not see it; the same for the grid and for the cards of a telephone.

import {shown} from "./entry-values.js";

/** An element with a class, a text and attributes. */
export function element(tag, {name = "", text = "", ...attributes} = {}) {
  const made = document.createElement(tag);
  if (name) {
    made.className = name;
  }
  if (text) {
    made.textContent = text;
  }
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  return made;
}

/** What stands in a cell: text, and whether it is a default, a draft, wrong, or changed by two people. */
export function markOf(sheet, key) {
  const text = sheet.text(key);
  const fallback = sheet.fallback(key);
  const message = sheet.message(key);
  const theirs = sheet.conflict(key);
  return {
    text: text || fallback,
    message: message || (theirs ? `${theirs.by} 于 ${theirs.at} 改为 ${valueOf(sheet, key, theirs)}` : ""),
    isDefault: text === "" && fallback !== "",
    isDraft: sheet.isDraft(key),
    isWrong: message !== "",
    isContested: theirs !== undefined,
  };
}

/** Somebody's value of a cell in words. */
export function valueOf(sheet, key, cell) {
  return shown(sheet.place(key).column, cell.value) || "空";
}

/** Put a mark onto the element of a cell. */
export function paint(made, mark) {
  made.classList.toggle("is-default", mark.isDefault);
  made.classList.toggle("is-draft", mark.isDraft);
  made.classList.toggle("is-wrong", mark.isWrong);
  made.classList.toggle("is-contested", mark.isContested);
  if (mark.isWrong || mark.isContested) {
    made.setAttribute("aria-invalid", "true");
    made.title = mark.message;
  } else {
    made.removeAttribute("aria-invalid");
    made.removeAttribute("title");
  }
}

/** Whose cell it is and of what, in words. */
export function nameOf(row, column) {
  return `${row.label} ${column.name}`;
}

/** What a screen reader adds to the value of a cell. */
export function spoken(mark) {
  const told = [mark.text || "空"];
  if (mark.isDefault) {
    told.push("默认值，未确认");
  }
  if (mark.message) {
    told.push(mark.message);
  }
  return told.join("，");
}
