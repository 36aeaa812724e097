/** What the neuron map draws, before it is on a canvas. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paletteOf, pixelOf } from '../../../extension/map/palette.ts';
import { Raster } from '../../../extension/map/raster.ts';
import { RunningSums } from '../../../extension/map/running-sums.ts';
import { splitAt } from '../../../extension/map/split.ts';
import { speedLine } from '../../../extension/map/speed-line.ts';
import { afterKey, lookedAt, panned, type View, wholeView, zoomed } from '../../../extension/map/view.ts';
import { randomNumbers } from '../../random.ts';

const size = { layers: 3, neurons: 1_000 };
const whole = wholeView(size);

test('means of stretches are those of plain arithmetic, for any view', () => {
  const random = randomNumbers(1);
  const values = Uint8Array.from({ length: size.layers * size.neurons }, () => Math.floor(random() * 256));
  const sums = new RunningSums(values, size.layers, size.neurons);
  for (let turn = 0; turn < 50; turn++) {
    const columns = new Float32Array(1 + Math.floor(random() * 300));
    const span = 16 + random() * (size.neurons - 16);
    const first = random() * (size.neurons - span);
    const layer = turn % size.layers;
    sums.columns(layer, first, span, columns);
    columns.forEach((mean, column) => {
      const begin = Math.min(size.neurons - 1, Math.floor(first + (column * span) / columns.length));
      const end = Math.min(
        size.neurons,
        Math.max(begin + 1, Math.floor(first + ((column + 1) * span) / columns.length)),
      );
      const part = values.subarray(layer * size.neurons + begin, layer * size.neurons + end);
      const expected = part.reduce((sum, value) => sum + value, 0) / part.length;
      assert.ok(Math.abs(mean - expected) < 1e-3, `${mean} for ${expected}`);
    });
  }
});

test('a pixel has the hue of its kind, and the brightness of what fires', () => {
  const palette = paletteOf({
    background: 'rgb(0, 0, 0)',
    kinds: { gpu: 'rgb(0, 255, 0)', hot: 'rgb(255, 0, 0)', cold: 'rgb(0, 0, 255)' },
  });
  assert.equal(palette.hot[255], pixelOf('rgb(255, 0, 0)'));
  const values = Uint8Array.from([255, 0, 255, 0, 255, 0, 255, 0, 255, 255]);
  const now = new RunningSums(values, 1, 10);
  const scene = { layers: [{ gpu: 2, hot: 5 }], now, before: null, progress: 1 };
  const view = wholeView({ layers: 1, neurons: 10 });
  const pixels = new Raster().draw(scene, view, 10, palette);
  const kinds = 'g g h h h c c c c c'
    .split(' ')
    .map((letter) => (letter === 'g' ? palette.gpu : letter === 'h' ? palette.hot : palette.cold));
  assert.deepEqual(
    [...pixels],
    kinds.map((levels, place) => levels[values[place] ?? 0]),
  );
  const half = new Raster().draw({ ...scene, progress: 0.5 }, view, 10, palette);
  assert.equal(half[0], palette.gpu[128]);
  assert.equal(half[1], palette.gpu[0]);
});

test('zooming keeps what is under the pointer, and ends at the whole and at sixteen neurons', () => {
  const near = zoomed(whole, size, 0.5, 0.25);
  assert.deepEqual([near.first, near.span], [125, 500]);
  let view = whole;
  for (let turn = 0; turn < 40; turn++) view = zoomed(view, size, 0.5, 1);
  assert.deepEqual([view.first, view.span], [984, 16]);
  assert.deepEqual(zoomed(view, size, 1e9, 0.5), whole);
  assert.equal(panned(near, size, 1e6).first, 500);
  assert.equal(panned(near, size, -1e6).first, 0);
});

test('keys look around without leaving the model, and what is looked at is shown', () => {
  const press = (keys: readonly string[], from: View = whole) =>
    keys.reduce((view, key) => afterKey(view, size, key) ?? view, from);
  assert.deepEqual(press(['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown']).layer, 2);
  assert.deepEqual(press(['ArrowUp']).layer, 0);
  assert.equal(press(['ArrowRight', 'ArrowRight', 'ArrowLeft']).neuron, 25);
  assert.equal(press(['End', 'ArrowRight']).neuron, 999);
  const near = press(['+', '+', '+', 'End']);
  assert.ok(near.first + near.span === 1_000 && near.span < 300);
  assert.deepEqual(press(['0', 'Home'], near), { ...whole, layer: 0, neuron: 0 });
  assert.equal(afterKey(whole, size, 'Tab'), null);
  assert.equal(lookedAt(near, size, 1, 3.7).neuron, 3);
});

test('the line of speeds spans the chart, and needs two', () => {
  assert.equal(speedLine([5], 100, 50).path, '');
  const { path, ticks } = speedLine([0, 100, 50], 100, 50);
  assert.equal(path, 'M0.0,50.0L50.0,0.0L100.0,25.0');
  assert.deepEqual(
    [ticks[0], ticks.at(-1)],
    [
      { y: 50, rate: 0 },
      { y: 0, rate: 100 },
    ],
  );
});

test('a θ that is tried out makes those hot that fire at least so often, and what the GPU has', () => {
  const frequencies = Uint8Array.from([255, 128, 127, 0, 200, 10, 5, 0]);
  const layers = [
    { hot: 0, gpu: 0 },
    { hot: 0, gpu: 3 },
  ];
  const hot = (threshold: number) => splitAt(threshold, layers, 4, frequencies).map((layer) => layer.hot);
  assert.deepEqual(
    [hot(0.5), hot(0), hot(1)],
    [
      [2, 3],
      [4, 4],
      [1, 3],
    ],
  );
});
