/**
 * Sums over any stretch of a layer's neurons in one subtraction, so that drawing a frame takes as long for 28,672 neurons as for
 * 1,024: what it costs is pixels.
 */
export class RunningSums {
  readonly layers: number;
  readonly neurons: number;
  /** [layers × (neurons + 1)] */
  readonly #sums: Uint32Array;

  /** @param values [layers × neurons] */
  constructor(values: Uint8Array, layers: number, neurons: number) {
    this.layers = layers;
    this.neurons = neurons;
    this.#sums = new Uint32Array(layers * (neurons + 1));
    for (let layer = 0; layer < layers; layer++) {
      const [from, to] = [layer * neurons, layer * (neurons + 1)];
      let sum = 0;
      for (let neuron = 0; neuron < neurons; neuron++) {
        sum += values[from + neuron] ?? 0;
        this.#sums[to + neuron + 1] = sum;
      }
    }
  }

  /** Mean of the neurons from `first` to `end`, which is left out; at least one. */
  mean(layer: number, first: number, end: number): number {
    const row = layer * (this.neurons + 1);
    return ((this.#sums[row + end] ?? 0) - (this.#sums[row + first] ?? 0)) / (end - first);
  }

  /**
   * Means of as many stretches as there are columns, of about equal length, one neuron at least.
   * @param first neuron of the first column, may lie between two
   * @param span neurons of all columns together
   * @param target [columns]
   */
  columns(layer: number, first: number, span: number, target: Float32Array): void {
    const row = layer * (this.neurons + 1);
    const step = span / target.length;
    for (let column = 0; column < target.length; column++) {
      const begin = Math.min(this.neurons - 1, Math.floor(first + column * step));
      const end = Math.min(this.neurons, Math.max(begin + 1, Math.floor(first + (column + 1) * step)));
      target[column] = ((this.#sums[row + end] ?? 0) - (this.#sums[row + begin] ?? 0)) / (end - begin);
    }
  }
}
