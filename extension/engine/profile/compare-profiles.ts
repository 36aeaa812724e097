/** Use case: whether the hot neurons of one corpus are those of another. */
import type { NativeAddon } from '../addon.ts';
import { asEngineError } from '../errors.ts';
import { hitRate } from './skew.ts';

/** Shares lie between 0 and 1. */
export interface ProfileComparison {
  readonly corpus: string;
  readonly other: string;
  /** For several numbers of hot neurons: which share of the activations on `corpus` falls on them. */
  readonly rows: readonly {
    /** Of each layer's neurons that are hot. */
    readonly share: number;
    /** Where the corpus' own profile chooses them; a little too good, since it counted the same text. */
    readonly own: number;
    /** Where the other profile does. */
    readonly others: number;
  }[];
}

const shares = [0.1, 0.2, 0.3, 0.5];

/** @throws EngineError */
export async function compareProfiles(
  addon: NativeAddon,
  model: string,
  profile: string,
  other: string,
): Promise<ProfileComparison> {
  try {
    const [own, others] = [await addon.readProfile(model, profile), await addon.readProfile(model, other)];
    const rows = shares.map((share) => ({
      share,
      own: hitRate(own.frequencies, own.frequencies, share),
      others: hitRate(others.frequencies, own.frequencies, share),
    }));
    return { corpus: own.corpus, other: others.corpus, rows };
  } catch (thrown) {
    throw asEngineError(thrown);
  }
}
