// What a sheet holds in this window: what the server has, what was typed since, what two people changed at once.
// Nothing here knows of the page or of the network.

import {parse, shown} from "./entry-values.js";

/** Name of a cell: whose it is, and of what. */
export function keyOf(row, column) {
  return `${row.id}:${column.key}`;
}

/** The parts of such a name, as the server takes them. */
function partsOf(key) {
  const [id, column] = key.split(":");
  return [Number(id), column];
}

/**
 * A sheet of `data` as the server tells it.
 *
 * A cell that was typed into is a draft until the server has taken it. A draft whose cell somebody else has changed
 * meanwhile is a conflict: it waits until it was decided whose value counts, and keeps both.
 */
export function sheetOf(data) {
  const saved = new Map();
  const drafts = new Map();
  const conflicts = new Map();
  const columns = new Map(data.columns.map((column) => [column.key, column]));
  const places = new Map(
    data.rows.flatMap((row) => columnsFor(row).map((column) => [keyOf(row, column), {row, column}]))
  );
  const done = [];
  const undone = [];
  const listeners = [];
  let batch = null;
  let sent = new Map();

  data.cells.forEach(keep);

  function columnsFor(row) {
    return data.columns.filter((column) => column.holder === row.holder);
  }

  function keep(cell) {
    saved.set(`${cell.id}:${cell.column}`, cell);
  }

  function tell(keys) {
    [...listeners].forEach((listener) => listener(keys));
  }

  /** The text that a cell shows as entered; empty where only a default stands in it. */
  function text(key) {
    const draft = drafts.get(key);
    return draft ? draft.text : shown(places.get(key).column, (saved.get(key) || {}).value);
  }

  function fallback(key) {
    const known = data.defaults[key];
    return known === undefined ? "" : shown(places.get(key).column, known);
  }

  /** The value that counts, of what was typed before what was saved; null for none, undefined for what is wrong. */
  function value(key) {
    const draft = drafts.get(key);
    return draft ? draft.value : ((saved.get(key) || {}).value ?? null);
  }

  function draft(key, given) {
    const {column} = places.get(key);
    const found = parse(column, given);
    const held = saved.get(key);
    const isOnItsWay = batch !== null && batch.has(key);
    if (!found.message && !isOnItsWay && !conflicts.has(key) && found.value === ((held && held.value) ?? null)) {
      drafts.delete(key);
      return;
    }
    const typed = found.message ? String(given).trim() : shown(column, found.value);
    drafts.set(key, {text: typed, value: found.message ? undefined : found.value, message: found.message || ""});
  }

  /** Put texts into cells, as one step that can be undone; cells that the sheet does not have are left out. */
  function enter(entries, {isStep = true} = {}) {
    const known = entries.filter(([key]) => places.has(key) && !data.is_closed);
    const step = known.map(([key, given]) => ({key, before: text(key), after: given}));
    step.forEach(({key, after}) => draft(key, after));
    const changed = step.filter(({before, after}) => before !== after);
    if (isStep && changed.length) {
      done.push(changed);
      undone.length = 0;
    }
    tell(step.map(({key}) => key));
    return changed.length;
  }

  function back(from, to, side) {
    const step = from.pop();
    if (!step) {
      return [];
    }
    to.push(step);
    enter(step.map((change) => [change.key, change[side]]), {isStep: false});
    return step.map(({key}) => key);
  }

  /** What waits to be saved: [id, column, value, version it is based on] of every sound draft. */
  function take() {
    batch = new Map();
    return [...drafts].flatMap(([key, {value: given}]) => {
      if (given === undefined || conflicts.has(key)) {
        return [];
      }
      batch.set(key, given);
      return [[...partsOf(key), given, (saved.get(key) || {}).version || 0]];
    });
  }

  /** The server was not heard: what was sent may have arrived or not, and is sent again. */
  function release() {
    sent = new Map([...sent, ...(batch || [])]);
    batch = null;
  }

  /** What the server says after it was asked to save, or of its own accord. */
  function settle({saved: taken = [], conflicts: met = [], problems = [], others = []}) {
    const touched = new Set();
    taken.forEach((cell) => {
      const key = `${cell.id}:${cell.column}`;
      keep(cell);
      touched.add(key);
      const held = drafts.get(key);
      if (held && batch && held.value === batch.get(key)) {
        drafts.delete(key);
      }
    });
    [...met, ...others].forEach((cell) => meet(cell, touched));
    problems.forEach(({id, column, message}) => {
      const key = `${id}:${column}`;
      if (places.has(key)) {
        drafts.set(key, {text: text(key), value: undefined, message});
        touched.add(key);
      }
    });
    batch = null;
    tell([...touched]);
  }

  /** Somebody else's cell: where something is typed into it here, both values are kept until one is chosen. */
  function meet(cell, touched) {
    const key = `${cell.id}:${cell.column}`;
    const held = saved.get(key);
    if (!places.has(key) || (held && held.version >= cell.version)) {
      return;
    }
    keep(cell);
    touched.add(key);
    const mine = drafts.get(key);
    const isOwn = cell.is_mine && sent.has(key) && sent.get(key) === (cell.value ?? null);
    if (mine && mine.value === (cell.value ?? null)) {
      drafts.delete(key);
      conflicts.delete(key);
    } else if (mine && !isOwn) {
      conflicts.set(key, cell);
    }
  }

  function decide(key, isMine) {
    conflicts.delete(key);
    if (!isMine) {
      drafts.delete(key);
    }
    tell([key]);
  }

  /** Take up again what was typed and not saved before the page was left: [key, text, version it was based on]. */
  function restore(entries) {
    const known = entries.filter(([key]) => places.has(key) && !data.is_closed);
    known.forEach(([key, typed, version]) => {
      draft(key, typed);
      const held = saved.get(key);
      if (drafts.has(key) && held && held.version > version) {
        conflicts.set(key, held);
      }
    });
    tell(known.map(([key]) => key));
    return known.length;
  }

  return {
    data,
    columns,
    columnsFor,
    place: (key) => places.get(key),
    keys: () => [...places.keys()],
    text,
    fallback,
    value,
    message: (key) => (drafts.get(key) || {}).message || "",
    isDraft: (key) => drafts.has(key),
    conflict: (key) => conflicts.get(key),
    by: (key) => saved.get(key),
    enter,
    undo: () => back(done, undone, "before"),
    redo: () => back(undone, done, "after"),
    canUndo: () => done.length > 0,
    canRedo: () => undone.length > 0,
    take,
    release,
    restore,
    settle,
    decide,
    onChange(listener) {
      listeners.push(listener);
      return () => listeners.splice(listeners.indexOf(listener), 1);
    },
    problems: () => [...drafts].filter(([, draft]) => draft.message).map(([key, draft]) => ({key, message: draft.message})),
    conflicts: () => [...conflicts].map(([key, theirs]) => ({key, theirs})),
    unsaved: () => [...drafts].filter(([key, draft]) => !draft.message && !conflicts.has(key)).length,
    kept: () =>
      [...drafts]
        .filter(([key]) => !places.get(key).column.is_private)
        .map(([key, {text: typed}]) => [key, typed, (saved.get(key) || {}).version || 0]),
  };
}
