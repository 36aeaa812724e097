/**
 * What was measured of models that people use and that their own files don't say. A model's file comes first where it says so
 * itself (`hotset.confidence.weights`).
 */
import type { NativeDescription } from '../addon.ts';

type Identity = Pick<NativeDescription, 'name' | 'architecture' | 'layers' | 'embeddingLength'>;

interface KnownModel {
  readonly name: string;
  /** Of the model's own name in its file, whoever quantised it. */
  readonly pattern: RegExp;
  readonly architecture: string;
  readonly layers: number;
  readonly embeddingLength: number;
  /** As `hotset.confidence.weights`; docs/evaluation.md says how they were fitted. */
  readonly confidenceWeights: readonly [bias: number, ofSum: number, ofMin: number, ofCount: number];
}

const knownModels: readonly KnownModel[] = [];

/** The description, completed by what is known of the model. */
export function withKnown(description: NativeDescription): NativeDescription {
  if (description.confidenceWeights !== null) return description;
  const known = knownModels.find((model) => isOf(description, model));
  if (known === undefined) return description;
  return { ...description, confidenceWeights: Float32Array.from(known.confidenceWeights) };
}

function isOf(description: Identity, { pattern, architecture, layers, embeddingLength }: KnownModel): boolean {
  return (
    pattern.test(description.name) &&
    description.architecture === architecture &&
    description.layers === layers &&
    description.embeddingLength === embeddingLength
  );
}
