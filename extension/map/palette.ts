/** Colours of neurons: what kind they are by hue, how often they fire by brightness, both from the editor's theme. */
import { scaleLinear, scalePow } from 'd3-scale';

export const kinds = ['gpu', 'hot', 'cold'] as const;
export type Kind = (typeof kinds)[number];

/** CSS colours. */
export interface Theme {
  readonly background: string;
  readonly kinds: Readonly<Record<Kind, string>>;
}

/** For each kind 256 pixels, from never to always, as `ImageData` has them (little-endian RGBA). */
export type Palette = Readonly<Record<Kind, Uint32Array>>;

const levels = 256;
/** Of a kind's colour in the background where nothing fires: its area can still be told. */
const resting = 0.22;
/** Few fire often: a share of 1% is to be seen, too. */
const exponent = 0.45;

export function paletteOf({ background, kinds: colours }: Theme): Palette {
  const brightness = scalePow()
    .exponent(exponent)
    .domain([0, levels - 1])
    .range([resting, 1]);
  const row = (colour: string) => {
    const mixed = scaleLinear<string>().domain([0, 1]).range([background, colour]);
    return Uint32Array.from({ length: levels }, (_, level) => pixelOf(mixed(brightness(level))));
  };
  return { gpu: row(colours.gpu), hot: row(colours.hot), cold: row(colours.cold) };
}

/** @param colour `rgb(1, 2, 3)`, as d3 writes mixtures */
export function pixelOf(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/\d+(\.\d+)?/g) ?? []).map(Number);
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
