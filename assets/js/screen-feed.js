// What a wall screen knows of the server: the last good feed, its age, and when to ask again.
// Time is given by the caller, so that one timer drives everything.

const EVERY = 60_000;
const PATIENCE = 10_000;
const FIRST_WAIT = 3_000;
const LONGEST_WAIT = 60_000;
const CLOSED_WAIT = 120_000;
const KEPT = "luoxuan.screen.feed";
const KEPT_AT = "luoxuan.screen.at";

/** A wait of about that length: screens that lost the server together do not come back together. */
function about(wait) {
  return wait * (0.75 + Math.random() / 2);
}

/** What is kept over a restart of the browser; nothing where that cannot be read or is of another form. */
function kept(form) {
  try {
    const feed = JSON.parse(localStorage.getItem(KEPT));
    const at = Number(localStorage.getItem(KEPT_AT));
    return feed && feed.form === form && at > 0 ? {feed, at} : null;
  } catch {
    return null;
  }
}

function keep(text, at) {
  try {
    if (text === null) {
      localStorage.removeItem(KEPT);
      localStorage.removeItem(KEPT_AT);
      return;
    }
    if (text !== undefined) {
      localStorage.setItem(KEPT, text);
    }
    localStorage.setItem(KEPT_AT, String(at));
  } catch {
    // A browser that keeps nothing still shows everything; only a restart without a server finds it empty.
  }
}

/** What the server says to a screen that it refuses; empty where something between them answered. Throws where it is cut off. */
async function reason(answer) {
  const text = await answer.text();
  try {
    return String(JSON.parse(text).message || "");
  } catch {
    return "";
  }
}

export class Feed {
  /**
   * @param {string} address of the feed.
   * @param {number} form that the script can draw.
   * @param {(feed: object|null) => void} changed called with every new feed, and with null once the screen is closed.
   */
  constructor(address, form, changed) {
    const before = kept(form);
    this.address = address;
    this.form = form;
    this.changed = changed;
    this.feed = before ? before.feed : null;
    this.at = before ? before.at : 0;
    this.tag = "";
    this.failures = 0;
    this.state = "starting";
    this.closedBecause = "";
    this.offset = 0;
    this.isTimed = false;
    this.due = 0;
    this.asking = null;
  }

  /** Milliseconds since 1970 by the server's clock, as far as it is known. */
  time() {
    return Date.now() + this.offset;
  }

  /** Milliseconds since the server last confirmed what is shown; Infinity before it ever did. */
  age() {
    return this.at ? Math.max(0, this.time() - this.at) : Infinity;
  }

  /** Ask where it is time to, and give up what takes too long; `now` only ever grows. */
  tick(now) {
    if (this.asking) {
      if (now - this.asking.since > PATIENCE) {
        this.asking.abort.abort();
      }
    } else if (now >= this.due) {
      this.ask(now);
    }
  }

  async ask(now) {
    const abort = new AbortController();
    this.asking = {since: now, abort};
    let wait = EVERY;
    try {
      wait = await this.exchange(abort.signal);
      this.failures = 0;
    } catch {
      this.state = "lost";
      this.failures += 1;
      wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (this.failures - 1));
    }
    this.asking = null;
    this.due = performance.now() + about(wait);
  }

  /** One question; gives the wait until the next. Throws where the server does not answer as it should. */
  async exchange(signal) {
    const headers = this.tag ? {"If-None-Match": this.tag} : {};
    const answer = await fetch(this.address, {headers, signal, cache: "no-store", redirect: "error"});
    if (answer.status === 401 || answer.status === 403) {
      this.close(await reason(answer));
      return CLOSED_WAIT;
    }
    if (answer.status !== 200 && answer.status !== 304) {
      await answer.text();
      throw new Error(`status ${answer.status}`);
    }
    const text = answer.status === 200 ? await answer.text() : undefined;
    this.setClock(answer.headers.get("Server-Time"));
    if (text !== undefined) {
      const feed = JSON.parse(text);
      if (feed.form !== this.form) {
        this.state = "outdated";
        return EVERY;
      }
      this.feed = feed;
      this.tag = answer.headers.get("ETag") || "";
    }
    this.at = this.time();
    this.state = "good";
    keep(text, this.at);
    if (text !== undefined) {
      this.changed(this.feed);
    }
    return EVERY;
  }

  /** The token or the session does not count any more: nothing that it opened may stay. */
  close(because) {
    const hadSomething = this.state !== "closed";
    this.closedBecause = because;
    this.state = "closed";
    this.feed = null;
    this.at = 0;
    this.tag = "";
    keep(null);
    if (hadSomething) {
      this.changed(null);
    }
  }

  setClock(text) {
    const server = Date.parse(text || "");
    if (!Number.isNaN(server)) {
      this.offset = server - Date.now();
      this.isTimed = true;
    }
  }
}
