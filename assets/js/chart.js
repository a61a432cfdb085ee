/* A click on a cell leads to what is behind it. Mirrors layouts/figures/heatmap.py (layout.meta). */
(function () {
  'use strict';

  const clientside = (window.dash_clientside = window.dash_clientside || {});

  clientside.chart = {
    drill(clicks, figures) {
      const triggered = clientside.callback_context.triggered;
      if (triggered.length === 0) {
        return;
      }
      const index = clicks.findIndex((click) => click === triggered[0].value);
      const click = clicks[index];
      const meta = index < 0 ? null : figures[index].layout.meta;
      if (click && meta && meta.rows) {
        const point = click.points[0];
        clientside.address.go(meta.rows[point.y] + (meta.columns[point.x] || ''));
      }
    },
  };
})();
