/** Traces: when each device computed what, from the addon and from the bundled CLI. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { NativeLoadOptions, NativeTraceEvent } from '../../extension/engine/addon.ts';
import { embeddedModelPath, generateOptions, loadOptions, requireAddon, root } from './model.ts';

// ggml takes a Vulkan driver in software only where it is named, before its backends are loaded.
process.env['GGML_VK_VISIBLE_DEVICES'] ??= '0';
const addon = requireAddon();
addon.initialise(() => undefined);

const folder = mkdtempSync(join(tmpdir(), 'hotset-trace-'));
after(() => {
  rmSync(folder, { recursive: true });
});

/** Of eight tokens. */
async function traceOf(options: Partial<NativeLoadOptions>): Promise<NativeTraceEvent[]> {
  const model = await addon.loadModel({ ...loadOptions, mode: 'dense', ...options }, () => undefined);
  try {
    const prompt = model.tokenize('def area(', false);
    await model.generate(prompt, { ...generateOptions, maxTokens: 8 }, () => undefined);
    const events = await model.takeTrace();
    assert.deepEqual(await model.takeTrace(), []);
    return events;
  } finally {
    model.dispose();
  }
}

const overlap = (one: NativeTraceEvent, other: NativeTraceEvent) =>
  one.beginUs < other.endUs && other.beginUs < one.endUs;

test('on the CPU alone a trace shows one stage for each step', async () => {
  const events = await traceOf({ trace: true });
  assert.ok(events.length >= 8, `${events.length}`);
  assert.deepEqual([...new Set(events.map(({ device }) => device))], ['CPU']);
  for (const [index, { beginUs, endUs }] of events.entries()) {
    assert.ok(beginUs < endUs && beginUs >= (events[index - 1]?.endUs ?? 0));
  }
});

test('without being asked for there is no trace', async () => {
  assert.deepEqual(await traceOf({}), []);
});

test('the two devices compute their parts of one layer at the same time', async () => {
  const [gpu] = addon.devices();
  assert.ok(gpu !== undefined, 'no GPU: install mesa-vulkan-drivers, as npm run setup does');
  const { layers, neuronsPerLayer } = await addon.inspectModel(embeddedModelPath());
  const layer = { attention: 'cpu', hotNeurons: Math.floor(neuronsPerLayer / 64) * 32 } as const;
  const placement = {
    device: gpu.name,
    layers: Array<typeof layer>(layers).fill(layer),
    head: 'cpu',
  } as const;
  const events = await traceOf({ trace: true, placement });
  const onGpu = events.filter(({ device, name }) => device === gpu.name && name.startsWith('hot block'));
  assert.ok(onGpu.length >= 8 * layers, `${onGpu.length}`);
  const beside = onGpu.filter((hot) => {
    const rest = hot.name.replace('hot block', 'rest');
    return events.some((other) => other.device === 'CPU' && other.name === rest && overlap(hot, other));
  });
  assert.ok(beside.length > onGpu.length / 2, `${beside.length} of ${onGpu.length}`);
});

function hotset(...args: string[]) {
  const cli = join(root, 'dist', 'cli.cjs');
  return spawnSync(process.execPath, [cli, ...args], { cwd: root, encoding: 'utf8' });
}

interface ChromeTrace {
  traceEvents: {
    ph: string;
    name: string;
    tid: number;
    ts?: number;
    dur?: number;
    args?: { name: string };
  }[];
}

/** Its bars, after a look at what names their row. */
function barsIn(file: string) {
  const { traceEvents } = JSON.parse(readFileSync(file, 'utf8')) as ChromeTrace;
  const rows = traceEvents.filter(({ ph }) => ph === 'M');
  assert.deepEqual(
    rows.map(({ name, tid, args }) => [name, tid, args?.name]),
    [['thread_name', 0, 'CPU']],
  );
  return traceEvents.filter(({ ph }) => ph === 'X');
}

const place = 'test/fixtures/rectangle.ts:7:5';

test('complete --trace writes what Chrome reads', () => {
  const file = join(folder, 'complete.json');
  const { status, stderr } = hotset(
    'complete',
    place,
    '--max-tokens',
    '4',
    '--gpu-budget',
    '0',
    '--trace',
    file,
  );
  assert.equal(status, 0, stderr);
  const bars = barsIn(file);
  assert.ok(bars.length > 0);
  for (const { tid, ts, dur } of bars) assert.ok(tid === 0 && Number(ts) > 0 && Number(dur) > 0);
});

test('bench --trace writes one of the decoding of its last mode', () => {
  const file = join(folder, 'bench.json');
  const quick = [
    '--rounds',
    '1',
    '--tokens',
    '8',
    '--prompt-tokens',
    '16',
    '--threads',
    '1',
    '--modes',
    'exact',
  ];
  const { status, stderr } = hotset('bench', ...quick, '--trace', file);
  assert.equal(status, 0, stderr);
  // The prompt's last token is computed again, for its logits.
  assert.equal(barsIn(file).length, 8);
});

const badInputs: Record<string, string[]> = {
  'a trace in no folder': ['--trace', join(folder, 'none', 'trace.json')],
  'a trace that is a folder': ['--trace', folder],
  'a trace of llama.cpp': ['--decoder', 'llama.cpp', '--trace', join(folder, 'llama.json')],
};

for (const [name, args] of Object.entries(badInputs)) {
  test(`${name}: exit code 2 and one clear line`, () => {
    const { status, stdout, stderr } = hotset('complete', place, ...args);
    assert.equal(status, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^hotset: [^\n]{10,}\n$/);
  });
}
