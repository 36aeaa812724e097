/** What the list of models says of each: a pure projection. */
import type { CatalogueEntry } from '../../models/catalogue.ts';
import type { Forecast } from '../../models/cost/forecast.ts';
import {
  fileBytes,
  type Fit,
  fitOf,
  forecastOf,
  type Machine,
  memoryNeed,
  recommended,
  speedClass,
} from '../../models/fit.ts';
import type { ModelState } from '../../models/model-folder.ts';

export interface ModelPick {
  readonly entry: CatalogueEntry;
  readonly state: ModelState;
  /** With `$(icons)`. */
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

export interface Shelf {
  readonly entries: readonly CatalogueEntry[];
  /** Of each entry. */
  readonly stateOf: (entry: CatalogueEntry) => ModelState;
  readonly isRunning: (entry: CatalogueEntry) => boolean;
  /** `in use`, or for which languages; empty: for none. */
  readonly useOf: (entry: CatalogueEntry) => string;
  /** Whether it is for the language that the list is about. */
  readonly isChosen: (entry: CatalogueEntry) => boolean;
  readonly machine: Machine;
}

const order: Readonly<Record<Fit, number>> = { fits: 0, tight: 1, 'too large': 2 };

/** The one to begin with first, then those that fit before those that don't, otherwise as in the catalogue. */
export function modelPicks(shelf: Shelf): ModelPick[] {
  const best = recommended(shelf.entries, shelf.machine);
  const rank = (entry: CatalogueEntry) => (entry === best ? -1 : order[fitOf(entry, shelf.machine)]);
  return shelf.entries
    .toSorted((a, b) => rank(a) - rank(b))
    .map((entry) => pickOf(entry, shelf, entry === best));
}

function pickOf(entry: CatalogueEntry, shelf: Shelf, isBest: boolean): ModelPick {
  const state = shelf.stateOf(entry);
  const isRunning = shelf.isRunning(entry);
  const { name, note } = entry.licence;
  const description = [
    isBest ? 'recommended' : '',
    sizeOf(entry),
    note === null ? name : `${name}, ${note}`,
    sightText(entry),
    shelf.useOf(entry) || placeOf(state, entry, isRunning),
  ];
  const detail = [fitText(entry, shelf.machine), paceText(entry, shelf.machine), rightText(entry)];
  return {
    entry,
    state,
    label: `${iconOf(state, shelf.isChosen(entry), isRunning)} ${entry.name}`,
    description: joined(description),
    detail: joined(detail),
  };
}

function iconOf({ kind }: ModelState, isChosen: boolean, isRunning: boolean): string {
  if (isChosen) return '$(check)';
  if (isRunning) return '$(sync~spin)';
  return kind === 'present' || kind === 'carried' ? '$(database)' : '$(cloud-download)';
}

function placeOf({ kind, bytes }: ModelState, entry: CatalogueEntry, isRunning: boolean): string {
  if (isRunning) return 'downloading';
  if (kind === 'carried') return 'came with Hotset';
  if (kind === 'present') return 'downloaded';
  if (kind === 'damaged') return 'damaged: will be downloaded again';
  return kind === 'partial' ? `paused at ${((bytes / fileBytes(entry)) * 100).toFixed(0)}%` : '';
}

function sizeOf(entry: CatalogueEntry): string {
  const about = entry.file.bytes === null ? 'about ' : '';
  return `${about}${gigabytes(fileBytes(entry))} GB`;
}

function fitText(entry: CatalogueEntry, machine: Machine): string {
  const need = `${gigabytes(memoryNeed(entry))} GB of memory`;
  const sentences: Readonly<Record<Fit, string>> = {
    fits: `fits (${need})`,
    tight: `leaves little memory (${need})`,
    'too large': `too large (${need})`,
  };
  return sentences[fitOf(entry, machine)];
}

/** In words as long as this machine was not measured. */
function paceText(entry: CatalogueEntry, machine: Machine): string {
  const foretold = forecastOf(entry, machine);
  if (foretold === null) return `${speedClass(entry)} without a GPU`;
  const { decodeTokensPerSecond: rate, firstLineSeconds: first } = foretold;
  const gpu = machine.measured?.gpu ?? null;
  const share = gpu === null ? '' : `, ${onGpu(foretold)} on the GPU`;
  return `${figures(rate)} tokens/s, first line after ${figures(first)} s${share}`;
}

function onGpu({ gpuLayers, neurons }: Forecast): string {
  const percent = (share: number) => `${(share * 100).toFixed(0)}%`;
  return neurons === null ? `${percent(gpuLayers)} of it` : `${percent(neurons.neurons)} of its neurons`;
}

/** Two digits that count. */
function figures(value: number): string {
  if (value >= 10) return value.toFixed(0);
  return value.toFixed(value >= 1 ? 1 : 2);
}

function rightText({ measured }: CatalogueEntry): string {
  if (measured === null) return 'untried';
  return `${((measured.rightLines / measured.lines) * 100).toFixed(0)}% of lines right`;
}

function sightText({ infilling }: CatalogueEntry): string {
  return infilling === 'none' ? 'sees only code above' : '';
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(bytes < 10e9 ? 1 : 0);
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' · ');
}
