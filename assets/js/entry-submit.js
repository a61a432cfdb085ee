// Handing a sheet in: a look at what it holds, then one request; and what came of it.

import {element} from "./entry-marks.js";
import {ask} from "./entry-sync.js";

/** What a sheet holds: filled, defaults nobody confirmed, blanks (and the required ones among them), wrong, contested. */
export function countsOf(sheet) {
  const keys = sheet.keys();
  const defaults = keys.filter((key) => sheet.text(key) === "" && sheet.fallback(key) !== "").length;
  const filled = keys.filter((key) => sheet.text(key) !== "" && !sheet.message(key)).length;
  const empty = keys.filter((key) => sheet.text(key) === "" && sheet.fallback(key) === "");
  const required = empty.filter((key) => sheet.place(key).column.is_required).length;
  const [wrong, contested] = [sheet.problems().length, sheet.conflicts().length];
  return {all: keys.length, filled, defaults, blank: empty.length, required, wrong, contested};
}

function line(text, name = "") {
  return element("p", {name, text});
}

/** The dialog of `host` for handing in; `sync` saves first, `done` is told what the server answered. */
export function submitOf(sheet, sync, host, done) {
  const body = host.querySelector(".entry-dialog-body");
  const confirm = host.querySelector("button[value=submit]");

  let isUnknownLesson = false;
  let counted = 0; // required blanks as the server has counted them: it knows of those that others have emptied

  /** Something that has to be said before the sheet is taken. */
  function confirmation(id, text) {
    const made = element("label", {name: "choice"});
    const box = element("input", {type: "checkbox", id});
    box.addEventListener("change", () => {
      confirm.disabled = [...body.querySelectorAll("input[type=checkbox]")].some((each) => !each.checked);
    });
    made.append(box, ` ${text}`);
    return made;
  }

  const isSaid = (id) => body.querySelector(`#${id}`)?.checked === true;

  function tell() {
    const counts = countsOf(sheet);
    const required = Math.max(counted, counts.required);
    if (sheet.data.opens) {
      body.replaceChildren(line(sheet.data.opens));
      confirm.disabled = true;
      return;
    }
    const isStopped = counts.wrong + counts.contested > 0;
    body.replaceChildren(
      line(`${sheet.data.rows.length} 行，共 ${counts.all} 格：已填 ${counts.filled}，默认值 ${counts.defaults}，空白 ${counts.blank}。`)
    );
    if (counts.defaults) {
      body.append(line(`${counts.defaults} 格是灰色的默认值，按所显示的值计。`));
    }
    if (required) {
      body.append(confirmation("entry-blanks", `这些学生不适用：应填而空白的 ${required} 格不计入`));
    }
    if (isUnknownLesson) {
      body.append(confirmation("entry-lesson", "这一天没有已知的课，确认补录"));
    }
    if (isStopped) {
      body.append(line(`还有 ${counts.wrong} 处不合要求、${counts.contested} 处两人改动未定，请先处理。`, "form-problem"));
    }
    if (sheet.data.is_submitted) {
      body.append(line("这张表已经提交过，这次提交作为更正，原来的流水会冲正。"));
    }
    confirm.disabled = isStopped || required > 0 || isUnknownLesson;
    confirm.textContent = sheet.data.is_submitted ? "提交更正" : "提交并入账";
  }

  async function submit() {
    const confirmed = {blanks_confirmed: isSaid("entry-blanks"), lesson_confirmed: isSaid("entry-lesson")};
    confirm.disabled = true;
    body.replaceChildren(line("正在提交…"));
    const isSaved = await sync.save();
    if (!isSaved || sheet.problems().length || sheet.conflicts().length) {
      tell();
      body.append(line("有改动还没有保存到服务器，没有提交。", "form-problem"));
      return;
    }
    const {status, said} = await ask(sheet.data.addresses.submit, confirmed);
    if (status === 200) {
      host.close();
      sheet.data.is_submitted = true;
      done(said);
      return;
    }
    isUnknownLesson = isUnknownLesson || said.is_unknown_lesson === true;
    counted = (said.blanks || []).length || counted;
    tell();
    const why = status === 0 ? "网络断开，没有提交；所填的都已保存，稍后再提交即可。" : said.message || "没有提交，请稍后再试。";
    body.append(line(why, "form-problem"));
  }

  confirm.addEventListener("click", submit);
  return () => {
    counted = 0;
    tell();
    host.showModal();
  };
}
