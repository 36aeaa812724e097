import assert from 'node:assert/strict';
import { test } from 'node:test';
import { table } from '../../../extension/cli/table.ts';

const rows = [
  ['model', 'this machine', 'tokens/s', 'licence'],
  ['one', 'fits', '120', 'Apache-2.0'],
  ['the other *', 'too large', '8.5', 'Research (not for commercial use)'],
];

test('columns of numbers are aligned right, with their headings, and no line ends with spaces', () => {
  assert.equal(
    table(rows, Infinity),
    [
      'model        this machine  tokens/s  licence',
      'one          fits               120  Apache-2.0',
      'the other *  too large          8.5  Research (not for commercial use)',
    ].join('\n'),
  );
});

test('what is wider than the terminal is wrapped between words, its first column never', () => {
  assert.equal(
    table(rows, 46),
    [
      '             this',
      'model        machine     tokens/s  licence',
      'one          fits             120  Apache-2.0',
      'the other *  too large        8.5  Research',
      '                                   (not for',
      '                                   commercial',
      '                                   use)',
    ].join('\n'),
  );
});

test('a terminal that is narrower than the words gets them whole', () => {
  const lines = table(rows, 10).split('\n');
  for (const word of ['Apache-2.0', 'commercial', 'the other *', 'tokens/s']) {
    assert.ok(lines.some((line) => line.includes(word)));
  }
});

test('a number stays on a line with its unit and its error, also where it is about so much', () => {
  const measured = [
    ['first line', 'decode t/s'],
    ['about 12 s', '12.3 ± 0.4'],
  ];
  assert.match(table(measured, 12), /about 12 s {2}12\.3 ± 0\.4/);
});
