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

/** The model that ships with Hotset: its own, or the one that an offline package carries in its place. */
export function embeddedModelPath(root: string): string {
  const folder = join(root, 'models');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const models = names.filter((name) => name.endsWith('.gguf') && !isBesideModel(name));
  const model = models.find((name) => name.startsWith('hotset-code-')) ?? models[0];
  if (model === undefined) {
    throw new EngineError(
      'badInput',
      `no embedded model in ${folder}: install Hotset again or name a GGUF file`,
    );
  }
  return join(folder, model);
}

/** What is made for a model and lies beside it: `NAME.WHAT.gguf` for `NAME.gguf`. */
export type MadeForModel = 'profile' | 'predictors';

export function pathBeside(model: string, what: MadeForModel): string {
  return `${model.replace(/\.gguf$/i, '')}.${what}.gguf`;
}

/** The profile beside a model; null where there is none. */
export function profilePath(model: string): string | null {
  return presentBeside(model, 'profile');
}

/** The predictors beside a model; null where there are none. */
export function predictorsPath(model: string): string | null {
  return presentBeside(model, 'predictors');
}

function presentBeside(model: string, what: MadeForModel): string | null {
  const path = pathBeside(model, what);
  return existsSync(path) ? path : null;
}

function isBesideModel(name: string): boolean {
  return /\.(profile|predictors|neurons)\.gguf$/.test(name);
}
