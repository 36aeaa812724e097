/** Which lines another file has a say in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crossFileTasks } from '../../../../extension/engine/evaluation/cross-file-tasks.ts';

const shapes = {
  path: 'shapes.ts',
  text: 'export interface Shape {\n  readonly outline: number;\n}\nexport function area(): Shape {\n  const hidden = 1;\n}\n',
};
const drawing = {
  path: 'drawing.ts',
  text: [
    "import { area, type Shape } from './shapes.ts';",
    'const shape: Shape = area();',
    'const told = "an outline";',
    'const hidden = 2;',
    'const length = shape.outline + 1;',
    '',
  ].join('\n'),
};

test('the cursor stands at a name that an imported file declares, and the file says as code nowhere else', async () => {
  const files = [shapes, drawing];
  const tasks = await crossFileTasks(files, files, 100, 'seed');
  const named = new Set(tasks.map(({ path, middle }) => `${String(path)}: ${middle}`));
  assert.deepEqual([...named].sort(), ['drawing.ts: Shape = area();', 'drawing.ts: area();']);
  for (const { prefix, middle, suffix } of tasks) assert.equal(prefix + middle + suffix, drawing.text);
});

test('no such lines without imports', async () => {
  assert.deepEqual(await crossFileTasks([shapes], [shapes], 100, 'seed'), []);
});
