/* Tables, built from the data beside them as plain elements. Mirrors layouts/table.py. */
(function () {
  'use strict';

  const clientside = (window.dash_clientside = window.dash_clientside || {});

  function element(tag, { name = '', text = '', attributes = {} } = {}) {
    const made = document.createElement(tag);
    if (name) {
      made.className = name;
    }
    made.textContent = text;
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    return made;
  }

  function link(text, href, name) {
    return element('a', { text, name, attributes: { href } });
  }

  function heading(column) {
    const attributes = { scope: 'col', ...(column.order ? { 'aria-sort': column.order } : {}) };
    const made = element('th', { name: column.number ? 'is-number' : '', attributes });
    made.append(column.href ? link(column.title, column.href, 'sort-link in-place') : column.title);
    return made;
  }

  /* A drawing in the colour of its state: the picture is a mask over the current colour. */
  function drawing(value) {
    const made = element('span', { name: 'cell-drawing ' + value.name, attributes: { role: 'img', 'aria-label': value.text } });
    made.style.maskImage = value.mask;
    made.style.webkitMaskImage = value.mask;
    return made;
  }

  function cell(value, column) {
    const made = column.heading
      ? element('th', { attributes: { scope: 'row' } })
      : element('td', { name: column.number ? 'is-number' : '' });
    if (typeof value === 'string') {
      made.textContent = value;
    } else if (value.href) {
      const anchor = link(value.text, value.href, value.name);
      if (value.spoken) {
        anchor.setAttribute('aria-label', value.spoken);
      }
      made.append(anchor);
    } else if (value.mask) {
      made.append(drawing(value));
    } else {
      made.textContent = value.text;
      made.className = (made.className + ' ' + value.name).trim();
      if (value.spoken) {
        made.setAttribute('aria-label', value.text + ' ' + value.spoken);
      }
    }
    return made;
  }

  function built(data) {
    const table = element('table', { name: 'data-table' });
    const head = element('thead');
    const row = element('tr');
    row.append(...data.columns.map(heading));
    head.append(row);
    const body = element('tbody');
    body.append(
      ...data.rows.map((values) => {
        const line = element('tr');
        line.append(...values.map((value, index) => cell(value, data.columns[index])));
        return line;
      })
    );
    table.append(element('caption', { name: 'visually-hidden', text: data.caption }), head, body);
    return table;
  }

  /* Dash writes an id of several parts into the document as JSON with sorted keys. */
  function place(id) {
    const parts = { ...id, role: 'table' };
    return document.getElementById(JSON.stringify(parts, Object.keys(parts).sort()));
  }

  /* The data may arrive a few frames before the place it belongs to. */
  function fill(id, data, frames = 120) {
    const host = place(id);
    if (host) {
      host.replaceChildren(built(data));
    } else if (frames > 0) {
      window.requestAnimationFrame(() => fill(id, data, frames - 1));
    }
  }

  clientside.table = {
    draw(data, id) {
      fill(id, data);
      return data.rows.length;
    },
  };
})();
