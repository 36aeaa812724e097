/** Keys faster than anybody types, each calling off what the one before had asked for; `npm run load` does it for longer. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { NativeTraceEvent } from '../../extension/engine/addon.ts';
import { Witness } from '../soak/shown-check.ts';
import { lineOf, TraceCheck } from '../soak/trace-lines.ts';
import { typeUnderLoad } from '../soak/under-load.ts';
import { completeParams, loadParams } from './engine-client.ts';
import { root } from './model.ts';

test('at thirty keys a second one thing is computed at a time, and nothing shown that was computed for another text', async (context) => {
  const report = await typeUnderLoad({
    load: loadParams,
    script: join(root, 'test', 'soak', 'traced-engine.ts'),
    folder: join(root, 'test', 'fixtures'),
    seed: 1,
    milliseconds: 10_000,
    fewestShown: 3,
  });
  context.diagnostic(JSON.stringify(report));
  const { asked, answered, computed, overlapping, shown, stale, processes } = report;
  assert.ok(asked > answered, 'nothing was called off');
  assert.ok(computed > asked, `${computed} stretches of computing for ${asked} completions`);
  assert.equal(overlapping, 0);
  assert.ok(shown >= 3);
  assert.equal(stale, 0);
  assert.equal(processes, 1);
});

const event = (device: string, beginUs: number, endUs: number): NativeTraceEvent => ({
  name: 'rest',
  device,
  beginUs,
  endUs,
});

test('two decodes at once would be seen in the trace', () => {
  const check = new TraceCheck();
  check.hear(lineOf([event('CPU', 0, 5), event('GPU', 3, 9), event('CPU', 5, 8)]));
  check.hear('the log says other things, too');
  assert.deepEqual([check.bars, check.overlapping], [3, 0]);
  check.hear(lineOf([event('CPU', 7, 9)]));
  assert.equal(check.overlapping, 1);
});

test('what was computed for another text would be seen', async () => {
  const answer = { text: ' range(3):', overlap: 0 };
  const witness = new Witness({ complete: () => Promise.resolve(answer as never) }, () => undefined);
  await witness.complete({ ...completeParams, document: 'one' }, new AbortController().signal);
  const place = { ...completeParams, document: 'one', languageId: 'python', path: null };
  const here = { ...place, isPrefixWhole: true, isSuffixWhole: true };
  const suggestion = { ...answer, isOffered: true, confidence: 1 };
  assert.ok(witness.hasSaid(here, suggestion));
  const typed = { ...here, prefix: `${here.prefix} ra` };
  assert.ok(witness.hasSaid(typed, { ...suggestion, text: 'nge(3):' }));
  assert.ok(!witness.hasSaid(typed, suggestion));
  assert.ok(!witness.hasSaid({ ...here, document: 'other' }, suggestion));
});
