/** Figures as people read them. */
import type { ShownLayer } from './messages.ts';

export function percent(share: number): string {
  const digits = share > 0 && share < 0.0995 ? 1 : 0;
  return `${(share * 100).toFixed(digits)}%`;
}

/** Of decimal units, as bandwidths are. */
export function bytes(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} GB`;
  return count >= 1e6 ? `${(count / 1e6).toFixed(1)} MB` : `${(count / 1e3).toFixed(0)} kB`;
}

/** Of binary units, as memory is. */
export function memory(count: number): string {
  const mebibytes = count / 2 ** 20;
  return mebibytes >= 1024 ? `${(mebibytes / 1024).toFixed(2)} GiB` : `${mebibytes.toFixed(0)} MiB`;
}

export function rate(tokensPerSecond: number): string {
  return tokensPerSecond.toFixed(tokensPerSecond < 9.95 ? 1 : 0);
}

export function kindAt(neuron: number, { hot, gpu }: ShownLayer): string {
  if (neuron < gpu) return 'on the GPU, computed for every token';
  return neuron < hot ? 'hot: computed for every token' : 'cold: computed when it fires';
}

/** What is known of one neuron. */
export interface Looked {
  readonly layer: number;
  /** Its place by frequency, from 0. */
  readonly neuron: number;
  readonly neurons: number;
  readonly of: ShownLayer;
  /** Shares between 0 and 1; null: unknown. */
  readonly fired: number | null;
  readonly frequency: number | null;
}

export function looked({ layer, neuron, neurons, of, fired, frequency }: Looked): string {
  const parts = [
    `Layer ${layer}, neuron ${neuron + 1} of ${neurons}${frequency === null ? '' : ' by frequency'}`,
    kindAt(neuron, of),
    fired === null || neuron < of.gpu ? '' : `fired for ${percent(fired)} of the tokens watched`,
    frequency === null ? '' : `profile: ${percent(frequency)}`,
  ];
  return parts.filter((part) => part !== '').join(' · ');
}
