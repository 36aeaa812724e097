/** What `hotset models list` prints. */
import type { NativeDevice } from '../engine/native-devices.ts';
import type { CatalogueEntry } from '../models/catalogue.ts';
import type { Forecast, NeuronSplit } from '../models/cost/forecast.ts';
import type { CostGpu, CostMachine } from '../models/cost/machine.ts';
import { shapeOf } from '../models/cost/shape.ts';
import {
  fileBytes,
  type Fit,
  fitOf,
  forecastOf,
  type Machine,
  memoryNeed,
  recommended,
  speedClass,
  type SpeedClass,
} from '../models/fit.ts';
import { modelPath, modelState, type ModelState } from '../models/model-folder.ts';
import { table } from './table.ts';

export interface ListedModel extends CatalogueEntry {
  /** Whether Hotset's makers ran it. */
  readonly tried: boolean;
  readonly state: ModelState;
  /** null where it was not downloaded. */
  readonly path: string | null;
  readonly fit: Fit;
  readonly speed: SpeedClass;
  /** Bytes, while completing. */
  readonly memoryNeed: number;
  /** null where this machine was not measured yet. */
  readonly forecast: Forecast | null;
  /** The one to begin with on this machine. */
  readonly recommended: boolean;
}

export async function listedModels(
  entries: readonly CatalogueEntry[],
  folder: string,
  machine: Machine,
): Promise<ListedModel[]> {
  const best = recommended(entries, machine);
  return await Promise.all(
    entries.map(async (entry) => {
      const state = await modelState(entry, folder);
      return {
        ...entry,
        tried: entry.measured !== null,
        state,
        path: state.kind === 'present' ? modelPath(entry, folder) : null,
        fit: fitOf(entry, machine),
        speed: speedClass(entry),
        memoryNeed: memoryNeed(entry),
        forecast: forecastOf(entry, machine),
        recommended: entry === best,
      };
    }),
  );
}

export function modelsTable(models: readonly ListedModel[]): string {
  const rows = models.map((model) => [
    model.recommended ? `${model.id} *` : model.id,
    size(model),
    model.fit,
    model.speed,
    right(model),
    model.licence.note === null ? model.licence.name : `${model.licence.name} (${model.licence.note})`,
    here(model),
  ]);
  const notes = [
    'right: lines of HumanEval exactly right, untried where nobody here could run it. speed: without a GPU, by size alone.',
    models.some(({ recommended }) => recommended) ? '* the one to begin with on this machine' : '',
  ];
  const headings = ['model', 'size', 'this machine', 'speed', 'right', 'licence', 'here'];
  return [table([headings, ...rows]), '', ...notes.filter((note) => note !== '')].join('\n');
}

/**
 * How each would do on this machine: what `hotset models advise` prints.
 * @param devices all that there are beside the processor, also those that models are not placed on
 */
export function adviceTable(
  models: readonly ListedModel[],
  machine: CostMachine | null,
  devices: readonly NativeDevice[],
): string {
  const hasGpu = (machine?.gpu ?? null) !== null;
  const rows = models.map((model) => [
    model.recommended ? `${model.id} *` : model.id,
    model.fit,
    `${(model.memoryNeed / 1e9).toFixed(1)} GB`,
    ...(hasGpu ? [onGpu(model)] : []),
    ...paceCells(model),
    right(model),
  ]);
  const gpuHeading = hasGpu ? ['on the GPU'] : [];
  const headings = ['model', 'this machine', 'memory', ...gpuHeading, 'tokens/s', 'first line', 'right'];
  return [table([headings, ...rows]), '', ...adviceNotes(models, machine, devices)].join('\n');
}

function paceCells({ forecast, shape }: ListedModel): string[] {
  if (forecast === null) return ['', ''];
  const about = shape === null ? 'about ' : '';
  const { decodeTokensPerSecond, firstLineSeconds } = forecast;
  return [`${about}${figures(decodeTokensPerSecond)}`, `${about}${figures(firstLineSeconds)} s`];
}

function adviceNotes(
  models: readonly ListedModel[],
  machine: CostMachine | null,
  devices: readonly NativeDevice[],
): string[] {
  const gpu = machine?.gpu ?? null;
  return [
    `Foretold for ${machine?.name ?? 'this machine'}, ${gpuText(gpu)}; first line: after 512 tokens of a file that was just opened.`,
    ...(gpu === null ? devices.map(leftAlone) : [nothingThere(models, gpu)]),
    'right: lines of HumanEval exactly right, untried where nobody here could run it.',
    models.some(({ recommended }) => recommended) ? '* the one to begin with on this machine' : '',
  ].filter((note) => note !== '');
}

/** Why a device takes no part: by default those with memory of their own do. */
function leftAlone({ name, description, type }: NativeDevice): string {
  if (type === 'gpu') return '';
  const what =
    type === 'cpu'
      ? 'draws in software: it is the processor again, and slower than our own kernels'
      : 'reads from the same memory as the processor';
  return `${name} (${description}) is left alone, since it ${what}. --device ${name} foretells it all the same.`;
}

function nothingThere(models: readonly ListedModel[], { name }: CostGpu): string {
  const isEmpty = models.every(({ forecast }) => forecast === null || isOnProcessor(forecast));
  return isEmpty ? `No layer is advised to ${name}: the processor alone is faster with every model.` : '';
}

function isOnProcessor({ gpuLayers, neurons }: Forecast): boolean {
  return gpuLayers === 0 && (neurons?.neurons ?? 0) === 0;
}

function onGpu({ forecast, shape }: ListedModel): string {
  if (forecast === null) return '';
  if (forecast.neurons !== null) return neuronsOnGpu(forecast.neurons);
  const layers = shape === null ? null : shapeOf(shape)?.layers;
  const share = `${(forecast.gpuLayers * 100).toFixed(0)}%`;
  return layers === null || layers === undefined
    ? `about ${share}`
    : `${String(Math.round(forecast.gpuLayers * layers))} of ${String(layers)} layers`;
}

function neuronsOnGpu({ neurons, activations }: NeuronSplit): string {
  const percent = (share: number) => `${(share * 100).toFixed(0)}%`;
  return `${percent(neurons)} of the neurons, ${percent(activations)} of what fires`;
}

function gpuText(gpu: CostGpu | null): string {
  if (gpu === null) return 'without a GPU';
  return `with ${(gpu.memoryBytes / 2 ** 30).toFixed(1)} GiB of ${gpu.name} (a prompt's part there by reading alone)`;
}

/** Two digits that count. */
function figures(value: number): string {
  if (value >= 10) return value.toFixed(0);
  return value.toFixed(value >= 1 ? 1 : 2);
}

function size(model: ListedModel): string {
  return `${model.file.bytes === null ? 'about ' : ''}${(fileBytes(model) / 1e9).toFixed(1)} GB`;
}

function right({ infilling, measured }: ListedModel): string {
  if (measured === null) return infilling === 'none' ? 'untried, no infilling' : 'untried';
  return `${((measured.rightLines / measured.lines) * 100).toFixed(0)}%`;
}

function here({ state, path }: ListedModel): string {
  if (state.kind === 'partial') return `${(state.bytes / 1e6).toFixed(0)} MB of it`;
  if (state.kind === 'damaged') return 'damaged: delete it and download it again';
  return path ?? '';
}
