/** What the status bar says about each state of the engine: a pure projection. */
import type { CompletionFigures, ModelFigures } from '../../protocol/figures.ts';
import type { EngineState } from '../engine/engine-state.ts';
import { isElsewhere } from '../server/server-address.ts';
import type { FilledFigures } from './with-missing.ts';

export interface StatusText {
  /** With `$(icons)`. */
  readonly text: string;
  /** Markdown. */
  readonly tooltip: string;
  readonly severity: 'normal' | 'warning';
}

/** What came to the screen last. */
export interface Suggested {
  /** Probability of its first line; null: unknown. */
  readonly confidence: number | null;
  /** It was known from an earlier answer. */
  readonly isFromCache: boolean;
}

/** As wide as a digit: numbers of different length take the same room. */
const figureSpace = '\u2007';

/**
 * @param last figures of the last completion, shown or not; null before the first
 * @param suggested null before the first suggestion
 * @param isEmbedded whether it is the model that came with Hotset
 * @param snoozedUntil the time of day, as it is shown; empty: awake
 */
export function statusText(
  state: EngineState,
  last: FilledFigures | null,
  suggested: Suggested | null = null,
  { isEmbedded = false, snoozedUntil = '' } = {},
): StatusText {
  switch (state.kind) {
    case 'disabled':
      if (snoozedUntil !== '') {
        return normal(
          `$(bell-slash) Hotset until ${snoozedUntil}`,
          `Snoozed: completions come back at ${snoozedUntil}. [Wake up](command:hotset.toggle)`,
        );
      }
      return normal('$(circle-slash) Hotset off', 'Completions are off.');
    case 'stopped':
      return normal('$(zap) Hotset', 'The engine starts when a file that is completed is opened.');
    case 'resting':
      return normal(
        '$(zap) Hotset',
        'Nobody asked for a completion for long, so the model left memory. It is back by the time it is needed.',
      );
    case 'starting':
      return normal('$(loading~spin) Hotset', 'The engine is starting.');
    case 'loading':
      return normal(`$(loading~spin) Hotset ${percent(state.fraction, 3)}`, 'The model is being loaded.');
    case 'ready':
      return normal(
        `${signOf(state.model)} ${summary(last)}`,
        describe(state.model, last, suggested) + betterLine(state.model, isEmbedded),
      );
    case 'busy':
      return normal(
        `$(loading~spin)${leaves(state.model) ? ` ${cloud}` : ''} ${summary(last)}`,
        describe(state.model, last, suggested) + betterLine(state.model, isEmbedded),
      );
    case 'failed':
      return { text: '$(warning) Hotset', tooltip: escaped(state.reason), severity: 'warning' };
  }
}

/** The one sign that text leaves this machine. */
const cloud = '$(cloud-upload)';

function signOf(model: ModelFigures): string {
  return leaves(model) ? cloud : '$(zap)';
}

function leaves({ server }: ModelFigures): boolean {
  return server !== null && isElsewhere(server);
}

function normal(text: string, tooltip: string): StatusText {
  return { text, tooltip, severity: 'normal' };
}

/**
 * `128 t/s · 30/70`: tokens per second, and the shares of neurons that are hot and cold; `dense` where none is cold, since
 * then every neuron is computed for every token.
 */
function summary(last: CompletionFigures | null): string {
  if (last === null) return 'Hotset';
  if (last.decoder === 'server') return `${speed(last.tokensPerSecond)} t/s · server`;
  const { hot, cold } = last.neuronSplit;
  const hotPercent = Math.round(hot * 100);
  const split = padded(cold === 0 ? 'dense' : `${hotPercent}/${100 - hotPercent}`, 5);
  return `${speed(last.tokensPerSecond)} t/s · ${split}`;
}

function speed(tokensPerSecond: number | null): string {
  return padded(tokensPerSecond === null ? '–' : rate(tokensPerSecond), 4);
}

/** A slow model is not shown to stand still. */
function rate(tokensPerSecond: number): string {
  return tokensPerSecond.toFixed(tokensPerSecond < 9.95 ? 1 : 0);
}

function describe(model: ModelFigures, last: FilledFigures | null, suggested: Suggested | null): string {
  const lines = [
    model.server === null ? modelLine(model) : serverLine(model.server),
    model.insteadOfServer === null ? '' : insteadLine(model.insteadOfServer),
    ...model.warnings.map((warning) => `**The file** ${escaped(warning)}.`),
    ...[
      model.server === null ? splitLine(model, last) : '',
      deviceLine(model, last),
      ...lastLines(last, suggested?.isFromCache === true),
      sureLine(model, suggested?.confidence ?? null),
    ],
  ];
  return [`**${escaped(model.name)}**  `, ...lines].filter((line) => line !== '').join('\n\n');
}

function serverLine(server: string): string {
  const where = isElsewhere(server)
    ? `**Text leaves this machine**: what stands around the cursor, and what the file imports, is sent to ${escaped(server)}`
    : `Completed by ${escaped(server)}, on this machine`;
  return isElsewhere(server) && server.startsWith('http:') ? `${where}, not encrypted` : where;
}

