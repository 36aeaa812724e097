/** A setting that can't be followed costs one message, not one per keystroke. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture } from './fixture.ts';
import { until } from './until.ts';
import { Workbench } from './workbench.ts';

test('a model path that leads nowhere is told in one message, however much is typed', async () => {
  const workbench = await Workbench.open({
    files: { 'inventory.py': fixture('inventory.py') },
    settings: { 'hotset.model.path': '/nowhere/absent.gguf' },
  });
  try {
    assert.deepEqual(await workbench.notifications(), [], 'a message before anything was asked for');
    await workbench.openFile('inventory.py', 'self.items = {}');
    await workbench.type('\nself.');
    const messages = await until('a message', async () => {
      const shown = await workbench.notifications();
      return shown.length > 0 && shown;
    });
    await workbench.screenshot('absent-model');
    assert.match(messages.join('\n'), /absent\.gguf/);
    await workbench.type('items\nself.items\n');
    await workbench.save('inventory.py');
    assert.equal((await workbench.notifications()).length, 1);
    assert.equal(await workbench.ghostText(), '');
  } finally {
    await workbench.close();
  }
});
