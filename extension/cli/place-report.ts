/** A placement as a person reads it in a terminal. */
import type { Explained, ExplainedHybrid, ExplainedLlamaCpp } from '../engine/placement/explain.ts';
import { memorySize } from '../engine/placement/budget.ts';
import type { Plan } from '../engine/placement/plan.ts';
import type { LayerGroup } from '../engine/placement/summary.ts';
import { table } from './table.ts';

const barWidth = 30;

export function placeReport(plan: Plan, explained: Explained): string {
  const { name, totalBytes, freeBytes } = plan.device;
  const memory = `${memorySize(totalBytes)}, ${memorySize(freeBytes)} free`;
  const head = `${explained.device} (${name}), ${memory}`;
  const body = explained.decoder === 'hybrid' ? hybridReport(explained) : llamaCppReport(explained);
  return [head, ...body].join('\n');
}

function llamaCppReport({ budgetBytes, gpuBytes, gpuLayers, layers }: ExplainedLlamaCpp): string[] {
  const onGpu = Math.max(0, gpuLayers - 1);
  return [
    'llama.cpp: whole layers, the head first, then the last ones',
    '',
    `${String(onGpu)} of ${String(layers)} layers and ${gpuLayers > 0 ? 'the head' : 'no head'} on the GPU (-ngl ${String(gpuLayers)})`,
    budgetLine(gpuBytes, budgetBytes),
  ];
}

function hybridReport(explained: ExplainedHybrid): string[] {
  return [
    `${explained.mode} mode, ${corpusOf(explained)}`,
    ratesLine(explained),
    '',
    layerTable(explained),
    '',
    budgetLine(explained.gpuBytes, explained.budgetBytes),
    partsLine(explained),
    '',
    `of all neurons ${percent(explained.neuronShare)} lie on the GPU, and compute ${percent(explained.activationShare)} of the activations; the CPU computes ${percent(1 - explained.activationShare)}`,
    speedLine(explained),
    ...reasons(explained),
  ];
}

function corpusOf({ corpus }: ExplainedHybrid): string {
  return corpus === null
    ? 'without a profile: every neuron is taken to fire for every token'
    : `profiled on ${corpus === '' ? 'an unnamed corpus' : corpus}`;
}

function ratesLine({ rates }: ExplainedHybrid): string {
  const gigabytes = (bytesPerSecond: number) => `${(bytesPerSecond / 1e9).toPrecision(3)} GB/s`;
  const wait = `${(rates.syncSeconds * 1e6).toFixed(0)} µs`;
  return `measured: GPU ${gigabytes(rates.gpuBytesPerSecond)}, CPU ${gigabytes(rates.cpuBytesPerSecond)}, ${wait} for a wait between them`;
}

function layerTable({ groups, headOnGpu, parts }: ExplainedHybrid): string {
  const headings = ['layers', 'attention', 'neurons on the GPU', 'activations served', 'memory'];
  const rows = groups.map((group) => [
    layersOf(group),
    group.attentionOnGpu ? 'GPU' : 'CPU',
    percent(group.neuronShare),
    percent(group.activationShare),
    memorySize(group.bytes),
  ]);
  const head = ['head', headOnGpu ? 'GPU' : 'CPU', '', '', memorySize(parts.head)];
  return table([headings, ...rows, head]);
}

function layersOf({ first, last }: LayerGroup): string {
  return first === last ? String(first) : `${String(first)}–${String(last)}`;
}

function budgetLine(gpuBytes: number, budgetBytes: number): string {
  const share = budgetBytes === 0 ? 0 : gpuBytes / budgetBytes;
  const used = Math.round(share * barWidth);
  const bar = '█'.repeat(used) + '░'.repeat(barWidth - used);
  return `${bar} ${memorySize(gpuBytes)} of ${memorySize(budgetBytes)} (${percent(share)})`;
}

function partsLine({ parts }: ExplainedHybrid): string {
  const { attention, neurons, head, scratch } = parts;
  return `attention and KV cache ${memorySize(attention)}, neurons ${memorySize(neurons)}, head ${memorySize(head)}, compute buffers ${memorySize(scratch)}`;
}

function speedLine(explained: ExplainedHybrid): string {
  const { tokensPerSecond, cpuTokensPerSecond, nextGibibyte } = explained;
  const now = `expected: ${rate(tokensPerSecond)} tokens/s, on the CPU alone ${rate(cpuTokensPerSecond)}`;
  if (nextGibibyte === null) return now;
  const more = rate(nextGibibyte.tokensPerSecond);
  return `${now}\nthe next GiB would buy ${more} tokens/s and ${percent(nextGibibyte.activationShare)} of the activations`;
}

function reasons({ savings, tokensPerSecond, cpuTokensPerSecond, isOptimal }: ExplainedHybrid): string[] {
  const ms = (value: number) => `${value.toPrecision(3)} ms`;
  const last = savings.lastNeurons === null ? '' : `, by the last ones placed ${ms(savings.lastNeurons)}`;
  const why = `why: a GiB taken by attention saves ${ms(savings.attention)} a token, by the head ${ms(savings.head)}, by the neurons that fire most ${ms(savings.firstNeurons)}${last}`;
  return [
    why,
    ...(tokensPerSecond < cpuTokensPerSecond
      ? ['this GPU is slower than the CPU: with the budget auto it is left alone']
      : []),
    ...(isOptimal ? [] : ['the solver ran out of time: this is the best that it had found']),
  ];
}

function rate(tokensPerSecond: number): string {
  return tokensPerSecond.toPrecision(3);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}
