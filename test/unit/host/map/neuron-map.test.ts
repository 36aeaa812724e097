/** What the neuron map is told, and what its page may do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapPage } from '../../../../extension/host/map/page.ts';
import { shownModel } from '../../../../extension/host/map/shown-model.ts';
import { SpeedHistory } from '../../../../extension/host/map/speed-history.ts';
import { noDrafts, type CompletionFigures } from '../../../../extension/protocol/figures.ts';
import { model, neuronSplit } from '../model.ts';

test('only the script with the nonce runs, and nothing comes from elsewhere', () => {
  const parts = { script: 'a/map.js', style: 'a/map.css', source: 'https://files.example' };
  const page = mapPage(parts);
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
  const nonce = /'nonce-([^']{20,})'/.exec(policy)?.[1] ?? 'none';
  assert.equal(policy, `default-src 'none'; style-src https://files.example; script-src 'nonce-${nonce}'`);
  const scripts = page.match(/<script[^>]*>/g);
  assert.deepEqual(scripts, [`<script nonce="${nonce}" src="a/map.js">`]);
  assert.doesNotMatch(page, / style=| on\w+=|<style/);
  assert.ok(!mapPage(parts).includes(nonce), 'a nonce serves once');
});

test('of a model that leaves neurons out nothing needs to be said, and θ can be moved', () => {
  const { why, obstacles, about } = shownModel(model);
  assert.equal(why, '');
  assert.equal(obstacles.hotThreshold, null);
  assert.match(obstacles.coldSparsity ?? '', /exactly zero/);
  assert.match(about, /6 layers of 768 neurons, dReLU, F16 · decoder hybrid, exact · profiled on held-out/);
});

test('a corpus of many projects is told by the first of them, each once', () => {
  const profileCorpus = 'tmux, bulma, jsoup, bulma, jsoup, bats, mobx, click, tornado (C, CSS, Java)';
  assert.match(
    shownModel({ ...model, profileCorpus }).about,
    /profiled on tmux, bulma, jsoup, bats, mobx and 2 more$/,
  );
});

test('a dense model says why no neuron is left out', () => {
  const dense = { ...model, mode: 'dense', profileCorpus: null } as const;
  assert.match(
    shownModel({ ...dense, hiddenActivation: 'silu' }).why,
    /SiLU leaves no neuron at exactly zero/,
  );
  assert.match(shownModel({ ...dense, hiddenActivation: 'gelu' }).why, /GELU/);
  assert.match(shownModel({ ...dense, hiddenActivation: 'relu' }).why, /The mode is dense/);
  assert.match(shownModel({ ...dense, decoder: 'llama.cpp' }).why, /llama\.cpp/);
  assert.match(
    shownModel({ ...dense, hiddenActivation: 'silu' }).obstacles.hotThreshold ?? '',
    /none is cold/,
  );
  assert.match(shownModel({ ...model, profileCorpus: null }).obstacles.hotThreshold ?? '', /profile/);
  const thresholded = shownModel({ ...model, hiddenActivation: 'silu', mode: 'thresholded' });
  assert.deepEqual(Object.values(thresholded.obstacles), [null, null, null]);
  const server = shownModel({ ...model, server: 'http://127.0.0.1:8080', decoder: 'server' });
  assert.match(server.why, /Another engine completes/);
  assert.ok(Object.values(server.obstacles).every((obstacle) => obstacle !== null));
});

test('speeds are kept, the oldest go first, and what is missing is the last that was known', () => {
  const figures: CompletionFigures = {
    tokens: 4,
    promptTokens: 9,
    cachedTokens: 0,
    timeToFirstTokenMs: 1,
    totalMs: 2,
    tokensPerSecond: 0,
    passes: 1,
    drafts: noDrafts(),
    decoder: 'hybrid',
    device: null,
    neuronSplit,
    confidence: null,
    stopReason: 'endOfText',
    bytesPerToken: 7,
  };
  const history = new SpeedHistory();
  for (let turn = 0; turn < 130; turn++) history.add({ ...figures, tokensPerSecond: turn });
  history.add({ ...figures, tokensPerSecond: null, bytesPerToken: null });
  assert.deepEqual([history.rates.length, history.rates[0], history.rates.at(-1)], [120, 10, 129]);
  assert.deepEqual([history.last?.tokensPerSecond, history.last?.bytesPerToken], [129, 7]);
  history.forget();
  assert.deepEqual([history.rates.length, history.last], [0, null]);
});
