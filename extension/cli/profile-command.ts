/** `hotset profile`: which neurons of a model fire on a corpus, how often, and predictors that tell beforehand. */
import { resolve } from 'node:path';
import type { NativeAddon } from '../engine/addon.ts';
import { embeddedModelPath, type MadeForModel, pathBeside } from '../engine/installation.ts';
import { compareProfiles } from '../engine/profile/compare-profiles.ts';
import { profileModel } from '../engine/profile/profile-model.ts';
import { trainPredictors } from '../engine/profile/train-predictors.ts';
import { interruptible } from './interruptible.ts';
import { number, parse, wholeNumber } from './options.ts';
import { comparisonText, countingNote, profileText, trainingNote, trainingText } from './profile-report.ts';
import { withProgressBar } from './progress-bar.ts';
import { openInstallation } from './terminal-engine.ts';
import { UsageError } from './usage-error.ts';

export const profileHelp = `hotset profile MODEL CORPUS... [options]

Runs MODEL over the source files in CORPUS, files and folders, and writes how often each neuron was active to
MODEL.profile.gguf, with a plot of the skew beside it. MODEL is a GGUF file, or "embedded". Folders are searched without
what .gitignore and .ignore leave out; the languages found take turns. Ctrl-C ends it with what was counted so far.

  --tokens N             stop after so many (20000)
  --minutes N            stop counting after so long (10)
  --threads N            0: as many as pay off for the model (0)
  --output FILE          another place for what is written, a name that ends with .profile.gguf (.predictors.gguf)
  --compare FILE         how well the hot neurons of another profile of MODEL would serve this corpus
  --train-predictors     instead of counting, train a predictor for each layer: MODEL.predictors.gguf. Ctrl-C keeps the
                         layers that are done; the same command then goes on with the others
  --recall R             share of the activation mass that predictors have to keep, 0.5 to 0.999 (0.95)
  --json                 one object`;

const optionTypes = {
  tokens: { type: 'string', default: '20000' },
  minutes: { type: 'string', default: '10' },
  threads: { type: 'string', default: '0' },
  output: { type: 'string' },
  compare: { type: 'string' },
  'train-predictors': { type: 'boolean', default: false },
  recall: { type: 'string', default: '0.95' },
  json: { type: 'boolean', default: false },
} as const;

interface Request {
  readonly model: string;
  readonly corpus: readonly string[];
  readonly tokens: number;
  readonly minutes: number;
  readonly threads: number;
  readonly recall: number;
  readonly output: string;
  readonly compare: string | null;
  readonly json: boolean;
}

/** @throws UsageError, EngineError */
export async function profileCommand(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse({ args: [...args], options: optionTypes, allowPositionals: true });
  const [name, ...corpus] = positionals;
  if (name === undefined) throw new UsageError('name a model and a corpus: hotset profile MODEL CORPUS...');
  if (corpus.length === 0) throw new UsageError('name files or folders to run the model over');
  const training = values['train-predictors'];
  if (training && values.compare !== undefined) {
    throw new UsageError('--compare is for profiles: leave --train-predictors out');
  }
  const given = {
    corpus,
    tokens: wholeNumber('tokens', values.tokens, 1, 1e9),
    minutes: number('minutes', values.minutes, 0.01, 100_000),
    threads: wholeNumber('threads', values.threads, 0, 512),
    recall: number('recall', values.recall, 0.5, 0.999),
    compare: values.compare === undefined ? null : resolve(values.compare),
    json: values.json,
  };
  const what = training ? 'predictors' : 'profile';
  const chosen = chosenOutput(values.output, what);
  const { root, addon } = openInstallation();
  const model = name === 'embedded' ? embeddedModelPath(root) : resolve(name);
  const request = { ...given, model, output: chosen ?? pathBeside(model, what) };
  await (training ? train(addon, request) : profile(addon, request));
}

/** null: beside the model */
function chosenOutput(given: string | undefined, what: MadeForModel): string | null {
  if (given === undefined) return null;
  if (given.toLowerCase().endsWith(`.${what}.gguf`)) return resolve(given);
  throw new UsageError(`--output ${given}: choose a name that ends with .${what}.gguf`);
}

async function profile(addon: NativeAddon, request: Request): Promise<void> {
  // Before the long work, so that a wrong name costs none of it.
  if (request.compare !== null) await addon.readProfile(request.model, request.compare);
  const report = await withProgressBar('profiling', (show) => {
    const onProgress = (progress: Parameters<typeof countingNote>[0]) => {
      show(progress.fraction, countingNote(progress));
    };
    return interruptible((signal) =>
      profileModel({ ...request, keepsPart: true }, { addon, signal, onProgress }),
    );
  });
  if (report === null) throw new UsageError('interrupted before anything was counted: nothing is written');
  if (request.compare === null) {
    print(request, report, () => profileText(report));
    return;
  }
  const comparison = await compareProfiles(addon, request.model, report.profile, request.compare);
  print(request, { ...report, comparison }, () => `${profileText(report)}\n\n${comparisonText(comparison)}`);
}

async function train(addon: NativeAddon, request: Request): Promise<void> {
  const report = await withProgressBar('training', (show) => {
    const onProgress = (progress: Parameters<typeof trainingNote>[0]) => {
      show(progress.fraction, trainingNote(progress));
    };
    return interruptible((signal) => trainPredictors(request, { addon, signal, onProgress }));
  });
  if (report === null)
    throw new UsageError('interrupted: the same command goes on with the layers that are left');
  print(request, report, () => trainingText(report));
}

function print(request: Request, report: object, text: () => string): void {
  process.stdout.write((request.json ? JSON.stringify(report, null, 2) : text()) + '\n');
}