function insteadLine(reason: string): string {
  return `**The server does not complete**, so this machine does: ${escaped(reason)}`;
}

function modelLine(model: ModelFigures): string {
  const parts = [
    `${model.architecture}, ${millions(model.parameters)} parameters, ${model.quantisation}`,
    `decoder ${model.decoder}, ${model.mode}${means(model)}${why(model)}`,
    model.fimOrder === null ? 'can only continue, not fill in' : '',
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

function betterLine({ server }: ModelFigures, isEmbedded: boolean): string {
  if (!isEmbedded || server !== null) return '';
  return '\n\nThis is the small model that came with Hotset. [A better one is a click away](command:hotset.chooseModel).';
}

/** What the mode computes with. */
function means({ kernel, predictor }: ModelFigures): string {
  const parts = [kernel ?? '', predictor === null ? '' : `${predictor} predictor`];
  const named = parts.filter((part) => part !== '').join(', ');
  return named === '' ? '' : ` (${named})`;
}

/** Nothing of a decoder that somebody chose. */
function why({ decoderReason }: ModelFigures): string {
  return decoderReason === 'asked for' ? '' : `: ${escaped(decoderReason)}`;
}

function splitLine(model: ModelFigures, last: CompletionFigures | null): string {
  const { hot, cold, gpu, cpu, activity, recall } = last?.neuronSplit ?? model.neuronSplit;
  const devices = gpu > 0 ? ` · GPU ${percent(gpu)}, CPU ${percent(cpu)}` : '';
  const active = activity === null ? '' : ` · Activity ${percent(activity)}`;
  const kept = recall === null ? '' : ` · Recall ${(recall * 100).toFixed(1)}%`;
  const split =
    cold === 0
      ? 'all hot: every one is computed for every token (dense)'
      : `${percent(hot)} hot (computed for every token), ${percent(cold)} cold (when needed)`;
  return `Neurons: ${split}${devices}${active}${kept}`;
}

/** What lies on the GPU, unless it was lost; the rest is in main memory. */
function deviceLine(model: ModelFigures, last: CompletionFigures | null): string {
  const { device, layers, attentionLayersOnGpu, headOnGpu, gpuBytes } = model;
  if (device === null || (last !== null && last.device === null)) return '';
  const attention = attentionLayersOnGpu === layers ? 'all' : `${attentionLayersOnGpu} of ${layers}`;
  const parts = [
    attentionLayersOnGpu > 0 ? `attention of ${attention} layers` : '',
    model.neuronSplit.gpu > 0 ? `${percent(model.neuronSplit.gpu)} of the neurons` : '',
    headOnGpu ? 'the output head' : '',
  ];
  const held = parts.filter((part) => part !== '').join(', ');
  return `On ${escaped(device)}: ${held} · ${gibibytes(gpuBytes)}`;
}

/** What was computed last may be for another place than the suggestion that stands there: the one behind it, for example. */
function lastLines(last: FilledFigures | null, isFromCache: boolean): string[] {
  const computed = last === null ? '' : costOf(last);
  if (!isFromCache) return [computed === '' ? '' : `Last completion: ${computed}`];
  return [
    'Last completion: from the cache, nothing was computed for it',
    computed === '' ? '' : `Computed last: ${computed}`,
  ];
}

function costOf(last: FilledFigures): string {
  const cached = `${last.cachedTokens} of ${last.promptTokens} prompt tokens cached`;
  if (last.tokens === 0) return `the model had nothing to add, ${cached}`;
  const { tokensPerSecond, isRateOfBefore } = last;
  const atRate =
    tokensPerSecond === null || isRateOfBefore === true ? '' : ` at ${rate(tokensPerSecond)} t/s`;
  return (
    `first token after ${last.timeToFirstTokenMs.toFixed(0)} ms, ${last.tokens} ${last.tokens === 1 ? 'token' : 'tokens'}${atRate}, ` +
    cached
  );
}

/** How sure the model was of what was shown last, and what that is worth. */
function sureLine({ isCalibrated }: ModelFigures, sure: number | null): string {
  if (sure === null) return '';
  const doubt = isCalibrated ? '' : ', by its own reckoning: this model was never calibrated';
  return `${sureness(sure)} of the first line that it suggested last${doubt}`;
}

/** No estimate is good to a tenth of a percent, or says that something is certain. */
function sureness(confidence: number): string {
  const whole = Math.round(confidence * 100);
  if (whole < 1) return 'Less than 1% sure';
  if (whole > 99) return 'More than 99% sure';
  return `About ${whole}% sure`;
}

/** @param width digits to reserve room for */
function percent(share: number, width = 0): string {
  return `${padded((share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0), width)}%`;
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(bytes < 2 ** 30 ? 2 : 1)} GiB`;
}

function millions(parameters: number): string {
  return parameters >= 1e9 ? `${(parameters / 1e9).toFixed(1)} G` : `${(parameters / 1e6).toFixed(1)} M`;
}

function padded(text: string, width: number): string {
  return text.padStart(width, figureSpace);
}

/** Model names and paths come from files: their characters must not become markup. */
function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+!|<>~$]/g, '\\$&');
}
