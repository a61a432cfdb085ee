/* A questionnaire shown a few questions at a time, answered by finger or keys, and not left by mistake; and the print button.
   The form works without: then all questions stand below one another. Mirrors layouts/templates/self_test_form.html. */

const PAGE = 6;

function start(form) {
  const questions = [...form.querySelectorAll('[data-question]')];
  const pages = [];
  for (let first = 0; first < questions.length; first += PAGE) {
    pages.push(questions.slice(first, first + PAGE));
  }
  const [back, next, submit] = ['back', 'next', 'submit'].map((name) => form.querySelector(`[data-${name}]`));
  const progress = form.querySelector('[data-progress]');
  const said = form.querySelector('[data-lacking]');
  const intro = form.querySelector('.self-test-intro');
  let shown = 0;
  let isChanged = false;

  const isAnswered = (question) => question.querySelector('input:checked') !== null;
  const firstOpen = (list) => list.find((question) => !isAnswered(question));

  function tell() {
    const done = questions.filter(isAnswered).length;
    progress.querySelector('progress').value = done;
    progress.querySelector('[data-progress-text]').textContent =
      `第 ${shown + 1} / ${pages.length} 页 · 已答 ${done} / ${questions.length} 题`;
  }

  function show(number) {
    shown = number;
    pages.forEach((page, index) => page.forEach((question) => { question.hidden = index !== number; }));
    intro.hidden = number > 0;
    back.hidden = number === 0;
    next.hidden = number === pages.length - 1;
    submit.hidden = number !== pages.length - 1;
    tell();
  }

  function turn(number) {
    show(number);
    form.scrollIntoView({ block: 'start' });
    focus(firstOpen(pages[number]) || pages[number][0]);
  }

  function focus(question, block = 'nearest') {
    const input = question.querySelector('input:checked') || question.querySelector('input');
    input.focus({ preventScroll: true });
    question.scrollIntoView({ block });
  }

  function goTo(question) {
    show(pages.findIndex((page) => page.includes(question)));
    focus(question, 'center');
  }

  function lacking(list) {
    const open = firstOpen(list);
    const count = list.filter((question) => !isAnswered(question)).length;
    said.hidden = count === 0;
    said.textContent = count === 0 ? '' : `还有 ${count} 题没有选。`;
    list.forEach((question) => question.classList.toggle('is-missing', open !== undefined && !isAnswered(question)));
    return open;
  }

  back.addEventListener('click', () => turn(shown - 1));
  next.addEventListener('click', () => {
    const open = lacking(pages[shown]);
    if (open) {
      focus(open, 'center');
    } else {
      turn(shown + 1);
    }
  });
  form.addEventListener('change', (event) => {
    isChanged = true;
    event.target.closest('[data-question]')?.classList.remove('is-missing');
    tell();
  });
  form.addEventListener('click', (event) => {
    const link = event.target.closest('.self-test-missing a');
    const question = link && form.querySelector(link.getAttribute('href'));
    if (question) {
      event.preventDefault();
      goTo(question);
    }
  });
  form.addEventListener('submit', (event) => {
    const open = lacking(questions);
    if (open) {
      event.preventDefault();
      goTo(open);
      return;
    }
    isChanged = false;
    submit.disabled = true;
  });
  document.addEventListener('keydown', (event) => {
    const question = document.activeElement?.closest('[data-question]');
    if (!question || event.ctrlKey || event.altKey || event.metaKey || !/^[1-5]$/.test(event.key)) {
      return;
    }
    const input = question.querySelector(`input[value="${event.key}"]`);
    input.click();
    const following = pages[shown][pages[shown].indexOf(question) + 1];
    if (following) {
      focus(following);
    } else {
      (next.hidden ? submit : next).focus();
    }
  });
  window.addEventListener('beforeunload', (event) => {
    if (isChanged) {
      event.preventDefault();
    }
  });
  window.addEventListener('pageshow', () => {
    submit.disabled = false;
    tell();
  });

  isChanged = questions.some(isAnswered);
  progress.hidden = false;
  form.querySelector('[data-keys]').hidden = false;
  const missing = form.querySelector('[data-question].is-missing');
  show(missing ? pages.findIndex((page) => page.includes(missing)) : 0);
  form.querySelector('#missing')?.focus();
}

document.querySelectorAll('form[data-self-test]').forEach(start);
document.querySelectorAll('[data-print]').forEach((button) => {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
});
