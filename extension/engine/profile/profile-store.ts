/**
 * Profiles of the person's own, in the extension's storage: the folder of a model may be read-only, and what lies
 * there came with the model.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { NativeAddon } from '../addon.ts';
import { asEngineError } from '../errors.ts';
import { profilePath } from '../installation.ts';
import type { WriteLog } from '../native.ts';

/** Models of one name in two folders have profiles of their own. */
export function storedProfilePath(storage: string, model: string): string {
  const place = createHash('sha256').update(model).digest('hex').slice(0, 16);
  const name = basename(model).replace(/\.gguf$/i, '');
  return join(storage, 'profiles', `${name}-${place}.profile.gguf`);
}

export interface ProfileChoice {
  readonly addon: Pick<NativeAddon, 'readProfile'>;
  /** null: there is none. */
  readonly storage: string | null;
  readonly log: WriteLog;
}

/** The person's own profile of a model, else the one beside it; null where there is neither. */
export async function chooseProfile(
  model: string,
  { addon, storage, log }: ProfileChoice,
): Promise<string | null> {
  const stored = storage === null ? null : storedProfilePath(storage, model);
  if (stored === null || !existsSync(stored)) return profilePath(model);
  try {
    await addon.readProfile(model, stored);
    return stored;
  } catch (thrown) {
    log('warn', `the profile of your workspace is not used: ${asEngineError(thrown).message}`);
    return profilePath(model);
  }
}
