/**
 * What the page of the neuron map and the extension host tell each other. Both check what comes: a page may be any page, and a
 * page that was kept may be older than the extension.
 */
import type { Foretold, NeuronSettings } from '../protocol/requests.ts';

/** A model as its page says it: lines for people. */
export interface ShownModel {
  readonly name: string;
  /** What it is and how it is computed. */
  readonly about: string;
  /** Why its neurons are computed as they are; empty where nothing needs to be said. */
  readonly why: string;
  /** Why a setting has no effect; null: it has. */
  readonly obstacles: Readonly<Record<keyof NeuronSettings, string | null>>;
}

export interface ShownLayer {
  /** Neurons from the front that are computed for every token. */
  readonly hot: number;
  /** Neurons from the front that lie on the GPU. */
  readonly gpu: number;
}

/** Of one completion. */
export interface ShownFigures {
  readonly tokens: number;
  readonly tokensPerSecond: number | null;
  readonly bytesPerToken: number | null;
  /** Shares between 0 and 1. */
  readonly activity: number | null;
  readonly recall: number | null;
  readonly device: string | null;
}

export type ToPage =
  /** null: none is loaded, and `note` says why. */
  | { readonly kind: 'model'; readonly model: ShownModel | null; readonly note: string }
  | {
      readonly kind: 'neurons';
      readonly neuronsPerLayer: number;
      readonly layers: readonly ShownLayer[];
      /** [layers × neurons], of 255; null: without a profile. */
      readonly frequencies: Uint8Array | null;
    }
  /** shares: [layers × neurons], of 255. */
  | { readonly kind: 'firing'; readonly tokens: number; readonly shares: Uint8Array }
  /** rates: tokens per second of the last completions, the oldest first. */
  | { readonly kind: 'figures'; readonly last: ShownFigures | null; readonly rates: readonly number[] }
  | { readonly kind: 'settings'; readonly settings: NeuronSettings; readonly now: Foretold | null }
  /** The answer to `foretell`; `trouble` is empty where there is one. */
  | {
      readonly kind: 'foretold';
      readonly settings: NeuronSettings;
      readonly then: Foretold | null;
      readonly trouble: string;
    };

export type FromPage =
  /** The page listens: everything is to be told. */
  | { readonly kind: 'ready' }
  /** What would these settings do? */
  | { readonly kind: 'foretell'; readonly settings: NeuronSettings }
  /** Set these. */
  | { readonly kind: 'apply'; readonly settings: NeuronSettings };

const longestBudget = 32;

/** @returns null where it is no such message */
export function fromPage(value: unknown): FromPage | null {
  if (!isObject(value)) return null;
  const { kind, settings } = value;
  if (kind === 'ready') return { kind };
  if (kind !== 'foretell' && kind !== 'apply') return null;
  return isSettings(settings) ? { kind, settings } : null;
}

/** @returns null where it is no such message */
export function toPage(value: unknown): ToPage | null {
  if (!isObject(value)) return null;
  return isToPage[String(value['kind'])]?.(value) === true ? (value as unknown as ToPage) : null;
}

type Fields = Readonly<Record<string, unknown>>;

const isToPage: Readonly<Record<string, ((value: Fields) => boolean) | undefined>> = {
  model: ({ model, note }) => isNullOr(model, isModel) && typeof note === 'string',
  neurons: ({ neuronsPerLayer, layers, frequencies }) =>
    isCount(neuronsPerLayer) &&
    Array.isArray(layers) &&
    layers.every((layer) => isLayer(layer, neuronsPerLayer)) &&
    isNullOr(frequencies, (bytes) => isBytes(bytes, layers.length * neuronsPerLayer)),
  firing: ({ tokens, shares }) => isCount(tokens) && shares instanceof Uint8Array,
  figures: ({ last, rates }) =>
    isNullOr(last, isFigures) && Array.isArray(rates) && rates.every((rate) => isAmount(rate)),
  settings: ({ settings, now }) => isSettings(settings) && isNullOr(now, isForetold),
  foretold: ({ settings, then, trouble }) =>
    isSettings(settings) && isNullOr(then, isForetold) && typeof trouble === 'string',
};

function isModel(value: unknown): boolean {
  if (!isObject(value) || !isObject(value['obstacles'])) return false;
  const { name, about, why, obstacles } = value;
  const { hotThreshold, coldSparsity, gpuBudget } = obstacles;
  const reasons = [hotThreshold, coldSparsity, gpuBudget];
  return [name, about, why].every(isText) && reasons.every((reason) => isNullOr(reason, isText));
}

function isLayer(value: unknown, neurons: number): boolean {
  if (!isObject(value)) return false;
  return [value['hot'], value['gpu']].every((count) => isCount(count) && count <= neurons);
}

function isFigures(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { tokens, tokensPerSecond, bytesPerToken, activity, recall, device } = value;
  const amounts = [tokensPerSecond, bytesPerToken, activity, recall];
  return isCount(tokens) && amounts.every((amount) => isNullOr(amount, isAmount)) && isNullOr(device, isText);
}

function isForetold(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { hot, gpu, mainMemoryBytes, gpuBytes, bytesPerToken, tokensPerSecond, device } = value;
  return (
    [hot, gpu, mainMemoryBytes, gpuBytes, bytesPerToken].every(isAmount) &&
    isNullOr(tokensPerSecond, isAmount) &&
    isNullOr(device, isText)
  );
}

function isSettings(value: unknown): value is NeuronSettings {
  if (!isObject(value)) return false;
  const { hotThreshold, coldSparsity, gpuBudget } = value;
  const isBudget = typeof gpuBudget === 'string' && gpuBudget.length <= longestBudget;
  return isShare(hotThreshold) && isShare(coldSparsity) && isBudget;
}

function isNullOr(value: unknown, check: (value: unknown) => boolean): boolean {
  return value === null || check(value);
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isShare(value: unknown): boolean {
  return isAmount(value) && (value as number) <= 1;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isBytes(value: unknown, length: number): boolean {
  return value instanceof Uint8Array && value.length === length;
}
