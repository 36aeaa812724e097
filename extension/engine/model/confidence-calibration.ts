/** How a model's token probabilities become a confidence: by what its file says, else by what was measured of it. */
import { catalogue, entryOfModel } from '../../models/catalogue.ts';
import type { NativeDescription } from '../addon.ts';

export interface ConfidenceCalibration {
  /** null: by their plain product. */
  readonly weights: ArrayLike<number> | null;
  /** Whether it was measured that a confidence is the share of suggestions that are right. */
  readonly isMeasured: boolean;
}

type Described = Pick<
  NativeDescription,
  'name' | 'architecture' | 'layers' | 'embeddingLength' | 'confidenceWeights'
>;

/** The file's own weights come before what is known of the model. */
export function calibrationOf(description: Described, entries = catalogue): ConfidenceCalibration {
  if (description.confidenceWeights !== null) {
    return { weights: description.confidenceWeights, isMeasured: true };
  }
  const measured = entryOfModel(description, entries)?.measured ?? null;
  return { weights: measured?.confidenceWeights ?? null, isMeasured: measured !== null };
}
