/* What the menu of a panel does: the chart as a table, the whole screen, and closing as menus do. Mirrors layouts/panel.py. */
(function () {
  'use strict';

  const MENUS = '.panel-menu[open]';
  let shownAt = window.location.pathname;

  function close(menu) {
    menu.open = false;
  }

  function resize(panel) {
    panel.querySelectorAll('.js-plotly-plot').forEach((chart) => {
      if (chart.offsetParent !== null) {
        window.Plotly.Plots.resize(chart);
      }
    });
  }

  const actions = {
    table(panel) {
      const isTable = panel.dataset.shows !== 'table';
      panel.dataset.shows = isTable ? 'table' : 'chart';
      resize(panel);
    },

    'full-screen'(panel) {
      if (document.fullscreenElement === panel) {
        document.exitFullscreen();
      } else {
        panel.requestFullscreen().catch(() => {}); // refused by the browser's own settings: nothing changes
      }
    },
  };

  document.addEventListener('click', (event) => {
    const target = event.target instanceof Element ? event.target : null;
    document.querySelectorAll(MENUS).forEach((menu) => menu.contains(target) || close(menu));
    const choice = target && target.closest('.panel-choice');
    if (!choice) {
      return;
    }
    const act = actions[choice.dataset.panelAction];
    if (act) {
      act(choice.closest('.panel'));
    }
    if (act || !choice.dataset.panelAction) {
      close(choice.closest('.panel-menu'));
    }
  });

  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      document.querySelectorAll(MENUS).forEach((menu) => {
        close(menu);
        menu.querySelector('summary').focus();
      });
    }
  });

  /* Charts follow the width. Their height stays: labels beside lines are placed for it, in px. */
  document.addEventListener('fullscreenchange', () => {
    document.querySelectorAll('.panel').forEach(resize);
  });

  /* Another page may be put into the same elements; it starts with its charts. */
  function leave() {
    if (window.location.pathname !== shownAt) {
      shownAt = window.location.pathname;
      document.querySelectorAll('.panel[data-shows]').forEach((panel) => delete panel.dataset.shows);
    }
  }
  window.addEventListener('popstate', leave);
  window.addEventListener('_dashprivate_pushstate', leave);
})();
