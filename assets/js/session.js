/* What a page does when its session has ended: it leaves, and takes with it what it showed. Mirrors dashboards/guard.py. */
(function () {
  'use strict';

  const QUIET_MS = 5 * 60 * 1000;
  const CHECK_MS = 60 * 1000;
  const ASK = '/session';
  const ask = window.fetch.bind(window);
  let heardAt = Date.now();

  function leave(address) {
    const here = window.location.pathname + window.location.search;
    document.documentElement.replaceChildren();
    window.location.replace(here === '/' ? address : address + '?next=' + encodeURIComponent(here));
  }

  function notice(text) {
    if (document.querySelector('.session-notice')) {
      return;
    }
    const box = document.createElement('div');
    box.className = 'session-notice';
    box.setAttribute('role', 'alert');
    const words = document.createElement('p');
    words.textContent = text;
    const again = document.createElement('button');
    again.type = 'button';
    again.className = 'button';
    again.textContent = '重新载入';
    again.addEventListener('click', () => window.location.reload());
    box.append(words, again);
    document.body.append(box);
  }

  async function said(response) {
    const isJson = (response.headers.get('Content-Type') || '').startsWith('application/json');
    return isJson ? response.clone().json() : {};
  }

  /* A request for data that is refused changes nothing on the page; why is said at its edge. The renderer takes
     204 for "no change"; on any other refusal it stumbles over its own reading of the answer. */
  window.fetch = async function (address, options = {}) {
    const response = await ask(address, options);
    heardAt = Date.now();
    if (response.ok) {
      return response;
    }
    const { sign_in: door, message } = await said(response);
    if (door) {
      leave(door);
      return new Promise(() => {});
    }
    if (options.method !== 'POST') {
      return response;
    }
    notice(message || '服务器没有正确回应，请稍后再试。');
    return new Response(null, { status: 204 });
  };

  /* Asking does not prolong the session: dashboards/identity.py leaves it out of what counts as activity. */
  async function check() {
    try {
      const { sign_in: door } = await said(await ask(ASK, { cache: 'no-store' }));
      if (door) {
        leave(door);
      }
    } catch {
      /* the network is away; what is shown stays until the server can be asked */
    }
  }

  window.setInterval(() => {
    if (Date.now() - heardAt > QUIET_MS) {
      check();
    }
  }, CHECK_MS);
  window.addEventListener('pageshow', (event) => event.persisted && check());
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && check());

  /* The menu closes as menus do. */
  document.addEventListener('click', (event) => {
    document.querySelectorAll('.user-menu[open]').forEach((menu) => {
      if (!menu.contains(event.target)) {
        menu.open = false;
      }
    });
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      document.querySelectorAll('.user-menu[open]').forEach((menu) => {
        menu.open = false;
        menu.querySelector('summary').focus();
      });
    }
  });
})();
