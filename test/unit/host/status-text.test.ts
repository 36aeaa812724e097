import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noDrafts, type CompletionFigures, type ModelFigures } from '../../../extension/protocol/figures.ts';
import type { EngineState } from '../../../extension/host/engine/engine-state.ts';
import { statusText } from '../../../extension/host/views/status-text.ts';
import { withMissing } from '../../../extension/host/views/with-missing.ts';
import { model, neuronSplit } from './model.ts';

const last: CompletionFigures = {
  tokens: 12,
  promptTokens: 240,
  cachedTokens: 239,
  timeToFirstTokenMs: 3.4,
  totalMs: 20,
  tokensPerSecond: 128.4,
  passes: 1,
  drafts: noDrafts(),
  decoder: 'hybrid',
  device: null,
  neuronSplit,
  confidence: null,
  stopReason: 'endOfText',
  bytesPerToken: null,
};

const ready: EngineState = { kind: 'ready', model };

/** As wide as they look: figure spaces count like digits. */
const widthOf = (text: string) => text.replace(/\$\([^)]*\)/, '').length;

test('ready shows tokens per second and the neuron split', () => {
  assert.equal(statusText(ready, last).text.replaceAll('\u2007', ' '), '$(zap)  128 t/s · 30/70');
});

test('a model without cold neurons is dense, and the tooltip says what that means', () => {
  const dense = { ...last, neuronSplit: { ...neuronSplit, hot: 1, cold: 0, activity: null } };
  assert.match(statusText(ready, dense).text, / t\/s · dense$/);
  assert.match(statusText(ready, dense).tooltip, /Neurons: all hot: every one is computed for every token/);
  assert.match(statusText(ready, last).tooltip, /30% hot \(computed for every token\), 70% cold/);
});

test('the tooltip tells what is wrong with the file, as text', () => {
  const state: EngineState = { kind: 'ready', model: { ...model, warnings: ['lacks *a*; get it'] } };
  assert.match(statusText(state, null).tooltip, /\*\*The file\*\* lacks \\\*a\\\*; get it\./);
  assert.doesNotMatch(statusText(ready, null).tooltip, /The file/);
});

test('while the embedded model is all there is, the tooltip says where a better one is, and the text says nothing', () => {
  const embedded = statusText(ready, last, null, { isEmbedded: true });
  assert.match(embedded.tooltip, /\[A better one is a click away\]\(command:hotset\.chooseModel\)/);
  assert.equal(embedded.text, statusText(ready, last).text);
  assert.doesNotMatch(statusText(ready, last).tooltip, /better one/);
});

test('a slow model is not shown to stand still', () => {
  const slow = { ...last, tokensPerSecond: 0.42 };
  assert.match(statusText(ready, slow).text, /\u20070\.4 t\/s/);
  assert.match(statusText(ready, slow).tooltip, /at 0\.4 t\/s/);
});

test('the text keeps its width whatever the figures', () => {
  const figures = [
    last,
    { ...last, tokensPerSecond: 7 },
    { ...last, tokensPerSecond: 1234 },
    { ...last, tokensPerSecond: null },
    { ...last, neuronSplit: { ...neuronSplit, hot: 0.04, cold: 0.96 } },
    { ...last, neuronSplit: { ...neuronSplit, hot: 1, cold: 0 } },
  ];
  const widths = new Set(figures.map((one) => widthOf(statusText(ready, one).text)));
  assert.equal(widths.size, 1);
  assert.equal(widthOf(statusText({ kind: 'busy', model }, last).text), [...widths][0]);
});

test('busy differs by its icon alone', () => {
  const busy = statusText({ kind: 'busy', model }, last).text;
  assert.equal(busy.replace('$(loading~spin)', '$(zap)'), statusText(ready, last).text);
});

test('loading shows how far it is, always as wide', () => {
  const at = (fraction: number) => statusText({ kind: 'loading', fraction }, null).text;
  assert.match(at(0.42), /42%/);
  assert.equal(new Set([0, 0.05, 0.42, 1].map((fraction) => widthOf(at(fraction)))).size, 1);
});

