// The wall screen: one timer that turns scenes, asks for data, tells their age and loads the page anew at night.

import {drawScene, message, setLegend} from "./screen-draw.js";
import {Feed} from "./screen-feed.js";

const FORM = 1;
const ZONE = "Asia/Shanghai";
const HOUR = 3_600_000;
const LOST_AFTER = 3 * 60_000;
const PROBE_AGAIN = 5 * 60_000;
const PROBE_PATIENCE = 15_000;

const at = (id) => document.getElementById(id);
const stage = at("wall-stage");
const isWide = window.matchMedia("(min-aspect-ratio: 5/2)");
const clockText = new Intl.DateTimeFormat("zh-CN", {timeZone: ZONE, hour: "2-digit", minute: "2-digit", hour12: false});
const dayText = new Intl.DateTimeFormat("en-CA", {timeZone: ZONE, year: "numeric", month: "2-digit", day: "2-digit"});

const feed = new Feed("/screen/feed", FORM, changed);
const show = {index: 0, until: 0, isPaused: false, shown: [], wasWide: isWide.matches, failed: new Map()};
const reload = {done: null, due: 0, probing: null};

// -- scenes ----------------------------------------------------------------------------------

function scenes() {
  return (feed.feed && feed.feed.scenes) || [];
}

function seconds() {
  return (feed.feed && feed.feed.settings && feed.feed.settings.seconds) || 20;
}

/** Scenes that stand side by side. */
function places() {
  return Math.min(isWide.matches ? 2 : 1, Math.max(1, scenes().length));
}

function changed(content) {
  if (content) {
    setLegend(content.legend || []);
  }
  show.failed.clear();
  show.index = Math.min(show.index, Math.max(0, scenes().length - 1));
  draw();
}

function turn(step) {
  const all = scenes();
  if (all.length) {
    show.index = (show.index + step + all.length) % all.length;
    draw();
  }
  show.until = performance.now() + 1000 * seconds();
}

/** Scenes from the current one on that can be drawn, at most as many as have room. */
function drawable() {
  const all = scenes();
  const made = [];
  for (let step = 0; step < all.length && made.length < places(); step += 1) {
    const scene = all[(show.index + step) % all.length];
    try {
      if (scene.problem) {
        throw new Error(scene.problem);
      }
      made.push([scene, drawScene(scene)]);
    } catch (error) {
      show.failed.set(scene.title, scene.problem || String(error.message || error));
    }
  }
  return made;
}

function draw() {
  let made;
  if (feed.state === "closed") {
    made = [[null, message("大屏已停止显示", feed.closedBecause)]];
  } else if (!feed.feed) {
    const isLost = feed.state === "lost";
    made = [[null, message(isLost ? "还没有连上服务器" : "正在载入", isLost ? "会自动重试，不需要操作。" : "")]];
  } else if (feed.feed.missing) {
    made = [[null, message("还没有可以显示的数据", feed.feed.missing)]];
  } else {
    made = drawable();
    if (!made.length) {
      made = [[null, message("画面暂时无法显示", [...show.failed.keys()].join("、"))]];
    }
  }
  show.shown = made.map(([scene]) => scene && scene.key);
  show.wasWide = isWide.matches;
  for (const old of stage.children) {
    old.classList.add("is-leaving");
  }
  const board = document.createElement("div");
  board.className = `wall-board has-${made.length}`;
  board.append(...made.map(([, node]) => node));
  stage.append(board);
  names();
}

/** What has faded out goes; called a second later. */
function sweep() {
  while (stage.children.length > 1) {
    stage.firstElementChild.remove();
  }
}

function names() {
  const list = scenes().map((scene) => {
    const item = document.createElement("li");
    item.textContent = scene.title;
    item.classList.toggle("is-on", show.shown.includes(scene.key));
    return item;
  });
  at("wall-scenes").replaceChildren(...list);
}

// -- what is said around the scenes -----------------------------------------------------------

function write(id, text) {
  const place = at(id);
  if (place.textContent !== text) {
    place.textContent = text;
  }
}

