/** What was measured of this machine, as kept in files: numbers that can be reckoned with, or measured again. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { NativeDevice, NativeDeviceRates } from '../../extension/engine/native-devices.ts';
import { deviceRates } from '../../extension/engine/placement/rates-cache.ts';
import { keepMachine, keptMachine, stepFigures } from '../../extension/models/cost/machine-cache.ts';
import { type CostMachine, ratesOf } from '../../extension/models/cost/machine.ts';
import { broken } from './broken.ts';
import { require, type Target } from './target.ts';

const rate = fc.double({ min: 1, max: 1e12, noNaN: true });

const rates = fc.record({ gpuBytesPerSecond: rate, cpuBytesPerSecond: rate, syncSeconds: rate });

const product = fc.record({
  type: fc.constantFrom('*', 'Q4_K', 'F16'),
  threads: fc.integer({ min: 1, max: 4 }),
  bytesPerSecond: rate,
  choiceBytesPerSecond: rate,
  productsPerSecond: rate,
});
const step = fc.record(
  Object.fromEntries(
    stepFigures.map((name) => [name, name === 'threads' ? fc.integer({ min: 1, max: 4 }) : rate]),
  ),
);
const productNames = ['type', 'threads', 'bytesPerSecond', 'choiceBytesPerSecond', 'productsPerSecond'];

const machine = fc.record({
  name: fc.constant('a machine'),
  cores: fc.constant(2),
  memoryBytes: rate,
  products: fc.array(broken(product, productNames), { minLength: 1, maxLength: 3 }),
  steps: fc.array(broken(step, stepFigures), { minLength: 1, maxLength: 3 }),
  gpu: fc.constant(null),
});

const device: NativeDevice = {
  name: 'GPU0',
  description: 'a GPU',
  type: 'gpu',
  totalBytes: 1,
  freeBytes: 1,
};
const key = 'GPU0 a GPU, 2 threads';
const measured: NativeDeviceRates = { gpuBytesPerSecond: 1, cpuBytesPerSecond: 1, syncSeconds: 1 };

/** Files as they are, cut off, or with other bytes. */
function asFile(value: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const whole = value.map((content) => JSON.stringify(content));
  const cut = fc.tuple(whole, fc.nat(400)).map(([text, length]) => text.slice(0, length));
  return fc.oneof({ weight: 8, arbitrary: whole }, cut, fc.string({ unit: 'binary' }));
}

const files = fc.record({
  rates: asFile(
    broken(
      broken(rates, Object.keys(measured)).map((one) => ({ [key]: one })),
      [key, '__proto__'],
    ),
  ),
  machine: asFile(
    broken(machine, ['name', 'cores', 'memoryBytes', 'products', 'steps', 'gpu']).map((one) => ({
      version: 2,
      processor: `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length}`,
      measuredAt: Date.now(),
      machine: one,
    })),
  ),
});

function requireUsable(kept: CostMachine): void {
  for (const threads of [1, 2, 64]) {
    const { product: rateOf, step: rest } = ratesOf(kept, threads);
    const { bytesPerSecond, productsPerSecond } = rateOf('Q4_K');
    for (const figure of [bytesPerSecond, productsPerSecond]) {
      require(Number.isFinite(figure) && figure > 0, `a rate of ${String(figure)} is reckoned with`);
    }
    for (const [name, figure] of Object.entries(rest)) {
      const least = name.endsWith('Seconds') ? 0 : Number.MIN_VALUE;
      require(Number.isFinite(figure) && figure >= least, `${name} ${String(figure)} is reckoned with`);
    }
  }
}

export function keptFiguresTarget(): Target {
  const folder = mkdtempSync(join(tmpdir(), 'hotset-fuzz-'));
  const [ratesFile, machineFile] = [join(folder, 'rates.json'), join(folder, 'machine.json')];
  const tools = {
    addon: { measureDevice: () => Promise.resolve(measured) },
    log: () => undefined,
    cache: ratesFile,
  };
  return {
    property: fc.asyncProperty(files, async (content) => {
      writeFileSync(ratesFile, content.rates);
      const { gpuBytesPerSecond, cpuBytesPerSecond, syncSeconds } = await deviceRates(device, 2, tools);
      for (const figure of [gpuBytesPerSecond, cpuBytesPerSecond, syncSeconds]) {
        require(Number.isFinite(figure) && figure > 0, `a rate of ${String(figure)} is reckoned with`);
      }
      writeFileSync(machineFile, content.machine);
      const kept = keptMachine(machineFile);
      if (kept === null) return;
      requireUsable(kept);
      keepMachine(kept, machineFile);
    }),
    close: () => {
      rmSync(folder, { recursive: true });
      return Promise.resolve();
    },
  };
}
