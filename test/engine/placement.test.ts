/**
 * Placements on a real device: what ggml reports allocated against the budget. Mesa's driver in software stands in for a
 * GPU; it computes the same and holds as many bytes.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { suite, test } from 'node:test';
import type { NativeAddon, NativeLoadOptions } from '../../extension/engine/addon.ts';
import type { NativeDevice } from '../../extension/engine/native-devices.ts';
import { profilePath } from '../../extension/engine/installation.ts';
import { modelProblem } from '../../extension/engine/placement/model-problem.ts';
import { nativePlacement } from '../../extension/engine/placement/plan.ts';
import { allOnGpu, gpuBytes } from '../../extension/engine/placement/problem.ts';
import { solvePlacement } from '../../extension/engine/placement/solve-placement.ts';
import { addonPath, embeddedModelPath, loadOptions } from './model.ts';

// ggml takes a Vulkan driver in software only where it is named, before its backends are loaded.
process.env['GGML_VK_VISIBLE_DEVICES'] ??= '0';
const addon = createRequire(import.meta.url)(addonPath) as NativeAddon;
addon.initialise(() => undefined);

const path = embeddedModelPath();
/** Short, so that compute buffers leave something to place. */
const contextLength = 64;
/** Of a GPU and a processor as people have them: which part goes first depends on them, its bytes do not. */
const rates = { gpuBytesPerSecond: 5e11, cpuBytesPerSecond: 4e10, syncSeconds: 2e-5 };

function device(): NativeDevice {
  const [found] = addon.devices();
  assert.ok(found !== undefined, 'no GPU: install mesa-vulkan-drivers, as npm run setup does');
  return found;
}

async function embeddedProblem() {
  const costs = await addon.placementCosts(path, contextLength, device().name);
  const profile = profilePath(path);
  assert.ok(profile !== null);
  const { frequencies } = await addon.readProfile(path, profile);
  return modelProblem({ costs, rates, mode: 'exact', frequencies, hotThreshold: 0.3, predictorBytes: 0 });
}

async function allocated(placed: Partial<NativeLoadOptions>): Promise<number> {
  const options = { ...loadOptions, contextLength, profilePath: profilePath(path), ...placed };
  const model = await addon.loadModel(options, () => undefined);
  const { gpuBytes: bytes } = model.describe();
  model.dispose();
  return bytes;
}

suite('ten budgets', () => {
  for (let tenth = 1; tenth <= 10; tenth++) {
    test(`${tenth} tenths of all that can be placed: ggml holds no more, and more than 95%`, async () => {
      const problem = await embeddedProblem();
      const everything = gpuBytes(problem, allOnGpu(problem));
      const budget = Math.floor((everything * tenth) / 10);
      const { choice, gpuBytes: foretold } = await solvePlacement(problem, budget, 'wholeBudget');
      const bytes = await allocated({ placement: nativePlacement(device(), choice) });
      assert.ok(bytes <= budget, `${bytes} bytes are allocated, ${budget} were allowed`);
      assert.ok(bytes > budget * 0.95, `only ${bytes} of ${budget} bytes are used`);
      assert.equal(bytes, foretold);
    });
  }
});

test('llama.cpp holds exactly the bytes foretold', async () => {
  const { name } = device();
  const everything = await addon.fitGpuLayers(path, contextLength, name, Number.MAX_SAFE_INTEGER);
  for (const share of [0.5, 0.75, 1]) {
    const fit = await addon.fitGpuLayers(path, contextLength, name, Math.floor(everything.bytes * share));
    const gpuLayers = { device: name, layers: fit.layers };
    const placed = {
      decoder: 'llama.cpp',
      gpuLayers,
      profilePath: null,
      ignoreHiddenActivation: true,
    } as const;
    assert.equal(await allocated(placed), fit.bytes);
    assert.ok(fit.bytes <= everything.bytes * share);
  }
});
