/** What a placement means for a person: shares, groups of layers, and what more memory would buy. */
import {
  type Choice,
  layerBytes,
  type LayerChoice,
  layerChoice,
  type PlacementProblem,
  sum,
} from './problem.ts';

/** Neighbouring layers that are placed alike, or nearly. */
export interface LayerGroup {
  /** Counted from 0, both included. */
  readonly first: number;
  readonly last: number;
  readonly attentionOnGpu: boolean;
  /** Mean over the group's layers. */
  readonly neuronShare: number;
  /** Share of the group's activations that the GPU computes. */
  readonly activationShare: number;
  readonly bytes: number;
}

/** Share of all neurons on the GPU. */
export function neuronShare(problem: PlacementProblem, choice: Choice): number {
  const onGpu = sum(problem.layers.map((_, index) => layerChoice(choice, index).neuronsOnGpu));
  return onGpu / Math.max(1, sum(problem.layers.map(({ neurons }) => neurons.count)));
}

/** Share of all activations, over profiled tokens, that the GPU computes. */
export function activationShare(problem: PlacementProblem, choice: Choice): number {
  return shareOfActivations(problem, choice, [...problem.layers.keys()]);
}

/** Groups of neighbouring layers that are alike within a tenth of their neurons. */
export function layerGroups(problem: PlacementProblem, choice: Choice): LayerGroup[] {
  const groups: number[][] = [];
  for (const index of problem.layers.keys()) {
    const group = groups.at(-1);
    const first = group?.[0];
    if (group !== undefined && first !== undefined && areAlike(problem, choice, first, index)) {
      group.push(index);
    } else groups.push([index]);
  }
  return groups.map((indices) => groupOf(problem, choice, indices));
}

function areAlike(problem: PlacementProblem, choice: Choice, left: number, right: number): boolean {
  const [one, other] = [layerChoice(choice, left), layerChoice(choice, right)];
  const share = (index: number, { neuronsOnGpu }: LayerChoice) =>
    neuronsOnGpu / Math.max(1, problem.layers[index]?.neurons.count ?? 0);
  const isNear = Math.abs(share(left, one) - share(right, other)) < 0.1;
  const isSameEnd = (share(left, one) === 0) === (share(right, other) === 0);
  return one.attentionOnGpu === other.attentionOnGpu && isNear && isSameEnd;
}

function groupOf(problem: PlacementProblem, choice: Choice, indices: readonly number[]): LayerGroup {
  const first = indices[0] ?? 0;
  const { attentionOnGpu } = layerChoice(choice, first);
  let [onGpu, count, bytes] = [0, 0, 0];
  for (const index of indices) {
    const layer = problem.layers[index];
    if (layer === undefined) continue;
    const { neuronsOnGpu } = layerChoice(choice, index);
    onGpu += neuronsOnGpu;
    count += layer.neurons.count;
    bytes += layerBytes(layer, layerChoice(choice, index));
  }
  return {
    first,
    last: indices.at(-1) ?? first,
    attentionOnGpu,
    neuronShare: onGpu / Math.max(1, count),
    activationShare: shareOfActivations(problem, choice, indices),
    bytes,
  };
}

function shareOfActivations(problem: PlacementProblem, choice: Choice, indices: readonly number[]): number {
  let [served, total] = [0, 0];
  for (const index of indices) {
    const frequencies = problem.layers[index]?.neurons.frequencies;
    if (frequencies === undefined) continue;
    served += sum(frequencies.subarray(0, layerChoice(choice, index).neuronsOnGpu));
    total += sum(frequencies);
  }
  return total === 0 ? 0 : served / total;
}
