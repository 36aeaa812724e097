/** Which stretches of other files are told of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { similarPieces } from '../../../../extension/engine/context/similar-pieces.ts';

const filler = Array.from({ length: 20 }, (_, index) => `filler${index}`).join('\n');

test('the most similar are wanted most, pieces of a file don’t overlap, and what shares no name is left out', () => {
  const near = 'alpha beta gamma delta';
  const files = [
    { path: 'a.ts', text: `${filler}\nalpha beta gamma\n` },
    { path: 'b.ts', text: 'alpha beta gamma delta\n' },
    { path: 'c.ts', text: 'nothing shared\n' },
  ];
  const pieces = similarPieces(near, files);
  assert.deepEqual(
    pieces.map(({ path }) => path),
    ['a.ts', 'b.ts'],
  );
  assert.deepEqual(
    pieces.map(({ weight }) => weight),
    [0.75, 1],
  );
  assert.equal(pieces[0]?.text, 'alpha beta gamma');
});
