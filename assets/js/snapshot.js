/* The charts of a panel as a picture, made of what the page shows: it works while the server is away.
   What the picture says of itself is what layouts/exports/picture.py says. */
(function () {
  'use strict';

  const MARGIN = 24;
  const LINE = 20;
  const SCALE = 2;
  const LEAST_WIDTH = 560;
  const SVG = 'http://www.w3.org/2000/svg';

  function words(root, selector) {
    return Array.from(root.querySelectorAll(selector), (item) => item.textContent.trim()).filter(Boolean);
  }

  function filters() {
    return Array.from(document.querySelectorAll('.control'), (control) => {
      const label = words(control, '.control-label, legend')[0] || '';
      const select = control.querySelector('select');
      const chosen = control.querySelector('.toggle-choice.is-on');
      const input = control.querySelector('input[type="text"], input[type="search"]');
      const value = select ? select.selectedOptions[0]?.textContent : chosen ? chosen.textContent : input?.value;
      return value && value.trim() ? (label + ' ' + value.trim()).trim() : '';
    }).filter(Boolean);
  }

  /* Title, the lines below it and the lines at the foot. */
  function told(panel) {
    const title = words(panel, '.panel-title')[0] || '图表';
    const page = words(document, '.page-title, .page-facts').join(' · ');
    const notes = words(panel, '.panel-head .panel-unit, .panel-head .state, .panel-head .panel-note, .panel-head .late');
    const posts = words(document, '.user-posts li').join('、');
    return {
      title,
      above: [page, [...notes, ...filters()].join(' · ')].filter(Boolean),
      below: [
        [posts && '数据范围 ' + posts, ...words(document, '.freshness > *'), ...words(document, '.foot > *')].filter(Boolean).join(' · '),
        '在浏览器中生成于 ' + new Date().toLocaleString('zh-CN', { hour12: false }),
      ],
    };
  }

  function fileName(title, form) {
    const whole = document.querySelector('.control select[id*="dept"]')?.selectedOptions[0]?.textContent;
    const where = whole || words(document, '.page-title')[0] || '';
    const day = (words(document, '.freshness')[0] || '').match(/\d{4}-\d\d-\d\d/);
    const parts = [title, where, day ? day[0] : ''].filter(Boolean).map((part) => part.trim().replace(/[\\/:*?"<>|\s]+/g, ' '));
    return parts.join('_') + '.' + form;
  }

  function element(name, attributes, text = '') {
    const made = document.createElementNS(SVG, name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    made.textContent = text;
    return made;
  }

  function line(text, y, { size, colour, weight = 400 }) {
    const font = window.getComputedStyle(document.body).fontFamily;
    return element('text', { x: MARGIN, y, fill: colour, 'font-size': size, 'font-weight': weight, 'font-family': font }, text);
  }

  /* Text that is wider than the picture goes on below, so that nothing is cut off. */
  function wrapped(text, room, size) {
    const pen = document.createElement('canvas').getContext('2d');
    pen.font = size + 'px ' + window.getComputedStyle(document.body).fontFamily;
    const lines = [''];
    for (const character of text) {
      const last = lines[lines.length - 1];
      if (last && pen.measureText(last + character).width > room) {
        lines.push(character);
      } else {
        lines[lines.length - 1] = last + character;
      }
    }
    return lines;
  }

  async function charts(panel) {
    const found = Array.from(panel.querySelectorAll('.js-plotly-plot'));
    return Promise.all(
      found.map(async (chart) => {
        const { width, height } = chart._fullLayout;
        const address = await window.Plotly.toImage(chart, { format: 'svg', width, height });
        const text = decodeURIComponent(address.slice(address.indexOf(',') + 1));
        return { width, height, drawn: new DOMParser().parseFromString(text, 'image/svg+xml').documentElement };
      })
    );
  }

  /* The whole picture as one SVG: title, where it comes from, the charts, and what they rest on. */
  async function composed(panel) {
    const token = (name) => window.getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const parts = await charts(panel);
    const width = 2 * MARGIN + Math.max(LEAST_WIDTH, ...parts.map((part) => part.width));
    const { title, above, below } = told(panel);
    const room = width - 2 * MARGIN;
    const picture = element('svg', { xmlns: SVG, width });
    const ground = element('rect', { width, fill: token('--surface') });
    picture.append(element('title', {}, title), ground);
    let y = MARGIN + 14;
    const write = (text, style, step) => {
      wrapped(text, room, style.size).forEach((row) => {
        picture.append(line(row, y, style));
        y += step;
      });
    };
    write(title, { size: 18, colour: token('--ink'), weight: 700 }, LINE + 4);
    above.forEach((text) => write(text, { size: 13, colour: token('--ink-2') }, LINE));
    parts.forEach(({ height, drawn, ...size }) => {
      Object.entries({ x: MARGIN, y, width: size.width, height }).forEach(([key, value]) => drawn.setAttribute(key, value));
      picture.append(document.importNode(drawn, true));
      y += height + LINE;
    });
    y += 8;
    below.forEach((text) => write(text, { size: 12, colour: token('--ink-3') }, LINE));
    const height = y + MARGIN - LINE;
    [picture, ground].forEach((item) => item.setAttribute('height', height));
    picture.setAttribute('viewBox', `0 0 ${width} ${height}`);
    return { title, width, height, text: new XMLSerializer().serializeToString(picture) };
  }

  async function painted({ width, height, text }) {
    const image = new Image();
    const address = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
    try {
      image.src = address;
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = width * SCALE;
      canvas.height = height * SCALE;
      canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
      return await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
    } finally {
      URL.revokeObjectURL(address);
    }
  }

  function save(blob, name) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  function say(choice, text) {
    const group = choice.closest('.panel-group');
    group.querySelector('.panel-said')?.remove();
    const said = document.createElement('span');
    said.className = 'panel-said';
    said.setAttribute('role', 'alert');
    said.textContent = text;
    group.append(said);
    window.setTimeout(() => said.remove(), 8000);
  }

  async function made(panel, form) {
    const picture = await composed(panel);
    const blob = form === 'svg' ? new Blob([picture.text], { type: 'image/svg+xml' }) : await painted(picture);
    return { blob, name: fileName(picture.title, form) };
  }

  /* The server's own words where it refuses; what has ended a session is dealt with in session.js. */
  async function fetched(href) {
    const answer = await window.fetch(href);
    if (!answer.ok) {
      const isJson = (answer.headers.get('Content-Type') || '').startsWith('application/json');
      throw new Refusal((isJson && (await answer.json()).message) || '服务器没有给出文件，请稍后再试。');
    }
    const name = (answer.headers.get('Content-Disposition') || '').split("filename*=UTF-8''")[1];
    return { blob: await answer.blob(), name: name ? decodeURIComponent(name) : 'luoxuan' };
  }

  class Refusal extends Error {}

  const ways = {
    png: { make: (choice) => made(choice.closest('.panel'), 'png'), otherwise: '图片没有生成，请改用服务器生成。' },
    svg: { make: (choice) => made(choice.closest('.panel'), 'svg'), otherwise: '图片没有生成，请改用服务器生成。' },
    fetch: { make: (choice) => fetched(choice.getAttribute('href')), otherwise: '服务器没有回应，请稍后再试；图片可以在本机生成。' },
  };

  document.addEventListener('click', async (event) => {
    const choice = event.target instanceof Element ? event.target.closest('.panel-choice[data-panel-action]') : null;
    const way = choice && ways[choice.dataset.panelAction];
    if (!way || event.ctrlKey || event.metaKey || event.shiftKey) {
      return;
    }
    event.preventDefault();
    if (choice.classList.contains('is-busy')) {
      return;
    }
    choice.classList.add('is-busy');
    try {
      const { blob, name } = await way.make(choice);
      save(blob, name);
      choice.closest('.panel-menu').open = false;
    } catch (error) {
      say(choice, error instanceof Refusal ? error.message : way.otherwise);
    } finally {
      choice.classList.remove('is-busy');
    }
  });
})();
