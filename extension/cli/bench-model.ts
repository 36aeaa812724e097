/** The model that `bench` measures: a file, the embedded one, or one of random weights in a known shape. */
import { join, resolve } from 'node:path';
import type { NativeAddon, NativeShapeOptions } from '../engine/addon.ts';
import { cacheFolder } from '../models/cache-folder.ts';
import { asEngineError } from '../engine/errors.ts';
import { embeddedModelPath } from '../engine/installation.ts';
import { number, wholeNumber } from './options.ts';
import { withProgressBar } from './progress-bar.ts';
import { UsageError } from './usage-error.ts';

/** As given on the command line. */
export interface ModelValues {
  readonly model?: string | undefined;
  readonly shape?: string | undefined;
  readonly activity?: string | undefined;
  readonly layers?: string | undefined;
  readonly quant?: string | undefined;
  readonly folder?: string | undefined;
}

/** `path` null: the embedded model. */
export type ModelChoice =
  | { readonly kind: 'file'; readonly path: string | null }
  | { readonly kind: 'shape'; readonly options: NativeShapeOptions };

/** More than any shape has: how many one has, the native side knows. */
const mostLayers = 1_000;

/** @throws UsageError */
export function modelChoice({ model, shape, activity, layers, quant, folder }: ModelValues): ModelChoice {
  if (shape === undefined) {
    const alone = Object.entries({ activity, layers, quant, folder }).find(
      ([, value]) => value !== undefined,
    );
    if (alone !== undefined) throw new UsageError(`--${alone[0]}: describes a --shape; name one`);
    return { kind: 'file', path: model === undefined ? null : resolve(model) };
  }
  if (model !== undefined) throw new UsageError('--model and --shape: choose one of them');
  const options = {
    shape,
    ...(activity === undefined ? {} : { activity: number('activity', activity, 0, 1) }),
    ...(layers === undefined ? {} : { layers: wholeNumber('layers', layers, 1, mostLayers) }),
    quant: quant ?? 'Q4_0',
    folder: folder === undefined ? join(cacheFolder(), 'shapes') : resolve(folder),
  };
  return { kind: 'shape', options };
}

/**
 * Writes the shape's files where they are not there yet.
 * @throws EngineError
 */
export async function modelPath(addon: NativeAddon, root: string, choice: ModelChoice): Promise<string> {
  if (choice.kind === 'file') return choice.path ?? embeddedModelPath(root);
  const { options } = choice;
  const write = withProgressBar(`writing ${options.shape}`, (show) =>
    addon.writeShape(options, (fraction) => {
      show(fraction, options.folder);
    }),
  );
  const files = await write.catch((error: unknown) => {
    throw asEngineError(error);
  });
  return files.model;
}
