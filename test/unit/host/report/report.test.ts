import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogMemory } from '../../../../extension/host/report/log-memory.ts';
import { reportText } from '../../../../extension/host/report/report.ts';
import { withoutPaths } from '../../../../extension/host/report/without-paths.ts';
import { Inquiry } from '../../../../extension/scheduling/inquiry.ts';

test('paths and addresses are taken out, and what a model is called stays', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['/home/ann/models/qwen.gguf: too large', '<path>/qwen.gguf: too large'],
    ['loaded C:\\Users\\ann\\a.gguf', 'loaded <path>/a.gguf'],
    ['file \\\\server\\share\\x.ts is gone', 'file <path> is gone'],
    ['see ~/notes/plan.md', 'see <path>'],
    ['from https://models.example.com/a/b', 'from <address>'],
    ['prompt tells of src/billing/secret.ts', 'prompt tells of <path>'],
    ['30/70 hot/cold at 5 t/s', '30/70 hot/cold at 5 t/s'],
    ['"/opt/x y/z.ts"', '"<path> <path>"'],
  ];
  for (const [text, wanted] of cases) assert.equal(withoutPaths(text), wanted);
  assert.equal(withoutPaths('in /home/ann lee/code/a.py', ['/home/ann lee']), 'in <path>');
});

test('a report holds no code, no path and no private setting', () => {
  const inquiry = new Inquiry({ document: 'file:///home/ann/secret/a.py', line: 3, character: 1 }, false);
  const outcome = {
    tokens: 3,
    firstTokenMs: 1,
    totalMs: 2,
    promptTokens: 9,
    cachedTokens: 8,
    stopReason: 'maxLines',
    bytesPerToken: null,
  } as const;
  const rest = { text: 'password = 12', emptiedBy: null, confidence: 0.001, threshold: 0.02 };
  inquiry.note({ kind: 'answered', outcome: { ...outcome, ...rest } });
  const text = reportText({
    versions: { Hotset: '1.2.3' },
    machine: { processor: 'Tern 9' },
    settings: { 'hotset.model.path': '/home/ann/secret/m.gguf', 'hotset.maxLines': 3 },
    state: { kind: 'failed', reason: '/home/ann/secret/m.gguf can not be read', cause: 'model' },
    inquiries: [inquiry],
    log: ['[info] reading /home/ann/secret/m.gguf'],
    folders: ['/home/ann'],
  });
  assert.doesNotMatch(text, /ann|secret|password|a\.py/);
  for (const wanted of [
    /Hotset: 1\.2\.3/,
    /Tern 9/,
    /maxLines: 3/,
    /model\.path: set/,
    /0\.1% sure/,
    /m\.gguf can not be read/,
  ])
    assert.match(text, wanted);
});

test('of details the log keeps only those that name no file', () => {
  const memory = new LogMemory();
  memory.add({ level: 'debug', message: 'the prompt tells of a.ts' });
  memory.add({ level: 'debug', message: 'completion: 3 characters to show' });
  for (let line = 0; line < 200; line++) memory.add({ level: 'info', message: String(line) });
  assert.equal(memory.lines.length, 150);
  assert.match(memory.lines.at(-1) ?? '', /\[info\] 199$/);
  assert.doesNotMatch(memory.lines.join(), /a\.ts/);
});
