/** `hotset profile`: which neurons of a model fire on a corpus, and how often. */
import { resolve } from 'node:path';
import { embeddedModelPath, pathBeside } from '../engine/installation.ts';
import { profileModel, type ProfileProgress, type ProfileReport } from '../engine/profile/profile-model.ts';
import { carriedShare, type Skew } from '../engine/profile/skew.ts';
import { number, parse, wholeNumber } from './options.ts';
import { progressBar } from './progress-bar.ts';
import { table } from './table.ts';
import { openInstallation } from './terminal-engine.ts';
import { UsageError } from './usage-error.ts';

export const profileHelp = `hotset profile MODEL CORPUS... [options]

Runs MODEL over the source files in CORPUS, files and folders, and writes how often each neuron was active to
MODEL.profile.gguf, with a plot of the skew beside it. MODEL is a GGUF file, or "embedded". Folders are searched without
what .gitignore and .ignore leave out; the languages found take turns. Ctrl-C ends it with what was counted so far.

  --tokens N             stop after so many (20000)
  --minutes N            stop after so long (10)
  --threads N            0: as many as pay off for the model (0)
  --output FILE          another place for the profile, a name that ends with .profile.gguf
  --json                 one object`;

const optionTypes = {
  tokens: { type: 'string', default: '20000' },
  minutes: { type: 'string', default: '10' },
  threads: { type: 'string', default: '0' },
  output: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** @throws UsageError, EngineError */
export async function profileCommand(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse({ args: [...args], options: optionTypes, allowPositionals: true });
  const [name, ...corpus] = positionals;
  if (name === undefined) throw new UsageError('name a model and a corpus: hotset profile MODEL CORPUS...');
  if (corpus.length === 0) throw new UsageError('name files or folders to profile the model on');
  const limits = {
    tokens: wholeNumber('tokens', values.tokens, 1, 1e9),
    minutes: number('minutes', values.minutes, 0.01, 100_000),
    threads: wholeNumber('threads', values.threads, 0, 512),
  };
  const { root, addon } = openInstallation();
  const model = name === 'embedded' ? embeddedModelPath(root) : resolve(name);
  const options = { ...limits, model, corpus, output: outputPath(values.output, model) };
  const show = progressBar('profiling');
  const report = await interruptible((signal) =>
    profileModel(options, {
      addon,
      signal,
      onProgress: (progress) => {
        show(progress.fraction, note(progress));
      },
    }),
  ).finally(() => {
    show(1);
  });
  process.stdout.write((values.json ? JSON.stringify(report, null, 2) : summary(report)) + '\n');
}

function outputPath(given: string | undefined, model: string): string {
  if (given === undefined) return pathBeside(model, 'profile');
  if (/\.profile\.gguf$/i.test(given)) return resolve(given);
  throw new UsageError(`--output ${given}: choose a name that ends with .profile.gguf`);
}

/** The first Ctrl-C aborts the signal; a second one ends the process, as without us. */
async function interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  const interrupt = () => {
    controller.abort();
  };
  process.once('SIGINT', interrupt);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', interrupt);
  }
}

function note({ step, tokens, tokensPerSecond, secondsLeft }: ProfileProgress): string {
  if (tokensPerSecond === null || secondsLeft === null) return step;
  return `${tokens} tokens, ${tokensPerSecond.toFixed(0)} tokens/s, ${duration(secondsLeft)} left`;
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}

function summary(report: ProfileReport): string {
  const { all, tokens, seconds, corpus, interrupted } = report;
  const rows = report.layers.map((layer, index) => [String(index), ...cells(layer)]);
  const headings = ['layer', 'activity', `neurons for ${percent(carriedShare, 0)}`, 'of the living', 'dead'];
  const languages = Object.entries(report.languages).map(([language, count]) => `${language} ${count}`);
  return `${interrupted ? 'Interrupted: ' : ''}${tokens} tokens of ${corpus} in ${seconds.toFixed(1)} s (${(tokens / seconds).toFixed(0)} tokens/s)
tokens by language: ${languages.join(', ')}

${table([headings, ...rows, ['all', ...cells(all)]])}

${percent(all.carriers)} of the neurons carry ${percent(carriedShare, 0)} of the activations, ${percent(all.livingCarriers)} of those that fired at all.
${report.profile}
${report.plot}`;
}

function cells({ activity, carriers, livingCarriers, dead }: Skew): string[] {
  return [activity, carriers, livingCarriers, dead].map((share) => percent(share));
}

function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)}%`;
}
