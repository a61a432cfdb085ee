// Saves what is typed by itself, asks what others have typed, and outlives a network that comes and goes.

const SOON = 700;
const AT_LATEST = 3_000;
const ASK_EVERY = 20_000;
const PATIENCE = 15_000;
const FIRST_WAIT = 2_000;
const LONGEST_WAIT = 30_000;
const TOKEN = /(?:^|; )_csrf_token=([^;]+)/;
const KEPT = "luoxuan.entry.";

/** Ask the server something: the status and what it says; status 0 where it cannot be reached. */
export async function ask(address, body) {
  const token = (document.cookie.match(TOKEN) || [])[1] || "";
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: {"Content-Type": "application/json", "X-CSRFToken": decodeURIComponent(token)},
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE),
    });
    const isJson = (response.headers.get("Content-Type") || "").startsWith("application/json");
    return {status: response.status, said: isJson ? await response.json() : {}};
  } catch {
    return {status: 0, said: {}};
  }
}

/** What is typed and not saved yet, over a reload of this tab; gone once it is saved, and never another person's. */
function storeOf(data) {
  const name = `${KEPT}${data.account}.${data.sheet}`;
  const own = `${KEPT}${data.account}.`;
  const guarded = (action) => {
    try {
      return action();
    } catch {
      return null; // a browser that keeps nothing warns on leaving instead
    }
  };
  guarded(() =>
    Object.keys(sessionStorage)
      .filter((each) => each.startsWith(KEPT) && !each.startsWith(own))
      .forEach((each) => sessionStorage.removeItem(each))
  );
  return {
    read: () => guarded(() => JSON.parse(sessionStorage.getItem(name))) || [],
    write: (entries) =>
      guarded(() =>
        entries.length ? sessionStorage.setItem(name, JSON.stringify(entries)) : sessionStorage.removeItem(name)
      ),
  };
}

/**
 * Keeps `sheet` and the server in step.
 *
 * `show` is told after every change: phase (saved, waiting, saving, offline, ended, refused), when it was last saved,
 * and what the server says.
 */
export function syncOf(sheet, show) {
  const {data} = sheet;
  const store = storeOf(data);
  const state = {phase: "saved", at: "", message: "", restored: 0};
  let since = data.since;
  let timer = 0;
  let first = 0;
  let wait = FIRST_WAIT;
  let running = null;

  function phase(name, message = "") {
    Object.assign(state, {phase: name, message});
    show(state);
  }

  function later(delay) {
    window.clearTimeout(timer);
    timer = window.setTimeout(save, delay);
  }

  function poke() {
    store.write(sheet.kept());
    if (state.phase === "ended" || state.phase === "refused") {
      show(state);
      return;
    }
    if (!sheet.unsaved()) {
      phase(state.phase === "waiting" ? "saved" : state.phase);
      return;
    }
    first = first || Date.now();
    if (state.phase !== "offline") {
      phase("waiting");
      later(Math.max(0, Math.min(SOON, first + AT_LATEST - Date.now())));
    }
  }

  /** Save everything that can be; whoever calls while it runs waits for it and for what came since. */
  async function save() {
    if (running) {
      await running;
    }
    if (sheet.unsaved()) {
      running = send().finally(() => {
        running = null;
      });
      await running;
    }
    return sheet.unsaved() === 0;
  }

  async function send() {
    window.clearTimeout(timer);
    first = 0;
    const edits = sheet.take();
    phase("saving");
    const {status, said} = await ask(data.addresses.save, {edits, since});
    if (status === 200) {
      heard(said);
      store.write(sheet.kept());
      phase(sheet.unsaved() ? "waiting" : "saved");
      if (sheet.unsaved()) {
        later(SOON);
      }
      return;
    }
    sheet.release();
    failed(status, said);
  }

  function heard(said) {
    since = said.since ?? since;
    state.at = said.at || state.at;
    wait = FIRST_WAIT;
    sheet.settle(said);
  }

  function failed(status, said) {
    if (status === 0 || status >= 500) {
      phase("offline", said.message || "");
      later(wait);
      wait = Math.min(LONGEST_WAIT, wait * 2);
    } else if (said.sign_in) {
      phase("ended", said.message);
    } else {
      phase("refused", said.message || "服务器没有接受，请重新打开本页。");
    }
  }

  /** Ask what others have typed; and whether the server is there again. */
  async function look() {
    if (document.visibilityState !== "visible" || running || state.phase === "refused") {
      return;
    }
    if (sheet.unsaved()) {
      await save();
      return;
    }
    const {status, said} = await ask(data.addresses.save, {edits: [], since});
    if (status === 200) {
      heard(said);
      if (state.phase === "offline" || state.phase === "ended") {
        phase("saved");
      }
    } else if (status !== 0 && status < 500) {
      failed(status, said);
    }
  }

  sheet.onChange(poke);
  window.setInterval(look, ASK_EVERY);
  window.addEventListener("online", () => save());
  document.addEventListener("visibilitychange", look);
  window.addEventListener("beforeunload", (event) => {
    if (sheet.kept().length || sheet.unsaved()) {
      event.preventDefault();
    }
  });
  state.restored = sheet.restore(store.read());
  return {save, look, heard, state};
}
