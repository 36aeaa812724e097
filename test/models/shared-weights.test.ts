/** Windows that complete with the same model: its weights lie in memory once (Linux). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { assertAnswers, EngineClient } from '../engine/engine-client.ts';
import { realModel } from './real-model.ts';

const wanted = await realModel('qwen2.5-coder-0.5b');
const engines: EngineClient[] = [];

after(async () => {
  await Promise.all(engines.map((engine) => engine.kill()));
});

/** In MiB: of pages that are this process's alone, and of its fair share of all that it has in memory. */
function memoryOf({ child }: EngineClient): { own: number; share: number } {
  const rollup = readFileSync(`/proc/${String(child.pid)}/smaps_rollup`, 'utf8');
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(rollup)?.[1]) / 1024;
  return { own: Math.round(of('Anonymous')), share: Math.round(of('Pss')) };
}

test('three engines hold the weights of a model once', { skip: wanted.missing }, async (context) => {
  if (!('path' in wanted)) return;
  let sizeBytes = 0;
  for (let index = 0; index < 3; index++) {
    const engine = new EngineClient();
    engines.push(engine);
    ({ sizeBytes } = await engine.load({ path: wanted.path, contextLength: 4096 }));
    await assertAnswers(engine);
    context.diagnostic(`with ${String(index + 1)}: ${JSON.stringify(engines.map(memoryOf))} MiB`);
  }
  const weights = sizeBytes / 2 ** 20;
  for (const { own, share } of engines.map(memoryOf)) {
    assert.ok(own < weights, `${own} MiB of its own, the weights are ${weights.toFixed(0)}`);
    assert.ok(share - own < weights / 2, `${share} MiB, of which ${own} of its own`);
  }
});
