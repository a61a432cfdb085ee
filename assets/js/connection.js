/* What a page does when the server cannot be reached: it says so, keeps what it shows, and asks again by itself.
   session.js, which is loaded after it, sends its requests through here. */
(function () {
  'use strict';

  const HEALTH = '/healthz';
  const HEALTH_MS = 10 * 1000; // within this a server that works has said so
  const SLOW_MS = 10 * 1000; // an answer that takes longer makes us ask whether the server is there at all
  const FIRST_PAUSE_MS = 1000;
  const LONGEST_PAUSE_MS = 30 * 1000;
  const OF_A_GATEWAY = [502, 503, 504];
  const send = window.fetch.bind(window);
  let away = null;

  async function isThere() {
    const limit = new AbortController();
    const timer = window.setTimeout(() => limit.abort(), HEALTH_MS);
    try {
      return (await send(HEALTH, { cache: 'no-store', signal: limit.signal })).ok;
    } catch {
      return false;
    } finally {
      window.clearTimeout(timer);
    }
  }

  function bar(onRetry) {
    const box = document.createElement('div');
    box.className = 'cut-off';
    box.setAttribute('role', 'alert');
    const words = document.createElement('p');
    words.textContent = '连不上服务器，正在重试…';
    const again = document.createElement('button');
    again.type = 'button';
    again.className = 'button';
    again.textContent = '手动重试';
    again.addEventListener('click', onRetry);
    box.append(words, again);
    return box;
  }

  async function wait() {
    let wake = () => {};
    const now = () => wake();
    const box = bar(now);
    document.documentElement.classList.add('is-cut-off');
    document.body.prepend(box);
    window.addEventListener('online', now);
    let pause = FIRST_PAUSE_MS;
    do {
      await new Promise((resolve) => {
        wake = resolve;
        window.setTimeout(resolve, pause);
      });
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    } while (!(await isThere()));
    window.removeEventListener('online', now);
    box.remove();
    document.documentElement.classList.remove('is-cut-off');
  }

  /* All requests that wait, wait for the same. */
  function untilBack() {
    away = away || wait().finally(() => (away = null));
    return away;
  }

  function isOfGateway(answer) {
    const isOurs = (answer.headers.get('Content-Type') || '').startsWith('application/json');
    return OF_A_GATEWAY.includes(answer.status) && !isOurs;
  }

  /* The answer; null where none came from our server. */
  async function answerOf(address, options) {
    const giveUp = new AbortController();
    const stop = () => giveUp.abort();
    options.signal?.addEventListener('abort', stop);
    const watch = window.setInterval(async () => (await isThere()) || stop(), SLOW_MS);
    try {
      const answer = await send(address, { ...options, signal: giveUp.signal });
      return isOfGateway(answer) ? null : answer;
    } catch (error) {
      if (options.signal?.aborted) {
        throw error;
      }
      return null;
    } finally {
      window.clearInterval(watch);
      options.signal?.removeEventListener('abort', stop);
    }
  }

  /* What a page asks for by POST only reads: it may be asked for again until it is answered. */
  window.fetch = async function (address, options = {}) {
    if (options.method !== 'POST') {
      return send(address, options);
    }
    let answer = await answerOf(address, options);
    while (answer === null) {
      await untilBack();
      answer = await answerOf(address, options);
    }
    return answer;
  };
})();
