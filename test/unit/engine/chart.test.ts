import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chart } from '../../../extension/engine/benchmark/chart.ts';
import type { BenchmarkRow } from '../../../extension/engine/benchmark/row.ts';

const dense: BenchmarkRow = {
  decoder: 'llama.cpp',
  mode: 'dense',
  shape: 'llama-7b',
  quant: 'Q4_0',
  threads: 2,
  gpuBudget: 0,
  device: null,
  gpuBytes: 0,
  activity: null,
  computed: null,
  recall: null,
  predictor: null,
  predictorBytes: 0,
  prefillTokensPerSecond: 20,
  prefillDeviation: 1,
  decodeTokensPerSecond: 8,
  decodeDeviation: 0.2,
  ratioToLlamaCpp: 1,
  ratioDeviation: 0,
  prefillRatioToLlamaCpp: 1,
  loadSeconds: 0.5,
  ownBytes: null,
  bytesPerToken: 3.9e9,
  gpuBytesPerToken: 0,
  readBandwidth: 34e9,
  gpuReadBandwidth: null,
  shareOfByteLimit: 0.8,
  shareDeviation: 0.01,
  passes: [],
};
const exact: BenchmarkRow = {
  ...dense,
  decoder: 'hybrid',
  mode: 'exact',
  activity: 0.1,
  ratioToLlamaCpp: 1.5,
  ratioDeviation: 0.1,
  shareOfByteLimit: 0.75,
  shareDeviation: 0.034,
};

interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** Fails on anything that is not well-formed XML of elements and text. */
function elementsOf(svg: string): Element[] {
  const open: string[] = [];
  const elements: Element[] = [];
  const rest = svg.replace(
    /<(\/?)([a-z]+)((?: [a-zA-Z-]+="[^"<&]*")*)(\/?)>/g,
    (_, end, name, list, empty) => {
      if (end === '/') assert.equal(open.pop(), name);
      else {
        const pairs = [...String(list).matchAll(/ ([a-zA-Z-]+)="([^"]*)"/g)];
        const attributes = new Map(pairs.map(([, key = '', value = '']) => [key, value]));
        assert.equal(attributes.size, pairs.length, 'an attribute twice');
        elements.push({ name: String(name), attributes });
        if (empty !== '/') open.push(String(name));
      }
      return '';
    },
  );
  assert.deepEqual(open, []);
  assert.doesNotMatch(rest, /[<>]|&(?!amp;|lt;|gt;)/);
  return elements;
}

const ofClass = (svg: string, name: string) =>
  elementsOf(svg).filter(({ attributes }) => attributes.get('class') === name);
const number = (element: Element | undefined, name: string) => Number(element?.attributes.get(name));

test('the chart is well-formed, whatever a model is called', () => {
  elementsOf(chart([{ ...dense, shape: '<b> & "c"' }, exact]));
});

test('bars are as long as the ratios', () => {
  const svg = chart([dense, exact]);
  const [theirs] = ofClass(svg, 'theirs');
  const [ours] = ofClass(svg, 'ours');
  assert.ok(Math.abs(number(ours, 'width') / number(theirs, 'width') - 1.5) < 0.01);
});

test('each bar has its whisker and its byte limit, at its place on the axis', () => {
  const svg = chart([dense, exact]);
  const [ours] = ofClass(svg, 'ours');
  const perRatio = number(ours, 'width') / 1.5;
  const at = (ratio: number) => number(ours, 'x') + ratio * perRatio;
  const path = (name: string, index: number) => ofClass(svg, name)[index]?.attributes.get('d') ?? '';
  const [, low, , high] = /^M([\d.]+) ([\d.]+)H([\d.]+)/.exec(path('whisker', 1)) ?? [];
  assert.ok(Math.abs(Number(low) - at(1.4)) < 0.2);
  assert.ok(Math.abs(Number(high) - at(1.6)) < 0.2);
  const [, limit] = /^M([\d.]+)/.exec(path('limit', 1)) ?? [];
  assert.ok(Math.abs(Number(limit) - at(1.5 / 0.75)) < 0.2);
});

test('the share of the byte limit stands beside each bar, with its spread', () => {
  const shares = [...chart([dense, exact]).matchAll(/>([^<]*)% of the limit</g)].map(([, share]) => share);
  assert.deepEqual(shares, ['80 ± 1', '75 ± 3']);
});

test('a limit that a cache lifts is neither drawn nor told; the legend is drawn', () => {
  const lifted = chart([dense, { ...exact, shareOfByteLimit: 2 }]);
  assert.equal(ofClass(chart([dense, exact]), 'limit').length, 3);
  assert.equal(ofClass(lifted, 'limit').length, 2);
  assert.doesNotMatch(lifted, />200 ±/);
});

test('nothing lies outside the picture, for ratios from hundredths to hundreds', () => {
  for (const ratio of [0.02, 1, 11.7, 640]) {
    const elements = elementsOf(
      chart([dense, { ...exact, ratioToLlamaCpp: ratio, ratioDeviation: ratio / 10 }]),
    );
    const [svg] = elements;
    for (const element of elements.filter(({ name }) => name === 'text' || name === 'rect')) {
      assert.ok(number(element, 'x') >= 0 && number(element, 'x') < number(svg, 'width'));
      assert.ok(number(element, 'y') >= 0 && number(element, 'y') < number(svg, 'height'));
    }
    assert.ok(elements.length < 60, 'too many grid lines');
  }
});