test('every state says something else', () => {
  const states: EngineState[] = [
    { kind: 'disabled' },
    { kind: 'stopped' },
    { kind: 'loading', fraction: 0.5 },
    ready,
    { kind: 'failed', reason: 'no such file', cause: 'model' },
  ];
  assert.equal(new Set(states.map((state) => statusText(state, last).text)).size, states.length);
  assert.match(statusText({ kind: 'disabled' }, last).text, /off/i);
});

test('only a failure asks for attention, and says why', () => {
  const failed = statusText({ kind: 'failed', reason: 'm.gguf: no such file', cause: 'model' }, null);
  assert.equal(failed.severity, 'warning');
  assert.match(failed.tooltip, /no such file/);
  assert.equal(statusText(ready, last).severity, 'normal');
});

test('the tooltip tells model, decoder, mode, split, activity and the last completion', () => {
  const { tooltip } = statusText(ready, last);
  for (const word of [
    '6.3 M',
    'hybrid',
    'exact',
    'avx512',
    '30% hot',
    '70% cold',
    '5.2%',
    '239 of 240',
    '3 ms',
  ]) {
    assert.ok(tooltip.includes(word), `${word} is missing in ${tooltip}`);
  }
});

test('the tooltip says why it is this decoder, unless somebody chose it', () => {
  const decoderReason = 'measured on this machine, 1.6 times as fast as *llama.cpp*';
  const measured: EngineState = { kind: 'ready', model: { ...model, decoderReason } };
  const line = /decoder hybrid, [^·]*: measured on this machine, 1\.6 times as fast as \\\*llama\.cpp\\\*/;
  assert.match(statusText(measured, null).tooltip, line);
  assert.doesNotMatch(statusText(ready, null).tooltip, /asked for/);
});

test('the tooltip tells predictor and recall where neurons are predicted', () => {
  const state: EngineState = { kind: 'ready', model: { ...model, mode: 'predicted', predictor: 'sign' } };
  const { tooltip } = statusText(state, { ...last, neuronSplit: { ...neuronSplit, recall: 0.9874 } });
  assert.match(tooltip, /predicted \(avx512, sign predictor\)/);
  assert.match(tooltip, /Recall 98\.7%/);
  assert.doesNotMatch(statusText(ready, last).tooltip, /Recall|predictor/);
});

test('the tooltip tells how sure the model was of its suggestion, as far as an estimate goes', () => {
  const tooltip = (confidence: number | null) =>
    statusText(ready, last, { confidence, isFromCache: false }).tooltip;
  assert.match(tooltip(0.623), /About 62% sure/);
  assert.match(tooltip(0.01), /About 1% sure/);
  assert.match(tooltip(0.004), /Less than 1% sure/);
  assert.match(tooltip(0.997), /More than 99% sure/);
  assert.doesNotMatch(tooltip(null), / sure/, 'nothing was suggested');
  assert.doesNotMatch(statusText(ready, null).tooltip, / sure/);
});

test('a completion without a rate of its own is told without one, though the status bar keeps the one before', () => {
  const filled = (tokens: number) => withMissing({ ...last, tokens, tokensPerSecond: null }, last);
  const none = statusText(ready, filled(0));
  assert.match(
    none.tooltip,
    /Last completion: the model had nothing to add, 239 of 240 prompt tokens cached/,
  );
  const one = statusText(ready, filled(1));
  assert.match(one.tooltip, /first token after 3 ms, 1 token, 239 of 240/);
  for (const { text, tooltip } of [none, one]) {
    assert.match(text, /128 t\/s/);
    assert.doesNotMatch(tooltip, /t\/s|0 tokens/);
  }
  const next = withMissing({ ...last, tokensPerSecond: 90 }, filled(0));
  assert.match(statusText(ready, next).tooltip, /12 tokens at 90 t\/s/);
});

test('of a suggestion from the cache no cost is told, but of what was computed last', () => {
  const tooltipOf = (isFromCache: boolean) =>
    statusText(ready, last, { confidence: 0.6, isFromCache }).tooltip;
  assert.match(tooltipOf(true), /Last completion: from the cache, nothing was computed for it\n/);
  assert.match(tooltipOf(true), /Computed last: first token after 3 ms, 12 tokens at 128 t\/s/);
  assert.match(tooltipOf(false), /Last completion: first token after 3 ms/);
  assert.doesNotMatch(tooltipOf(false), /from the cache/);
  const nothingComputed = statusText(ready, null, { confidence: 0.6, isFromCache: true }).tooltip;
  assert.doesNotMatch(nothingComputed, /Computed last/);
});

