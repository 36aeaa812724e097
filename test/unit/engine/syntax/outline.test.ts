/** What grammars say of declarations and imports. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grammarFor } from '../../../../extension/engine/syntax/grammars.ts';
import type { Outline } from '../../../../extension/engine/syntax/outline.ts';

async function outlineOf(path: string, text: string): Promise<Outline> {
  const grammar = await grammarFor({ path });
  const outline = grammar?.outline(text) ?? null;
  assert.ok(outline !== null);
  return outline;
}

test('TypeScript: exported declarations without bodies and comments, and what import statements name', async () => {
  const { declarations, imports } = await outlineOf(
    'a.ts',
    `import { type A, b as c } from './b.ts';
import * as d from '../d';
import 'effects';

/** A queue. */
export class Queue<T> {
  // Newest last.
  readonly #items: T[] = [];
  private size = 0;

  push(item: T): void {
    if (item) { this.#items.push(item); }
  }
}
function hidden() {}
export const one = 1, two = (x: number) => { return x; };
`,
  );
  assert.deepEqual(declarations, [
    {
      names: ['Queue'],
      text: 'export class Queue<T> {\n  push(item: T): void\n}',
    },
    { names: ['one', 'two'], text: 'export const one = 1, two = (x: number) => ;' },
  ]);
  assert.deepEqual(imports, [
    { path: './b.ts', names: ['A', 'b'] },
    { path: '../d', names: null },
    { path: 'effects', names: null },
  ]);
});

test('Python: classes, functions and values of the module', async () => {
  const { declarations, imports } = await outlineOf(
    'a.py',
    `from .b import (c, d as e)
import f.g
LIMIT = 3
@cached
def area(w: int) -> int:
    """Docs."""
    return w
class Shape(Base):
    sides: int = 0
    def draw(self):  # now
        pass
`,
  );
  assert.deepEqual(declarations, [
    { names: ['LIMIT'], text: 'LIMIT = 3' },
    { names: ['area'], text: '@cached\ndef area(w: int) -> int:' },
    { names: ['Shape'], text: 'class Shape(Base):\n    sides: int = 0\n    def draw(self):' },
  ]);
  assert.deepEqual(imports, [
    { path: '.b', names: ['c', 'd'] },
    { path: 'f.g', names: null },
  ]);
});

test('C++: what stands in namespaces as well, members with their class', async () => {
  const { declarations, imports } = await outlineOf(
    'a.h',
    `#include "b/c.h"
#include <vector>
namespace n {
class Shape {
 public:
  Shape() : sides_(0) { draw(); }
  int draw() const { return sides_; }
 private:
  int sides_ = 0;
};
int* find(int key);
}
`,
  );
  assert.deepEqual(
    declarations.map(({ text }) => text),
    ['class Shape {\n public:\n  Shape()\n  int draw() const\n}', 'int* find(int key);'],
  );
  assert.ok(declarations[0]?.names.includes('draw'));
  assert.deepEqual(imports, [{ path: 'b/c.h', names: null }]);
});

test('no outline where imports name no files, or the text is nested beyond sense', async () => {
  assert.equal((await grammarFor({ path: 'a.go' }))?.outline('package a'), null);
  assert.equal((await grammarFor({ path: 'a.ts' }))?.outline('('.repeat(10_000)), null);
});
