/* Fetches what the next page will need while the browser has nothing to do: the cockpit draws no chart, but the page
   behind its first tile does, and the library for that is the largest file there is. The browser's cache keeps it. */
(function () {
  'use strict';

  const SETTLED_MS = 2500;

  function fetchAhead() {
    const href = window._dashPlotlyJSURL; // where Dash will ask for the library
    if (href && document.head) { // a page that is being left has no head any more
      document.head.append(Object.assign(document.createElement('link'), { rel: 'prefetch', as: 'script', href }));
    }
  }

  const whenIdle = window.requestIdleCallback || ((work) => window.setTimeout(work, SETTLED_MS));
  window.addEventListener('load', () => window.setTimeout(() => whenIdle(fetchAhead), SETTLED_MS));
})();
