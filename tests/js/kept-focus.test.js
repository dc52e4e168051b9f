import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { KeptFocus } from '../../static/js/lib/kept-focus.js';

/** As much of a page as focus needs: what is hidden or disabled loses it when the page is drawn. */
class Page {
  body = { closest: () => null };
  activeElement = this.body;

  button(name, { inDialog = false } = {}) {
    const page = this;
    return {
      name,
      hidden: false,
      disabled: false,
      closest(selector) {
        return (selector === '[hidden]' ? this.hidden : inDialog) ? this : null;
      },
      focus() {
        if (!this.hidden && !this.disabled) page.activeElement = this;
      },
    };
  }

  draw() {
    const { hidden, disabled } = this.activeElement;
    if (hidden || disabled) this.activeElement = this.body;
  }
}

let page, hold, resume, other, kept;

beforeEach(() => {
  page = new Page();
  [hold, resume, other] = ['hold', 'resume', 'other'].map((name) => page.button(name));
  const next = new Map([[hold, [resume]], [resume, [hold]]]);
  kept = new KeptFocus((from) => next.get(from) ?? [], page);
  resume.hidden = true;
  hold.focus();
});

describe('a button that was used', () => {
  test('hands its place to the next when that may be used: not before', () => {
    hold.disabled = true;
    kept.settle();
    page.draw();
    assert.equal(page.activeElement, page.body, 'nothing can have it yet');
    hold.hidden = true;
    resume.hidden = false;
    resume.disabled = true;
    kept.settle();
    assert.equal(page.activeElement, page.body);
    resume.disabled = false;
    kept.settle();
    assert.equal(page.activeElement, resume);
  });

  test('has its place back after a refusal', () => {
    hold.disabled = true;
    kept.settle();
    page.draw();
    hold.disabled = false;
    kept.settle();
    assert.equal(page.activeElement, hold);
  });

  test('loses it to whatever the person has gone to meanwhile', () => {
    hold.disabled = true;
    kept.settle();
    page.draw();
    other.focus();
    kept.settle();
    other.disabled = true;
    page.draw();
    hold.disabled = false;
    kept.settle();
    assert.equal(page.activeElement, page.body, 'another’s place is not ours to give back');
  });

  test('loses it when forgotten', () => {
    hold.disabled = true;
    kept.settle();
    page.draw();
    kept.forget();
    hold.disabled = false;
    kept.settle();
    assert.equal(page.activeElement, page.body);
  });

  test('keeps it while a question lies over the page', () => {
    const yes = page.button('yes', { inDialog: true });
    yes.focus();
    kept.place(hold);
    kept.settle();
    assert.equal(page.activeElement, yes);
    page.activeElement = page.body; // the question closes
    hold.hidden = true;
    resume.hidden = false;
    kept.settle();
    assert.equal(page.activeElement, resume);
  });
});

test('a button of a dialog hands its place on within the dialog', () => {
  const [attach, save] = ['attach', 'save'].map((name) => page.button(name, { inDialog: true }));
  const cards = new KeptFocus((from) => (from === attach ? [save] : []), page);
  attach.focus();
  attach.disabled = true;
  cards.settle();
  assert.equal(page.activeElement, save);
});

test('nothing moves while the button may be used, and nothing after somebody pointed elsewhere', () => {
  kept.settle();
  assert.equal(page.activeElement, hold);
  page.activeElement = page.body;
  kept.forget();
  kept.settle();
  assert.equal(page.activeElement, page.body);
});

test('a button that is drawn away before anybody looks hands its place on all the same', () => {
  kept.settle();
  hold.hidden = true;
  resume.hidden = false;
  page.draw();
  kept.settle();
  assert.equal(page.activeElement, resume);
});

test('whoever moved on by key is not called back', () => {
  kept.settle();
  other.focus();
  kept.settle();
  other.hidden = true;
  hold.hidden = true;
  resume.hidden = false;
  page.draw();
  kept.settle();
  assert.equal(page.activeElement, page.body);
});
