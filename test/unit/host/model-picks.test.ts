import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelPicks, type Shelf } from '../../../extension/host/models/model-picks.ts';
import type { ModelState } from '../../../extension/models/model-folder.ts';
import { tern } from '../models/entries.ts';
import { step } from '../models/cost/machines.ts';

const heron = {
  ...tern,
  id: 'heron-9b',
  name: 'Heron 9B',
  licence: { name: 'Heron', note: 'not for commercial use' },
  file: { ...tern.file, name: 'heron.gguf', bytes: 9e9 },
  measured: null,
};

const shelf: Shelf = {
  entries: [heron, tern],
  stateOf: () => ({ kind: 'absent', bytes: 0 }),
  isRunning: () => false,
  useOf: () => '',
  isChosen: () => false,
  machine: { memory: 8e9, cores: 8, measured: null },
};

function ternOf(change: Partial<Shelf>) {
  const found = modelPicks({ ...shelf, ...change }).find(({ entry }) => entry === tern);
  assert.ok(found !== undefined);
  return found;
}

test('the recommended model comes first, and says size, licence, fit, speed and how often it is right', () => {
  const [first, second] = modelPicks(shelf);
  assert.equal(first?.label, '$(cloud-download) Tern 1B');
  assert.equal(first.description, 'recommended · 0.6 GB · MIT');
  assert.equal(first.detail, 'fits (0.8 GB of memory) · fast without a GPU · 25% of lines right');
  assert.equal(second?.description, '9.0 GB · Heron, not for commercial use');
  assert.match(second.detail, /^too large \(14 GB of memory\) · slow .* · untried$/);
});

test('a model that can’t fill in says so before anybody downloads it', () => {
  const [pick] = modelPicks({ ...shelf, entries: [{ ...heron, infilling: 'none' }] });
  assert.match(pick?.description ?? '', / · sees only code above$/);
  assert.match(pick?.detail ?? '', / · untried$/);
});

test('on a measured machine with a GPU it is said how much of the model lies there', () => {
  const measured = {
    ...{ name: 'round', cores: 8, memoryBytes: 8e9, steps: [{ ...step, threads: 8 }] },
    products: [
      { type: '*', threads: 8, bytesPerSecond: 10e9, choiceBytesPerSecond: 10e9, productsPerSecond: 1e11 },
    ],
    gpu: {
      ...{ name: 'a GPU', memoryBytes: 4e9, bytesPerSecond: 300e9, productsPerSecond: null },
      syncSeconds: 20e-6,
    },
  };
  const detailOn = (machine: Partial<typeof measured>) =>
    ternOf({ machine: { ...shelf.machine, measured: { ...measured, ...machine } } }).detail;
  assert.match(detailOn({}), /100% of it on the GPU/);
  assert.match(detailOn({ gpu: { ...measured.gpu, memoryBytes: 3e8 } }), /, [234]\d% of it on the GPU/);
  assert.match(detailOn({ gpu: { ...measured.gpu, bytesPerSecond: 1e9 } }), / 0% of it on the GPU/);
});

test('what lies here is told apart', () => {
  const states: [ModelState, string][] = [
    [{ kind: 'present', bytes: 640_000_000 }, '$(database) downloaded'],
    [{ kind: 'partial', bytes: 320_000_000 }, '$(cloud-download) paused at 50%'],
    [{ kind: 'damaged', bytes: 1 }, '$(cloud-download) damaged: will be downloaded again'],
  ];
  for (const [state, expected] of states) {
    const { label, description } = ternOf({ stateOf: () => state });
    const [icon = '', place = ''] = expected.split(/ (.*)/);
    assert.ok(label.startsWith(icon) && description.endsWith(` · ${place}`), description);
  }
});

test('what is in use or being downloaded is told before all else', () => {
  const stateOf = (): ModelState => ({ kind: 'present', bytes: 640_000_000 });
  const used = ternOf({ stateOf, useOf: () => 'in use for python', isChosen: () => true });
  assert.match(used.description, / · in use for python$/);
  assert.match(used.label, /^\$\(check\)/);
  assert.match(ternOf({ isRunning: () => true }).label, /^\$\(sync~spin\)/);
});

test('where nothing that was measured fits, nothing is recommended', () => {
  const picks = modelPicks({ ...shelf, machine: { memory: 1e9, cores: 8, measured: null } });
  assert.ok(picks.every(({ description }) => !description.includes('recommended')));
});
