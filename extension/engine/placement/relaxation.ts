/**
 * A good placement at once, for the integer program to start from: the Lagrangian relaxation of its memory limit. Where a
 * byte has a price, the layers no longer compete, and each is best placed by looking at a few choices; the price is found
 * by bisection.
 */
import { fewestThatPay } from './communication.ts';
import {
  allOnCpu,
  type Choice,
  gpuBytes,
  type LayerChoice,
  layerBytes,
  mostOnGpu,
  type PlacementProblem,
} from './problem.ts';
import { segmentsOf } from './segments.ts';
import { partSeconds, TokenTime } from './token-time.ts';

const bisections = 50;

interface Candidate {
  readonly choice: LayerChoice;
  readonly seconds: number;
  readonly bytes: number;
}

/** What a layer may choose from, without and with its attention on the GPU. */
type Candidates = readonly [readonly Candidate[], readonly Candidate[]];

/** @param roomBytes for weights and KV cache, compute buffers taken off */
export function relaxedPlacement(problem: PlacementProblem, roomBytes: number): Choice {
  const candidates = candidatesOf(problem);
  const fits = (choice: Choice) => gpuBytes(problem, choice) - problem.scratchBytes <= roomBytes;
  const free = placedAt(problem, candidates, 0);
  if (fits(free)) return free;

  let [cheap, dear] = [0, dearest(problem)];
  let best = allOnCpu(problem);
  for (let turn = 0; turn < bisections; turn++) {
    const price = (cheap + dear) / 2;
    const choice = placedAt(problem, candidates, price);
    if (fits(choice)) [best, dear] = [choice, price];
    else cheap = price;
  }
  return best;
}

/** Seconds per byte that nothing saves: every part left on the CPU, over what its smallest piece takes. */
function dearest(problem: PlacementProblem): number {
  const seconds = new TokenTime(problem).of(allOnCpu(problem));
  const bytes = problem.layers.flatMap(({ attention, neurons }) => [attention.bytes, neurons.bytes]);
  return (2 * seconds) / Math.max(1, Math.min(problem.head.bytes, ...bytes));
}

function candidatesOf(problem: PlacementProblem): Candidates[] {
  const time = new TokenTime(problem);
  return problem.layers.map((layer, index): Candidates => {
    const { neurons } = layer;
    const enough = fewestThatPay(neurons, problem.syncSeconds) ?? Infinity;
    const of = (attentionOnGpu: boolean): Candidate[] =>
      [...countsOf(layer.neurons)]
        .filter((count) => count === 0 || attentionOnGpu || count >= enough)
        .map((neuronsOnGpu) => {
          const choice = { attentionOnGpu, neuronsOnGpu };
          return { choice, seconds: time.ofLayer(index, choice), bytes: layerBytes(layer, choice) };
        });
    return [of(false), of(true)];
  });
}

/** Every number of neurons at which a segment of the program ends. */
function countsOf(neurons: PlacementProblem['layers'][number]['neurons']): Set<number> {
  const counts = new Set([0, mostOnGpu(neurons)]);
  let count = 0;
  for (const segment of segmentsOf(neurons)) counts.add((count += segment.batches * segment.neurons));
  return counts;
}

function placedAt(problem: PlacementProblem, candidates: readonly Candidates[], price: number): Choice {
  const cost = ({ seconds, bytes }: Candidate) => seconds + price * bytes;
  const best = candidates.map(
    ([without, with_]) => [cheapest(without, cost), cheapest(with_, cost)] as const,
  );
  const first = firstOnGpu(best.map(([without, with_]) => cost(without) - cost(with_)));
  const { head } = problem;
  return {
    layers: best.map(([without, with_], index) => (index < first ? without : with_).choice),
    headOnGpu: partSeconds(head, false) - partSeconds(head, true) > price * head.bytes,
  };
}

function cheapest(candidates: readonly Candidate[], cost: (candidate: Candidate) => number): Candidate {
  return candidates.reduce((best, candidate) => (cost(candidate) < cost(best) ? candidate : best));
}

/** The layer from which on attention lies on the GPU: the one that the most is gained from. */
function firstOnGpu(gains: readonly number[]): number {
  let [first, gained, most] = [gains.length, 0, 0];
  for (let index = gains.length - 1; index >= 0; index--) {
    gained += gains[index] ?? 0;
    if (gained > most) [first, most] = [index, gained];
  }
  return first;
}
