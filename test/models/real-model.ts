/** A real model for tests: fetched once into the user's cache folder. */
import { bringRealModel } from '../../scripts/real-models.mjs';

/**
 * @returns its path, or why there is none: the reason to skip by. A test that is skipped says so, it is never counted as
 * passed.
 */
export async function realModel(
  name: string,
): Promise<{ path: string; missing: false } | { missing: string }> {
  try {
    return { path: await bringRealModel(name), missing: false };
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}
