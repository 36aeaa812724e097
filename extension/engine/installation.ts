/** Where this installation keeps its parts; the same whether the code runs bundled or from its sources. */
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EngineError } from './errors.ts';

/** The folder that holds `package.json`, `dist/` and `models/`: the first one at or above `folder`. */
export function installationRoot(folder: string): string {
  let candidate = realpathSync(folder);
  while (!existsSync(join(candidate, 'package.json'))) {
    const parent = dirname(candidate);
    if (parent === candidate) {
      throw new EngineError('internal', `no Hotset installation at or above ${folder}: install Hotset again`);
    }
    candidate = parent;
  }
  return candidate;
}

export function addonPath(root: string): string {
  return join(root, 'dist', 'native', 'hotset.node');
}

/** The model that ships with Hotset: the one GGUF in `models/` that is no profile. */
export function embeddedModelPath(root: string): string {
  const folder = join(root, 'models');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const model = names.filter((name) => /^hotset-code-.*\.gguf$/.test(name)).find((name) => !isProfile(name));
  if (model === undefined) {
    throw new EngineError(
      'badInput',
      `no embedded model in ${folder}: install Hotset again or name a GGUF file`,
    );
  }
  return join(folder, model);
}

/** The profile beside a model: `NAME.profile.gguf` for `NAME.gguf`; null where there is none. */
export function profilePath(model: string): string | null {
  const path = model.replace(/\.gguf$/i, '') + '.profile.gguf';
  return path !== model && existsSync(path) ? path : null;
}

function isProfile(name: string): boolean {
  return name.endsWith('.profile.gguf');
}
