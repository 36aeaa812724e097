/** How often a model's neurons fire, in the order in which the engine holds them. */
import type { NativeAddon } from '../addon.ts';
import { asEngineError } from '../errors.ts';
import type { LoadedModel } from '../model/load-model.ts';

/**
 * @returns for each layer the profile's frequencies, the highest first; null without a profile
 * @throws EngineError
 */
export async function sortedFrequencies(
  { path, profilePath }: Pick<LoadedModel, 'path' | 'profilePath'>,
  addon: Pick<NativeAddon, 'readProfile'>,
): Promise<Float32Array[] | null> {
  if (profilePath === null) return null;
  const { frequencies } = await addon.readProfile(path, profilePath).catch((error: unknown) => {
    throw asEngineError(error);
  });
  return frequencies.map((layer) => layer.toSorted().reverse());
}
