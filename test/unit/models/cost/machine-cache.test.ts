import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { keepMachine, keptMachine } from '../../../../extension/models/cost/machine-cache.ts';
import type { CostMachine } from '../../../../extension/models/cost/machine.ts';
import { step as wholeStep } from './machines.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-machine-'));
after(() => {
  rmSync(folder, { recursive: true });
});

const day = 24 * 3600_000;
const machine: CostMachine = {
  name: 'loom',
  cores: 2,
  memoryBytes: 1e9,
  products: [
    { type: 'Q4_0', threads: 1, bytesPerSecond: 1e9, choiceBytesPerSecond: 1e9, productsPerSecond: 1e10 },
  ],
  steps: [{ ...wholeStep, nodeSeconds: 1e-6 }],
  gpu: null,
};

test('what was measured is kept for a month, and not for another processor', () => {
  const file = join(folder, 'deeper', 'machine.json');
  assert.equal(keptMachine(file, 0), null);
  keepMachine(machine, file, 10 * day);
  assert.deepEqual(keptMachine(file, 11 * day), machine);
  assert.equal(keptMachine(file, 41 * day), null);
  assert.equal(keptMachine(file, 9 * day), null, 'a clock that was set back');
  const kept = readFileSync(file, 'utf8');
  writeFileSync(file, kept.replace(/"processor": "/, '"processor": "another '));
  assert.equal(keptMachine(file, 11 * day), null);
});

test('a damaged file is as good as none', () => {
  const file = join(folder, 'damaged.json');
  for (const content of ['', '{', 'null', '[]', '{"machine": {"products": 1}}']) {
    writeFileSync(file, content);
    assert.equal(keptMachine(file), null, content);
  }
});

test('figures that nobody can reckon with are as good as none', () => {
  const file = join(folder, 'figures.json');
  const [product] = machine.products;
  const [step] = machine.steps;
  const wrong = [
    { ...machine, cores: '2' },
    { ...machine, products: [] },
    { ...machine, products: [null] },
    { ...machine, products: [{ ...product, bytesPerSecond: 0 }] },
    { ...machine, steps: [{ ...step, attentionPerSecond: 'ab' }] },
    { ...machine, steps: [{ ...step, nodeSeconds: -1 }] },
    { ...machine, gpu: {} },
  ];
  for (const one of wrong) {
    keepMachine(one as CostMachine, file, day);
    assert.equal(keptMachine(file, day), null, JSON.stringify(one));
  }
});
