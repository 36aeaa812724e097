/** Where a request's text ends, however it comes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fields } from '../../../extension/serve/fields.ts';
import { RequestLimits } from '../../../extension/serve/request-limits.ts';

function limits(body: object): RequestLimits {
  return RequestLimits.of(new Fields(body));
}

test('a text ends before the first stop string in it, whichever that is', () => {
  const both = limits({ stop: ['\n\n', 'END'] });
  assert.equal(both.cut('a END b\n\nc'), 2);
  assert.equal(both.stopIn('a END b\n\nc'), 'END');
  assert.equal(both.cut('a\n\nEND'), 1);
  assert.equal(both.stopIn('a\n\nEND'), '\n\n');
  assert.equal(both.cut('nothing of it'), 13);
  assert.equal(both.stopIn('nothing of it'), '');
});

test('one stop string may stand for a list', () => {
  assert.equal(limits({ stop: ';' }).cut('a; b'), 1);
  assert.equal(limits({ stop: null }).cut('a; b'), 4);
  assert.throws(() => limits({ stop: [1] }), /Field 'stop'/);
});

test('a part of a stop string is not certain yet', () => {
  const wanted = limits({ stop: ['<|end|>'] });
  assert.equal(wanted.certain('code <|e'), 5);
  assert.equal(wanted.certain('code <|x'), 8);
  assert.equal(wanted.certain('code <|end|> more'), 5);
});

test('a text ends before the first line that is indented less', () => {
  const indented = limits({ n_indent: 4 });
  assert.equal(indented.cut('return a\n    b\n}'), 'return a\n    b'.length);
  assert.equal(indented.cut('return a\n\n    b'), 'return a\n\n    b'.length, 'blank lines end nothing');
  assert.equal(indented.cut('return a\n  '), 'return a\n  '.length, 'who knows what follows');
  assert.equal(indented.certain('return a\n  '), 'return a'.length);
});

test('what is certain grows into the cut of the whole, whatever the pieces', () => {
  const wanted = limits({ stop: ['END', '\n\n\n'], n_indent: 2 });
  const whole = 'let a;\n  b(EN);\n\n  c\n d END';
  let sent = 0;
  for (let length = 1; length <= whole.length; length++) {
    const certain = wanted.certain(whole.slice(0, length));
    assert.ok(certain <= wanted.cut(whole), `${length}: ${certain}`);
    assert.ok(certain >= sent, `${length} takes back what was sent`);
    sent = certain;
  }
  assert.equal(sent, wanted.cut(whole));
});

test('the time counts from the first text, and only behind a line feed', () => {
  let now = 1_000;
  const wanted = new RequestLimits({ stops: [], indentation: 0, milliseconds: 250 }, () => now);
  assert.equal(wanted.isLate(''), false);
  now += 10_000;
  assert.equal(wanted.isLate('a'), false);
  now += 300;
  assert.equal(wanted.isLate('a b'), false, 'the first line is waited for');
  assert.equal(wanted.isLate('a b\n'), true);
});

test('no limit leaves a text alone', () => {
  const none = limits({});
  assert.equal(none.cut('a\nb'), 3);
  assert.equal(none.certain('a\n  '), 4);
  assert.equal(none.isLate('a\n'), false);
});
