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

  /* Answers of our own server: who is told to sign in leaves, any other refusal is said at the edge of the page. */
  async function heed(response) {
    if (response.ok || !(response.headers.get('Content-Type') || '').startsWith('application/json')) {
      return;
    }
    const said = await response.clone().json();
    if (said.sign_in) {
      leave(said.sign_in);
    } else if ([400, 403].includes(response.status) && said.message) {
      notice(said.message);
    }
  }

  window.fetch = async function (...request) {
    const response = await ask(...request);
    heardAt = Date.now();
    await heed(response);
    return response;
  };

  /* Asking does not prolong the session: dashboards/identity.py leaves it out of what counts as activity. */
  async function check() {
    try {
      await heed(await ask(ASK, { headers: { Accept: 'application/json' }, cache: 'no-store' }));
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
