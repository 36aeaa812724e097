/**
 * How long the neuron map takes for a frame: its real page in headless Chromium, without an editor, with neurons that are made up.
 * Every frame shows another stretch of them, and every half second another completion's activity comes in.
 *
 *     npm run bench:map -- [--layers 80] [--neurons 28672] [--seconds 10]      after `npm run bundle`
 *
 * `drawing` is what the page's own code and the canvas take for a frame; `between frames` is what a person sees, and never less
 * than the display's 16.7 ms.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mapPage } from '../../extension/host/map/page.ts';
import { root } from '../../scripts/node24.mjs';
import { openBrowser } from './browser.ts';

interface Measured {
  /** Milliseconds. */
  readonly drawing: readonly number[];
  readonly between: readonly number[];
  /** Of the canvas, in pixels. */
  readonly width: number;
  readonly height: number;
}

const { values } = parseArgs({
  options: {
    layers: { type: 'string', default: '80' },
    neurons: { type: 'string', default: '28672' },
    seconds: { type: 'string', default: '10' },
  },
});
const [layers, neurons, seconds] = [values.layers, values.neurons, values.seconds].map(Number);

/** Runs in the page. Its types are no part of this project's: a string. */
const work = `(async () => {
  const [layers, neurons, seconds] = ${JSON.stringify([layers, neurons, seconds])};
  const hear = (data) => dispatchEvent(new MessageEvent('message', { data }));
  const fires = () => {
    const shares = new Uint8Array(layers * neurons);
    for (let i = 0; i < shares.length; i++) {
      const rarely = (i % neurons) / neurons;
      if (Math.random() > rarely ** 0.3) shares[i] = Math.floor(Math.random() * 256);
    }
    return shares;
  };
  const hot = Math.floor(neurons * 0.2);
  hear({
    kind: 'neurons',
    neuronsPerLayer: neurons,
    layers: Array.from({ length: layers }, () => ({ hot, gpu: Math.floor(hot / 2) })),
    frequencies: fires(),
  });
  const completions = Array.from({ length: 3 }, fires);
  const canvas = document.getElementById('map');
  const between = [];
  const begin = performance.now();
  let before = begin;
  let told = begin;
  let number = 0;
  await new Promise((done) => {
    const frame = (now) => {
      if (number > 0) between.push(now - before);
      before = now;
      if (now - begin > seconds * 1000) { done(); return; }
      if (now - told > 500) {
        told = now;
        hear({ kind: 'firing', tokens: 9, shares: completions[number % 3] });
      }
      const deltaY = 30 * Math.sin(number++ / 40);
      canvas.dispatchEvent(new WheelEvent('wheel', { deltaY, ctrlKey: true, cancelable: true }));
      nextFrame(frame);
    };
    nextFrame(frame);
  });
  const { width, height } = canvas;
  return { drawing: window.frameTimes, between, width, height };
})()`;

/** The page as the extension writes it. */
function served(): Server {
  const page = mapPage({ script: '/map.js', style: '/map.css', source: "'self'" });
  const files: Record<string, readonly [type: string, content: string | Buffer]> = {
    '/': ['text/html', page],
    '/map.js': ['text/javascript', readFileSync(join(root, 'dist', 'map.js'))],
    '/map.css': ['text/css', readFileSync(join(root, 'dist', 'map.css'))],
  };
  return createServer((request, response) => {
    const file = files[request.url ?? ''];
    response.writeHead(file === undefined ? 404 : 200, { 'content-type': file?.[0] ?? 'text/plain' });
    response.end(file?.[1]);
  });
}

/** Stands for the editor: a theme's colours, somebody who listens, and a watch on what the page draws. */
const editor = `
  window.nextFrame = window.requestAnimationFrame.bind(window);
  window.frameTimes = [];
  window.requestAnimationFrame = (draw) =>
    nextFrame((now) => {
      const start = performance.now();
      draw(now);
      frameTimes.push(performance.now() - start);
    });
  window.acquireVsCodeApi = () => ({ postMessage() {} });
  addEventListener('DOMContentLoaded', () => {
    const colours = {
      'editor-background': '#1f1f1f', foreground: '#cccccc',
      'charts-orange': '#d18616', 'charts-blue': '#3794ff', 'charts-green': '#89d185',
    };
    for (const [name, colour] of Object.entries(colours)) {
      document.documentElement.style.setProperty('--vscode-' + name, colour);
    }
  });`;

async function measure(): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'hotset-map-'));
  const server = served();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { context } = await openBrowser(join(folder, 'chromium'));
  try {
    const page = await context.newPage();
    await page.addInitScript(editor);
    await page.goto(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`);
    return await page.evaluate<Measured>(work);
  } finally {
    await context.close();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function line(name: string, milliseconds: readonly number[]): string {
  const sorted = milliseconds.toSorted((left, right) => left - right);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1);
  return `${name.padEnd(16)} median ${at(0.5)} ms, 95 of 100 below ${at(0.95)} ms, 99 below ${at(0.99)} ms, longest ${at(1)} ms`;
}

const { drawing, between, width, height } = await measure();
console.log(
  `${String(layers)} layers of ${String(neurons)} neurons on ${String(width)} × ${String(height)} pixels, ${String(between.length)} frames`,
);
console.log(line('drawing', drawing));
console.log(line('between frames', between));