test('the tooltip says where nobody measured whether a model is right as often as it is sure', () => {
  const tooltip = (isCalibrated: boolean) =>
    statusText({ kind: 'ready', model: { ...model, isCalibrated } }, last, {
      confidence: 0.5,
      isFromCache: false,
    }).tooltip;
  assert.match(tooltip(false), /About 50% sure.*never calibrated/);
  assert.doesNotMatch(tooltip(true), /calibrated/);
});

test('the tooltip tells which device holds what', () => {
  const onGpu = {
    ...model,
    device: 'Some_GPU',
    gpuBytes: 5.6 * 2 ** 30,
    attentionLayersOnGpu: 4,
    headOnGpu: true,
    neuronSplit: { ...neuronSplit, gpu: 0.21, cpu: 0.79 },
  };
  const tooltip = (changes: Partial<ModelFigures>) =>
    statusText({ kind: 'ready', model: { ...onGpu, ...changes } }, null).tooltip;
  assert.match(
    tooltip({}),
    /On Some\\_GPU: attention of 4 of 6 layers, 21% of the neurons, the output head · 5\.6 GiB/,
  );
  assert.match(tooltip({ attentionLayersOnGpu: 6 }), /attention of all layers/);
  assert.match(tooltip({ attentionLayersOnGpu: 0, headOnGpu: false }), /: 21% of the neurons · 5/);
  assert.doesNotMatch(tooltip({ device: null, gpuBytes: 0 }), /On /);
  const state: EngineState = { kind: 'ready', model: onGpu };
  assert.match(statusText(state, { ...last, device: 'Some_GPU' }).tooltip, /On Some/);
  assert.doesNotMatch(statusText(state, { ...last, device: null }).tooltip, /On /, 'the GPU was lost');
});

test('names from a file are no markup', () => {
  const state: EngineState = { kind: 'ready', model: { ...model, name: '[x](command:evil) *b*' } };
  assert.doesNotMatch(statusText(state, null).tooltip, /\[x\]\(command/);
});

test('a cloud says that text leaves the machine, idle or busy, and nothing else does', () => {
  const by = (server: string | null) => ({ ...model, server });
  const textOf = (server: string | null, kind: 'ready' | 'busy') =>
    statusText({ kind, model: by(server) }, { ...last, decoder: 'server' }).text;
  for (const kind of ['ready', 'busy'] as const) {
    assert.match(textOf('https://models.example', kind), /\$\(cloud-upload\) .*t\/s · server$/);
    assert.doesNotMatch(textOf('http://127.0.0.1:8080', kind), /cloud/);
    assert.doesNotMatch(textOf(null, kind), /cloud/);
  }
});

test('the tooltip says where text goes, and whether it is encrypted', () => {
  const tooltipOf = (server: string) =>
    statusText({ kind: 'ready', model: { ...model, server } }, null).tooltip;
  assert.match(tooltipOf('https://models.example'), /\*\*Text leaves this machine\*\*.*models\.example/);
  assert.doesNotMatch(tooltipOf('https://models.example'), /not encrypted|Neurons/);
  assert.match(tooltipOf('http://models.example'), /not encrypted/);
  assert.match(tooltipOf('http://localhost:8080'), /Completed by .*, on this machine/);
});

test('the tooltip says why this machine completes in place of a server', () => {
  const insteadOfServer = 'http://models.example: nothing answers there';
  const { tooltip, text } = statusText({ kind: 'ready', model: { ...model, insteadOfServer } }, last);
  assert.match(tooltip, /\*\*The server does not complete\*\*.*nothing answers there/);
  assert.doesNotMatch(text, /cloud/);
});

test('until when it is snoozed is said', () => {
  const snoozed = statusText({ kind: 'disabled' }, last, null, { snoozedUntil: '15:30' });
  assert.equal(snoozed.text, '$(bell-slash) Hotset until 15:30');
  assert.match(snoozed.tooltip, /command:hotset\.toggle/);
});
