/** Uses what the integer program left of the budget: its batches are coarse, and its answer is only nearly the best. */
import {
  type Choice,
  gpuBytes,
  layerBytes,
  type LayerChoice,
  layerChoice,
  mostOnGpu,
  type PlacementProblem,
} from './problem.ts';
import { batchSize } from './segments.ts';
import { partSeconds, TokenTime } from './token-time.ts';

/** Whether what costs more time than it saves is placed all the same, the least costly first. */
export type Filling = 'whatSavesTime' | 'wholeBudget';

/** One more piece on the GPU. */
interface Step {
  /** null: the head. */
  readonly layer: number | null;
  readonly after: LayerChoice;
  readonly bytes: number;
  readonly savedSeconds: number;
}

/** Adds attention, head and batches of neurons, always what saves most per byte, until nothing more fits. */
export function fill(
  problem: PlacementProblem,
  choice: Choice,
  budgetBytes: number,
  filling: Filling,
): Choice {
  const filler = new Filler(problem, choice, budgetBytes, filling);
  filler.run();
  return filler.choice;
}

class Filler {
  readonly #problem: PlacementProblem;
  readonly #time: TokenTime;
  readonly #filling: Filling;
  readonly #layers: LayerChoice[];
  #headOnGpu: boolean;
  #roomBytes: number;

  constructor(problem: PlacementProblem, choice: Choice, budgetBytes: number, filling: Filling) {
    this.#problem = problem;
    this.#time = new TokenTime(problem);
    this.#filling = filling;
    this.#layers = problem.layers.map((_, index) => layerChoice(choice, index));
    this.#headOnGpu = choice.headOnGpu;
    this.#roomBytes = budgetBytes - Math.max(gpuBytes(problem, choice), problem.scratchBytes);
  }

  get choice(): Choice {
    return { layers: this.#layers, headOnGpu: this.#headOnGpu };
  }

  run(): void {
    for (let step = this.#best(); step !== null; step = this.#best()) {
      if (step.layer === null) this.#headOnGpu = true;
      else this.#layers[step.layer] = step.after;
      this.#roomBytes -= step.bytes;
    }
  }

  #best(): Step | null {
    let best: Step | null = null;
    for (const step of this.#steps()) {
      if (step.bytes > this.#roomBytes) continue;
      if (this.#filling === 'whatSavesTime' && step.savedSeconds <= 0) continue;
      if (best === null || worth(step) > worth(best)) best = step;
    }
    return best;
  }

  *#steps(): Generator<Step> {
    const { head } = this.#problem;
    const savedSeconds = partSeconds(head, false) - partSeconds(head, true);
    const after = { attentionOnGpu: false, neuronsOnGpu: 0 };
    if (!this.#headOnGpu) yield { layer: null, after, bytes: head.bytes, savedSeconds };
    for (const index of this.#layers.keys()) yield* this.#stepsOf(index);
  }

  *#stepsOf(index: number): Generator<Step> {
    const layer = this.#problem.layers[index];
    const before = this.#layers[index];
    if (layer === undefined || before === undefined) return;
    const { neurons } = layer;
    const step = (after: LayerChoice): Step => {
      const savedSeconds = this.#time.ofLayer(index, before) - this.#time.ofLayer(index, after);
      const bytes = layerBytes(layer, after) - layerBytes(layer, before);
      return { layer: index, after, bytes, savedSeconds };
    };
    if (!before.attentionOnGpu && (this.#layers[index + 1]?.attentionOnGpu ?? true)) {
      yield step({ ...before, attentionOnGpu: true });
    }
    const left = mostOnGpu(neurons) - before.neuronsOnGpu;
    const fitting = Math.floor(this.#roomBytes / neurons.bytes / neurons.granularity) * neurons.granularity;
    const added = Math.min(left, batchSize(neurons), fitting);
    // All of them may take less than a batch more: nothing is gathered then.
    for (const more of new Set([added, left])) {
      if (more > 0) yield step({ ...before, neuronsOnGpu: before.neuronsOnGpu + more });
    }
  }
}

/** Seconds saved per byte; what takes no more bytes is worth anything. */
function worth({ savedSeconds, bytes }: Step): number {
  return bytes <= 0 ? Infinity : savedSeconds / bytes;
}
