/** The sizes of a model, as its makers published them: all that its cost depends on beside its weights' types. */
import data from './shapes.json' with { type: 'json' };

export interface ModelShape {
  readonly layers: number;
  readonly embedding: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Values of a head. */
  readonly headLength: number;
  /** Of a layer; of an expert where there are several. */
  readonly neurons: number;
  /** Whether a neuron has a gate beside up and down. */
  readonly isGated: boolean;
  readonly vocabulary: number;
  /** Whether the file holds a matrix for the head beside the embeddings. */
  readonly hasHead: boolean;
  /** Whether logits lie so close that choosing one reads all of the head: as measured, false where nobody did. */
  readonly hasCloseLogits?: boolean;
  /** Of a layer, and those that one token uses; null: neither. */
  readonly experts: { readonly count: number; readonly used: number } | null;
}

export const shapes: Readonly<Record<string, ModelShape>> = data;

/** @returns null where nobody entered that shape */
export function shapeOf(name: string): ModelShape | null {
  return Object.hasOwn(shapes, name) ? (shapes[name] ?? null) : null;
}
