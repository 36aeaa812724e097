/** Hot neurons that follow what is written: as many as before, other ones, moved at a limited rate. */

export interface FollowingPolicy {
  /** Tokens after which an activation counts half. */
  readonly halfLife: number;
  /** A cold neuron takes a hot one's place where it fired more often by this share: none moves to and fro. */
  readonly hysteresis: number;
  /** Neurons that may be moved for each token, in all layers together: what a byte rate leaves room for. */
  readonly movesPerToken: number;
}

interface Layer {
  /** Of each neuron: activations, older ones counted less. */
  readonly scores: Float64Array;
  readonly isHot: Uint8Array;
}

interface Swap {
  readonly layer: Layer;
  readonly cold: number;
  readonly hot: number;
  readonly gain: number;
}

export class FollowingHotSet {
  readonly #policy: FollowingPolicy;
  readonly #layers: readonly Layer[];

  /**
   * @param profile activation frequencies, layer by layer: what is hot at first
   * @param share of each layer's neurons that is hot, 0 to 1
   */
  constructor(profile: readonly Float32Array[], share: number, policy: FollowingPolicy) {
    this.#policy = policy;
    // What counting for ever would have left of these frequencies.
    const known = policy.halfLife / Math.LN2;
    this.#layers = profile.map((frequencies) => {
      const scores = Float64Array.from(frequencies, (frequency) => frequency * known);
      const isHot = new Uint8Array(frequencies.length);
      for (const neuron of mostFrequent(scores).slice(0, Math.round(share * isHot.length))) isHot[neuron] = 1;
      return { scores, isHot };
    });
  }

  /** @returns of the activations `counts` [layer][neuron], those of neurons that are hot now */
  hits(counts: readonly Float64Array[]): number {
    let hits = 0;
    this.#layers.forEach(({ isHot }, layer) => {
      counts[layer]?.forEach((count, neuron) => {
        if (isHot[neuron] === 1) hits += count;
      });
    });
    return hits;
  }

  /**
   * Counts some tokens' activations and moves what is worth it.
   * @param counts [layer][neuron]
   * @returns how many neurons became hot, each in another's place
   */
  learn(counts: readonly Float64Array[], tokens: number): number {
    const kept = 0.5 ** (tokens / this.#policy.halfLife);
    this.#layers.forEach(({ scores }, layer) => {
      scores.forEach((score, neuron) => {
        scores[neuron] = score * kept + (counts[layer]?.[neuron] ?? 0);
      });
    });
    const most = Math.floor(this.#policy.movesPerToken * tokens);
    const swaps = this.#layers
      .flatMap((layer) => this.#swapsIn(layer))
      .toSorted((left, right) => right.gain - left.gain)
      .slice(0, most);
    for (const { layer, cold, hot } of swaps) {
      layer.isHot[cold] = 1;
      layer.isHot[hot] = 0;
    }
    return swaps.length;
  }

  /** The coldest of the hot ones against the hottest of the cold ones, for as long as that is worth a move. */
  #swapsIn(layer: Layer): Swap[] {
    const order = mostFrequent(layer.scores);
    const cold = order.filter((neuron) => layer.isHot[neuron] === 0);
    const hot = order.filter((neuron) => layer.isHot[neuron] === 1).reverse();
    const swaps: Swap[] = [];
    for (const [index, leaving] of hot.entries()) {
      const coming = cold[index];
      if (coming === undefined) break;
      const [stays, comes] = [layer.scores[leaving] ?? 0, layer.scores[coming] ?? 0];
      if (comes <= stays * (1 + this.#policy.hysteresis)) break;
      swaps.push({ layer, cold: coming, hot: leaving, gain: comes - stays });
    }
    return swaps;
  }
}

function mostFrequent(scores: Float64Array): number[] {
  return Array.from(scores.keys()).sort((left, right) => (scores[right] ?? 0) - (scores[left] ?? 0));
}