function since(age) {
  const minutes = Math.floor(age / 60_000);
  if (minutes < 1) {
    return "刚刚更新";
  }
  if (minutes < 60) {
    return `数据 ${minutes} 分钟前`;
  }
  return minutes < 48 * 60 ? `数据 ${Math.floor(minutes / 60)} 小时前` : `数据 ${Math.floor(minutes / 1440)} 天前`;
}

function lostText() {
  const today = dayText.format(feed.time());
  const day = dayText.format(feed.at);
  return `连接中断，显示的是 ${day === today ? "" : `${day.slice(5)} `}${clockText.format(feed.at)} 的数据`;
}

function tell() {
  const content = feed.feed;
  const age = feed.age();
  const isLost = Boolean(content) && age >= LOST_AFTER;
  write("wall-clock", clockText.format(feed.time()));
  write("wall-term", content ? content.term : "");
  write("wall-data", content && content.data_date ? `数据截至 ${content.data_date} · 指标库 ${content.library_version}` : "");
  write("wall-age", content ? (isLost ? `${since(age)} · ${lostText()}` : since(age)) : "");
  at("wall-age").classList.toggle("is-lost", isLost);
  const failed = [...show.failed].map(([title, why]) => `“${title}”没有画出来（${why}）`);
  const paused = show.isPaused ? ["已暂停"] : [];
  write("wall-problem", [...paused, ...failed].join(" · "));
}

// -- once a night -----------------------------------------------------------------------------

/** The day that counts from the hour of the reload; it changes once a day, at that hour. */
function night() {
  const hour = (feed.feed && feed.feed.settings && feed.feed.settings.reload_hour) ?? 3;
  return `${hour}@${dayText.format(feed.time() - hour * HOUR)}`;
}

/** Load the page anew once a night, or where its script is too old, but only from a server that has just answered. */
function watchNight(now) {
  // By the server's clock alone: a wrong one here would change the night when the first answer puts it right.
  if (!feed.isTimed) {
    return;
  }
  const current = night();
  if (reload.done === null || reload.done.split("@")[0] !== current.split("@")[0]) {
    reload.done = current; // the first look, or another hour was set
  }
  if (reload.probing) {
    if (now - reload.probing.since > PROBE_PATIENCE) {
      reload.probing.abort.abort();
    }
    return;
  }
  if ((reload.done !== current || feed.state === "outdated") && now >= reload.due) {
    probe(now, current);
  }
}

async function probe(now, current) {
  const abort = new AbortController();
  reload.probing = {since: now, abort};
  try {
    const answer = await fetch("/screen", {cache: "no-store", redirect: "error", signal: abort.signal});
    await answer.text();
    if (answer.ok) {
      reload.done = current;
      if (document.dispatchEvent(new CustomEvent("screen-reload", {cancelable: true}))) {
        window.location.reload();
      }
    }
  } catch {
    // The server is away: what is shown stays, and it is tried again.
  }
  reload.due = performance.now() + PROBE_AGAIN;
  reload.probing = null;
}

// -- the timer --------------------------------------------------------------------------------

function tick() {
  const now = performance.now();
  try {
    sweep();
    feed.tick(now);
    if (isWide.matches !== show.wasWide || (!feed.feed && feed.state === "lost" && !show.shown.includes("lost"))) {
      draw();
      if (!feed.feed && feed.state === "lost") {
        show.shown = ["lost"];
      }
    }
    if (show.isPaused) {
      show.until = now + 1000 * seconds();
    } else if (now >= show.until) {
      turn(show.until ? places() : 0);
    }
    watchNight(now);
    tell();
  } catch (error) {
    show.failed.set("大屏", String(error.message || error));
  }
}

document.addEventListener("keydown", (event) => {
  const actions = {
    ArrowLeft: () => turn(-places()),
    ArrowRight: () => turn(places()),
    " ": () => {
      show.isPaused = !show.isPaused;
    },
    f: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()),
  };
  const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (action && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    action();
    tell();
  }
});

if (feed.feed) {
  setLegend(feed.feed.legend || []);
}
draw();
tick();
window.setInterval(tick, 1000);
