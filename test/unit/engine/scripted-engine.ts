/** An engine over an addon that does as a test tells it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NativeAddon, NativeLoadOptions } from '../../../extension/engine/addon.ts';
import { Engine, type EngineTools } from '../../../extension/engine/engine.ts';
import type { LoadModelParams } from '../../../extension/protocol/requests.ts';
import { description } from './description.ts';
import { loadParams } from './requests.ts';
import { ScriptedModel } from './scripted-model.ts';

export const folder = mkdtempSync(join(tmpdir(), 'hotset-engine-'));
after(() => {
  rmSync(folder, { recursive: true });
});

export interface Script {
  readonly models: ScriptedModel[];
  readonly warnings: string[];
  readonly engine: Engine;
}

/**
 * @param prepare what a load does before it has a model: throws for options to reject, or takes its time
 * @param described what the models say of themselves
 */
export function script(
  prepare: (options: NativeLoadOptions, models: ScriptedModel[]) => unknown = () => undefined,
  described = description,
  measuring: Partial<NativeAddon> = {},
  tools: Pick<EngineTools, 'others'> = {},
): Script {
  const models: ScriptedModel[] = [];
  const warnings: string[] = [];
  const addon: NativeAddon = {
    initialise: () => undefined,
    devices: () => [],
    inspectModel: () => Promise.reject(new Error('this script has no GPU')),
    fingerprint: () => Promise.resolve('0123456789abcdef'),
    placementCosts: () => Promise.reject(new Error('this script has no GPU')),
    measureDevice: () => Promise.reject(new Error('this script has no GPU')),
    fitGpuLayers: () => Promise.reject(new Error('this script has no GPU')),
    measureProcessor: () => Promise.reject(new Error('this script measures nothing')),
    cancelMeasuring: () => undefined,
    loadModel: async (options) => {
      await prepare(options, models);
      const model = new ScriptedModel(options);
      model.described = described;
      models.push(model);
      return model;
    },
    openProfiler: () => Promise.reject(new Error('this script profiles nothing')),
    readProfile: () => Promise.reject(new Error('this script reads no profile')),
    writeShape: () => Promise.reject(new Error('this script writes no shape')),
    ...measuring,
  };
  const engine = new Engine({
    addon,
    root: folder,
    log: (_level, message) => warnings.push(message),
    machineFile: join(folder, 'machine.json'),
    ...tools,
  });
  return { models, warnings, engine };
}

export const load: LoadModelParams = { ...loadParams, path: join(folder, 'a.gguf') };

export const never = () => new AbortController().signal;
export const ignore = () => undefined;

/** Resolves once `is` holds: what nobody waits for takes its time. */
export async function until(is: () => boolean): Promise<void> {
  while (!is()) await sleep(5);
}
