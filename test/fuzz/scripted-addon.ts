/** An addon that computes nothing: its model says the same few tokens, whatever it is asked. */
import type { NativeAddon, NativeGeneration, NativeModel } from '../../extension/engine/addon.ts';
import { description } from '../unit/engine/description.ts';
import { generation as nothing } from '../unit/engine/scripted-model.ts';

const said = ['1', ' + ', '2', '\n'];

const generation: NativeGeneration = {
  ...nothing,
  text: said.join(''),
  tokens: new Int32Array(said.length),
  tokenProbabilities: new Float32Array(said.length).fill(0.5),
  textEnds: Int32Array.of(1, 4, 5, 6),
  endProbability: 1,
  passes: said.length,
};

function scriptedModel(): NativeModel {
  return {
    describe: () => description,
    // As the real addon, which takes text alone.
    tokenize: (text) => Int32Array.from(Buffer.from(text, 'latin1')),
    tokenizeHealed: (text) => ({
      tokens: Int32Array.from(Buffer.from(text, 'latin1')),
      held: new Uint8Array(0),
    }),
    detokenize: (tokens) => Buffer.from(tokens).toString('latin1'),
    logits: () => Promise.resolve(new Float32Array(0)),
    takeTrace: () => Promise.resolve([]),
    takeStatistics: () =>
      Promise.resolve({ activity: null, computed: null, recall: null, recallByLayer: [], adapting: null }),
    passMilliseconds: () => Promise.resolve(new Float64Array(0)),
    cancel: () => undefined,
    prefill: () => Promise.resolve({ computedTokens: 1, isWhole: true, milliseconds: 1, held: {} }),
    dispose: () => undefined,
    release: () => Promise.resolve(),
    generate: async (_prompt, _options, onText) => {
      for (const piece of said) {
        await Promise.resolve();
        onText(piece);
      }
      return generation;
    },
    generateTogether: () => ({ generation: refuse(), cancel: () => undefined }),
  };
}

function refuse(): Promise<never> {
  return Promise.reject(Object.assign(new Error('this addon only completes'), { code: 'BAD_INPUT' }));
}

export const scriptedAddon: NativeAddon = {
  initialise: () => undefined,
  devices: () => [],
  inspectModel: refuse,
  fingerprint: refuse,
  placementCosts: refuse,
  measureDevice: refuse,
  fitGpuLayers: refuse,
  measureProcessor: refuse,
  cancelMeasuring: () => undefined,
  loadModel: () => Promise.resolve(scriptedModel()),
  openProfiler: refuse,
  readProfile: refuse,
  writeShape: refuse,
};
