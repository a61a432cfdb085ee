// The page of one entry sheet: puts its parts together. Mirrors dashboards/entry_sheet.py.

import {cardsOf} from "./entry-cards.js";
import {gridOf} from "./entry-grid.js";
import {confirmDefaults} from "./entry-heads.js";
import {element} from "./entry-marks.js";
import {reportOf} from "./entry-report.js";
import {sheetOf} from "./entry-sheet.js";
import {countsOf, submitOf} from "./entry-submit.js";
import {ask, syncOf} from "./entry-sync.js";

const at = (id) => document.getElementById(id);
const data = JSON.parse(at("entry-data").textContent);
const isNarrow = window.matchMedia("(max-width: 640px)");
const sheet = sheetOf(data);
/** What must not go unseen below the end of a long page: it stands in the bar as well. */
const TROUBLE = new Set(["offline", "ended", "refused"]);
let view = null;

/** Said to those who do not look, and shown for a while to those who do. */
function say(text) {
  at("entry-said").textContent = text;
}

function status({phase, at: saved, message, restored}) {
  const count = sheet.unsaved();
  const wrong = sheet.problems().length;
  const words = {
    saved: wrong ? `${wrong} 处不合要求，没有保存` : saved ? `已保存 ${saved}` : "没有未保存的改动",
    waiting: `未保存 ${count} 处`,
    saving: "正在保存…",
    offline: `未保存 ${count} 处 — 网络断开，恢复后自动保存`,
    ended: `未保存 ${count} 处 — 登录已结束`,
    refused: `未保存 ${count} 处 — ${message}`,
  };
  const state = at("entry-status");
  state.className = `entry-status is-${phase === "saved" && wrong ? "unsound" : phase}`;
  if (state.textContent !== words[phase]) {
    state.textContent = words[phase];
  }
  at("entry-trouble").hidden = !TROUBLE.has(phase);
  at("entry-trouble").className = `entry-status entry-trouble is-${phase}`;
  at("entry-trouble").textContent = TROUBLE.has(phase) ? words[phase] : "";
  at("entry-sign-in").hidden = phase !== "ended";
  if (restored) {
    say(`上次没有保存的 ${restored} 处改动已恢复`);
  }
  tools();
}

function tools() {
  const counts = countsOf(sheet);
  at("entry-undo").disabled = !sheet.canUndo();
  at("entry-redo").disabled = !sheet.canRedo();
  at("entry-defaults").hidden = data.is_closed || counts.defaults === 0;
  at("entry-defaults").textContent = `${data.defaults_label}（${counts.defaults} 格）`;
  at("entry-filled").textContent = `已填 ${counts.filled} / ${counts.all}`;
}

/** One grid for the points of the class, where the sheet asks for some, and one for those of its students. */
function gridsOf(host) {
  const grids = [4, 5].flatMap((holder) => {
    const part = {
      title: holder === 4 ? "班级" : "学号",
      rows: data.rows.filter((row) => row.holder === holder),
      columns: data.columns.filter((column) => column.holder === holder),
    };
    return part.rows.length && part.columns.length ? [gridOf(sheet, host, part, say)] : [];
  });
  const all = (name) => (...given) => grids.forEach((grid) => grid[name](...given));
  return {reveal: all("reveal"), finish: all("finish"), leave: all("leave")};
}

function draw() {
  view?.finish();
  view?.leave();
  at("entry-view").replaceChildren();
  view = isNarrow.matches ? cardsOf(sheet, at("entry-view"), say) : gridsOf(at("entry-view"));
}

function submitted(said) {
  sync.heard(said);
  const told = element("p", {name: said.is_posted ? "notice notice-done" : "notice", role: "status", text: said.message});
  at("entry-result").replaceChildren(told);
  const [kind, word] = said.state;
  at("entry-state").replaceChildren(element("span", {name: `state with-shape state-${kind}`, text: word}));
  told.scrollIntoView({block: "nearest"});
}

draw();
isNarrow.addEventListener("change", draw);
reportOf(sheet, at("entry-report"), () => view);
const sync = syncOf(sheet, status);
status(sync.state);
if (!data.is_closed) {
  const open = submitOf(sheet, sync, at("entry-dialog"), submitted);
  at("entry-submit").addEventListener("click", () => {
    view.finish();
    open();
  });
  at("entry-take-back").addEventListener("click", async () => {
    const {status: answer, said} = await ask(data.addresses.undo, {});
    if (answer === 200) {
      sync.heard(said);
    }
    say(said.message || "没有撤销，请稍后再试。");
  });
}
at("entry-undo").addEventListener("click", () => say(`${sheet.undo().length} 个单元格已恢复`));
at("entry-redo").addEventListener("click", () => say(`${sheet.redo().length} 个单元格已重做`));
at("entry-defaults").addEventListener("click", () => say(`已填入 ${confirmDefaults(sheet)} 个默认值`));
