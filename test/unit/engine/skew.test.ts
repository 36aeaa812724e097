/** Skew figures on frequencies whose answer is plain. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cumulativeShares, hitRate, pooled, skewOf } from '../../../extension/engine/profile/skew.ts';
import { skewPlot } from '../../../extension/engine/profile/skew-plot.ts';

test('of ten neurons of which two do eight tenths of the work, a fifth carries it', () => {
  const frequencies = Float32Array.from([0.4, 0.4, 0.1, 0.1, 0, 0, 0, 0, 0, 0]);
  const skew = skewOf(frequencies);
  assert.ok(Math.abs(skew.activity - 0.1) < 1e-6);
  assert.equal(skew.carriers, 0.2);
  assert.equal(skew.livingCarriers, 0.5);
  assert.ok(Math.abs(skew.dead - 0.6) < 1e-9);
});

test('neurons that are all alike carry in proportion', () => {
  const alike = new Float32Array(100).fill(0.25);
  assert.equal(skewOf(alike).carriers, 0.8);
  assert.deepEqual(cumulativeShares(alike, [0, 0.5, 1]), [0, 0.5, 1]);
});

test('a layer that never fires has no carriers', () => {
  assert.deepEqual(skewOf(new Float32Array(4)), { activity: 0, carriers: 0, livingCarriers: 0, dead: 1 });
});

test('layers are pooled in their order', () => {
  assert.deepEqual([...pooled([Float32Array.of(1, 2), Float32Array.of(3)])], [1, 2, 3]);
});

test('the hit rate is the share of another corpus’ activations that the chosen neurons serve', () => {
  const ranking = [Float32Array.of(0.9, 0.5, 0, 0), Float32Array.of(0, 0, 1, 0.5)];
  assert.equal(hitRate(ranking, ranking, 0.5), 1);
  const other = [Float32Array.of(0.25, 0.25, 0.25, 0.25), Float32Array.of(0.5, 0.5, 0, 0)];
  assert.equal(hitRate(ranking, other, 0.5), 0.25);
});

test('the plot draws a line for every group of layers and one for all, and escapes what it is told', () => {
  const layers = Array.from({ length: 32 }, () => Float32Array.of(0.5, 0.25, 0.25, 0));
  const svg = skewPlot({ model: 'a<b>.gguf', corpus: 'x & y' }, layers);
  assert.equal(svg.match(/<polyline/g)?.length, 6);
  assert.match(svg, /a&lt;b&gt;\.gguf: 55% of the neurons carry 80%/);
  assert.match(svg, /x &amp; y/);
  assert.match(svg, /prefers-color-scheme: dark/);
  assert.match(svg, /layers 0–5/);
});
