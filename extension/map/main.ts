/** The page of the neuron map: shows what the extension host tells, and asks for what a person changes. */
import { median } from 'd3-array';
import { Controls } from './controls.ts';
import { element } from './element.ts';
import { showFigures } from './figures.ts';
import { LayerTable } from './layer-table.ts';
import { type FromPage, type ShownLayer, type ToPage, toPage } from './messages.ts';
import { Picture } from './picture.ts';
import { RunningSums } from './running-sums.ts';
import { splitAt } from './split.ts';
import type { View } from './view.ts';
import { looked } from './words.ts';

declare function acquireVsCodeApi(): { postMessage(message: FromPage): void };

interface Shown {
  readonly layers: readonly ShownLayer[];
  readonly neurons: number;
  readonly frequencies: RunningSums | null;
  /** Of which those are sums. */
  readonly profile: Uint8Array | null;
  readonly fired: RunningSums | null;
  readonly tokens: number;
}

const levels = 255;
const host = acquireVsCodeApi();
const table = new LayerTable(element('layers', HTMLTableSectionElement));
const picture = new Picture(element('map', HTMLCanvasElement), { onLook: showLook });
const bright = element('bright', HTMLSelectElement);
let shown: Shown = { layers: [], neurons: 0, frequencies: null, profile: null, fired: null, tokens: 0 };
const controls = new Controls((message) => {
  host.postMessage(message);
}, showSplit);

addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  const message = toPage(data);
  if (message !== null) hear(message);
});
bright.addEventListener('change', showBright);
host.postMessage({ kind: 'ready' });

function hear(message: ToPage): void {
  switch (message.kind) {
    case 'model':
      text('name', message.model?.name ?? 'No model');
      text('about', message.model?.about ?? '');
      text('why', message.model?.why ?? '');
      text('note', message.note);
      controls.showModel(message.model);
      break;
    case 'neurons':
      showNeurons(message);
      break;
    case 'firing':
      showFiring(message);
      break;
    case 'figures':
      showFigures(message.last, message.rates);
      controls.measured(median(message.rates) ?? null);
      break;
    case 'settings':
      controls.showSettings(message.settings, message.now);
      break;
    case 'foretold':
      controls.showForetold(message.settings, message.then, message.trouble);
      break;
  }
}

function showNeurons({ layers, neuronsPerLayer, frequencies }: Extract<ToPage, { kind: 'neurons' }>): void {
  const sums = frequencies === null ? null : new RunningSums(frequencies, layers.length, neuronsPerLayer);
  shown = {
    layers,
    neurons: neuronsPerLayer,
    frequencies: sums,
    profile: frequencies,
    fired: null,
    tokens: 0,
  };
  picture.showLayers(layers, neuronsPerLayer);
  element('picture', HTMLElement).hidden = layers.length === 0;
  showBright();
  showTable();
}

function showFiring({ tokens, shares }: Extract<ToPage, { kind: 'firing' }>): void {
  const { layers, neurons } = shown;
  if (shares.length !== layers.length * neurons) return; // of another model
  shown = { ...shown, fired: new RunningSums(shares, layers.length, neurons), tokens };
  showBright();
  showTable();
}

/** What a θ that is tried out would make hot. */
function showSplit(hotThreshold: number | null): void {
  const { layers, neurons, profile } = shown;
  if (layers.length === 0) return;
  picture.showSplit(
    hotThreshold === null || profile === null ? layers : splitAt(hotThreshold, layers, neurons, profile),
  );
}

/** What is bright where a person chose nothing: what fired, and before anything did how often it does. */
function showBright(): void {
  const { fired, frequencies, tokens } = shown;
  const isProfile = bright.value === 'profile' || (fired === null && frequencies !== null);
  picture.showActivity(isProfile ? frequencies : fired);
  bright.hidden = fired === null;
  text('watched', watchedText(isProfile, frequencies !== null, tokens));
  showLook(picture.view);
}

function watchedText(isProfile: boolean, hasProfile: boolean, tokens: number): string {
  if (isProfile)
    return hasProfile ? 'Bright: how often each fired when the model was profiled' : 'There is no profile';
  return tokens === 0
    ? 'No completion has been watched yet'
    : `Bright: fired in the last completion, ${tokens} ${tokens === 1 ? 'token' : 'tokens'} watched`;
}

function showTable(): void {
  table.show(shown.layers, shown.neurons, shown.fired);
  table.mark(picture.view.layer);
}

function showLook({ layer, neuron }: View): void {
  const of = shown.layers[layer];
  table.mark(layer);
  if (of === undefined) {
    text('look', '');
    return;
  }
  const share = (sums: RunningSums | null) =>
    sums === null ? null : sums.mean(layer, neuron, neuron + 1) / levels;
  const { neurons, fired, frequencies } = shown;
  text('look', looked({ layer, neuron, neurons, of, fired: share(fired), frequency: share(frequencies) }));
}

function text(id: string, content: string): void {
  element(id, HTMLElement).textContent = content;
}
