/** One frame: a pixel for each column of each layer. */
import type { ShownLayer } from './messages.ts';
import type { Palette } from './palette.ts';
import type { RunningSums } from './running-sums.ts';
import type { View } from './view.ts';

export interface Scene {
  readonly layers: readonly ShownLayer[];
  /** What is shown, and what was shown before; null: nothing fires. */
  readonly now: RunningSums | null;
  readonly before: RunningSums | null;
  /** How far the change from one to the other is, 0 to 1. */
  readonly progress: number;
}

/** Keeps what frames need, so that none allocates. */
export class Raster {
  #pixels = new Uint32Array(0);
  #now = new Float32Array(0);
  #before = new Float32Array(0);

  /** @returns [layers × columns] of a {@link Palette}, valid until the next call */
  draw({ layers, now, before, progress }: Scene, view: View, columns: number, palette: Palette): Uint32Array {
    this.#resize(layers.length, columns);
    const step = view.span / columns;
    for (const [index, { hot, gpu }] of layers.entries()) {
      if (now !== null) now.columns(index, view.first, view.span, this.#now);
      else this.#now.fill(0);
      if (progress < 1) this.#blend(before, index, view, progress);
      const [gpuEnd, hotEnd] = [columnOf(gpu, view, step), columnOf(hot, view, step)];
      const row = index * columns;
      for (let column = 0; column < columns; column++) {
        const colours = column < gpuEnd ? palette.gpu : column < hotEnd ? palette.hot : palette.cold;
        this.#pixels[row + column] = colours[Math.round(this.#now[column] ?? 0)] ?? 0;
      }
    }
    return this.#pixels;
  }

  #blend(before: RunningSums | null, layer: number, view: View, progress: number): void {
    if (before !== null) before.columns(layer, view.first, view.span, this.#before);
    else this.#before.fill(0);
    for (let column = 0; column < this.#now.length; column++) {
      const from = this.#before[column] ?? 0;
      this.#now[column] = from + ((this.#now[column] ?? 0) - from) * progress;
    }
  }

  #resize(layers: number, columns: number): void {
    if (this.#now.length !== columns) {
      this.#now = new Float32Array(columns);
      this.#before = new Float32Array(columns);
    }
    if (this.#pixels.length !== layers * columns) this.#pixels = new Uint32Array(layers * columns);
  }
}

/** The first column that begins at or behind so many neurons. */
function columnOf(neurons: number, view: View, step: number): number {
  return Math.ceil((neurons - view.first) / step);
}
