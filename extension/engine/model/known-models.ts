/** Models that were measured: what is known of them beyond what their files say. A catalogue of models can grow from here. */
import type { NativeDescription } from '../addon.ts';

export interface KnownModel {
  /** Of its kind and training, all sizes. */
  readonly family: string;
  /** What the file calls the model, whoever converted it. */
  readonly name: RegExp;
  readonly architecture: string;
  readonly layers: number;
  readonly embeddingLength: number;
  /**
   * bias, w_sum, w_min, w_count, as `hotset evaluate confidence` fits them; null: they were no better than the plain product
   * of the tokens' probabilities (docs/evaluation.md).
   */
  readonly confidenceWeights: readonly [number, number, number, number] | null;
}

/** How a model's token probabilities become a confidence. */
export interface ConfidenceCalibration {
  /** null: by their plain product. */
  readonly weights: ArrayLike<number> | null;
  /** Whether it was measured that a confidence is the share of suggestions that are right. */
  readonly isMeasured: boolean;
}

type Described = Pick<NativeDescription, 'name' | 'architecture' | 'layers' | 'embeddingLength'>;

const qwenCoder = { family: 'Qwen2.5-Coder-Instruct', architecture: 'qwen2', confidenceWeights: null };

const knownModels: readonly KnownModel[] = [
  { ...qwenCoder, name: /^Qwen2\.5[- ]Coder[- ]0\.5B[- ]Instruct/i, layers: 24, embeddingLength: 896 },
  { ...qwenCoder, name: /^Qwen2\.5[- ]Coder[- ]1\.5B[- ]Instruct/i, layers: 28, embeddingLength: 1536 },
];

/** @returns null where nobody measured such a model */
export function knownModel(description: Described, models = knownModels): KnownModel | null {
  return models.find((model) => isOf(model, description)) ?? null;
}

function isOf(model: KnownModel, { name, architecture, layers, embeddingLength }: Described): boolean {
  const isOfShape =
    model.architecture === architecture &&
    model.layers === layers &&
    model.embeddingLength === embeddingLength;
  return isOfShape && model.name.test(name);
}

/** The file's own weights come before what is known of the model. */
export function calibrationOf(
  description: Described & Pick<NativeDescription, 'confidenceWeights'>,
  models = knownModels,
): ConfidenceCalibration {
  if (description.confidenceWeights !== null) {
    return { weights: description.confidenceWeights, isMeasured: true };
  }
  const known = knownModel(description, models);
  return { weights: known?.confidenceWeights ?? null, isMeasured: known !== null };
}
