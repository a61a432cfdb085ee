/* Filters live in the address: controls follow it, and it follows them. Mirrors dashboards/query.py. */
(function () {
  'use strict';

  const clientside = (window.dash_clientside = window.dash_clientside || {});

  function go(href, { keepScroll = false } = {}) {
    if (href === window.location.pathname + window.location.search) {
      return;
    }
    window.history.pushState({}, '', href);
    window.dispatchEvent(new PopStateEvent('popstate'));
    if (!keepScroll) {
      window.scrollTo(0, 0);
    }
  }

  function written(value) {
    return value === null || value === undefined ? '' : String(value);
  }

  clientside.address = {
    go,

    /* The address changed (a link, the back button): set the controls and tell the page.
       Two quick changes may arrive as one, with the page still at the second address: then only the
       controls, which the first change had moved, are set back. */
    restore(search, pathname, ids, shown, addresses) {
      const keep = clientside.no_update;
      const params = new URLSearchParams(search || '');
      const address = addresses.length === 1 ? addresses[0] : null;
      if (address === null || address.path !== pathname) {
        return [ids.map(() => keep), addresses.map(() => keep)];
      }
      const values = ids.map((id) => params.get(id.name) || written(address.defaults[id.name]));
      if (address.search !== (search || '')) {
        return [values, [{ ...address, search: search || '' }]];
      }
      const moved = values.some((value, index) => value !== written(shown[index]));
      return [moved ? values : ids.map(() => keep), addresses.map(() => keep)];
    },

    /* A control changed: write it into the address; the page number no longer means anything. */
    follow(values, ids, addresses) {
      const params = new URLSearchParams(window.location.search);
      const defaults = addresses.length === 1 ? addresses[0].defaults : {};
      const touched = clientside.callback_context.triggered.map((item) => item.prop_id);
      let changed = false;
      ids.forEach((id, index) => {
        const standard = written(defaults[id.name]);
        const value = written(values[index]).trim();
        const key = JSON.stringify(id, Object.keys(id).sort()) + '.value';
        if (!touched.includes(key) || value === (params.get(id.name) || standard)) {
          return;
        }
        if (value === standard) {
          params.delete(id.name);
        } else {
          params.set(id.name, value);
        }
        changed = true;
      });
      if (changed) {
        params.delete('page');
        const query = params.toString();
        go(window.location.pathname + (query ? '?' + query : ''), { keepScroll: true });
      }
    },

    title(text) {
      if (text) {
        document.title = text + ' · 螺旋';
      }
    },
  };

  /* Links inside charts and tables, and links that only re-order what is in view, change the address without a reload. */
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) {
      return;
    }
    const target = event.target instanceof Element ? event.target.closest('.chart a, .data-table a, a.in-place') : null;
    if (target === null || target.classList.contains('to-form')) {
      return;
    }
    const href = target.getAttribute('href') || target.getAttributeNS('http://www.w3.org/1999/xlink', 'href');
    if (href && href.startsWith('/')) {
      event.preventDefault();
      go(href, { keepScroll: target.classList.contains('in-place') });
    }
  });
})();
