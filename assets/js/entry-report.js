// What is to be seen to: cells that are wrong, and cells that two people have changed; each leads to its cell.

import {element, nameOf, valueOf} from "./entry-marks.js";

const MOST = 30;

function jump(sheet, key, view) {
  const {row, column} = sheet.place(key);
  const made = element("button", {name: "button-plain", type: "button", text: nameOf(row, column)});
  made.addEventListener("click", () => view().reveal(key));
  return made;
}

function wrong(sheet, {key, message}, view) {
  const made = element("li");
  made.append(jump(sheet, key, view), element("span", {text: `“${sheet.text(key)}”：${message}`}));
  return made;
}

function contested(sheet, {key, theirs}, view) {
  const made = element("li");
  made.append(
    jump(sheet, key, view),
    element("span", {text: `你填 ${sheet.text(key) || "空"}，${theirs.by} 于 ${theirs.at} 填 ${valueOf(sheet, key, theirs)}`})
  );
  [["用我的", true], ["用对方的", false]].forEach(([text, isMine]) => {
    const {row, column} = sheet.place(key);
    const button = element("button", {name: "button", type: "button", text, "aria-label": `${nameOf(row, column)}：${text}`});
    button.addEventListener("click", () => sheet.decide(key, isMine));
    made.append(button);
  });
  return made;
}

function section(title, found, draw) {
  const made = element("section", {name: "entry-report-part"});
  made.append(element("h3", {name: "panel-subtitle", text: `${title}（${found.length}）`}));
  const list = element("ul");
  found.slice(0, MOST).forEach((each) => list.append(draw(each)));
  if (found.length > MOST) {
    list.append(element("li", {name: "is-quiet", text: `另有 ${found.length - MOST} 处，改正前面的以后列出。`}));
  }
  made.append(list);
  return made;
}

/** Keeps the list in `host` up to date; `view` gives the grid or the cards that are shown. */
export function reportOf(sheet, host, view) {
  let last = "";
  function draw() {
    const [problems, conflicts] = [sheet.problems(), sheet.conflicts()];
    const state = JSON.stringify([problems, conflicts]);
    if (state === last) {
      return; // whoever reads the list keeps their place in it
    }
    last = state;
    host.hidden = !problems.length && !conflicts.length;
    host.replaceChildren(
      ...(conflicts.length ? [section("两人改了同一格，两个值都留着，请选择", conflicts, (each) => contested(sheet, each, view))] : []),
      ...(problems.length ? [section("不合要求，还没有保存", problems, (each) => wrong(sheet, each, view))] : [])
    );
  }
  sheet.onChange(draw);
  draw();
  return draw;
}
