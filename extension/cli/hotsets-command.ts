/** `hotset evaluate hotsets`: whether hot neurons should follow what a person writes. */
import { resolve } from 'node:path';
import {
  followWriting,
  type FollowOptions,
  type Stretch,
} from '../engine/evaluation/hot-sets/follow-writing.ts';
import { embeddedModelPath } from '../engine/installation.ts';
import { number, parse, wholeNumber } from './options.ts';
import { percent } from './rate.ts';
import { printEvaluation, runEvaluation } from './run-evaluation.ts';
import { table } from './table.ts';
import { openInstallation } from './terminal-engine.ts';
import { UsageError } from './usage-error.ts';

export const hotsetsHelp = `hotset evaluate hotsets --before PATH --after PATH [options]

One project is profiled and goes on, then another one begins. Of a model's activations, how many fall on hot neurons: those of the
profile, or as many that follow what was written lately. The moves are simulated.

  --before PATH          files of the first project, a file or a folder; several times for more
  --after PATH           of the second one
  --tokens N             of what is profiled, of what goes on, and of the second project (8192)
  --window N             tokens between two looks at what fired (256)
  --hot-share S          of each layer's neurons (0.3)
  --half-life N          tokens after which an activation counts half (1024)
  --hysteresis H         how much more often a cold neuron has to fire than the hot one that it replaces (0.2)
  --moves N              the most neurons moved for each token (4)
  --model M              GGUF file (the embedded model)
  --threads N            0: as many as pay off for the model (0)
  --json                 an array of stretches`;

const optionTypes = {
  before: { type: 'string', multiple: true },
  after: { type: 'string', multiple: true },
  tokens: { type: 'string', default: '8192' },
  window: { type: 'string', default: '256' },
  'hot-share': { type: 'string', default: '0.3' },
  'half-life': { type: 'string', default: '1024' },
  hysteresis: { type: 'string', default: '0.2' },
  moves: { type: 'string', default: '4' },
  model: { type: 'string' },
  threads: { type: 'string', default: '0' },
  json: { type: 'boolean', default: false },
} as const;

/** @throws UsageError, EngineError */
export async function hotsetsCommand(args: readonly string[]): Promise<void> {
  const { values } = parse({ args: [...args], options: optionTypes, allowPositionals: true });
  const { before, after } = values;
  if (before === undefined || after === undefined) {
    throw new UsageError('name what is written first with --before, and what is written then with --after');
  }
  const options: FollowOptions = {
    model: values.model === undefined ? embeddedModelPath(openInstallation().root) : resolve(values.model),
    threads: wholeNumber('threads', values.threads, 0, 512),
    before,
    after,
    tokens: wholeNumber('tokens', values.tokens, 256, 100_000_000),
    window: wholeNumber('window', values.window, 16, 512),
    share: number('hot-share', values['hot-share'], 0, 1),
    halfLife: number('half-life', values['half-life'], 1, 1e9),
    hysteresis: number('hysteresis', values.hysteresis, 0, 1000),
    movesPerToken: number('moves', values.moves, 0, 1e9),
  };
  const stretches = await runEvaluation('counting', (tools) => followWriting(options, tools));
  printEvaluation(values.json, stretches, textOf);
}

function textOf(stretches: readonly Stretch[]): string {
  const headings = ['', 'as profiled', 'following', 'best fixed choice', 'moves a token'];
  const rows = stretches.map(({ name, fixed, following, best, moves }) => [
    name,
    percent(fixed),
    percent(following),
    percent(best),
    moves.toFixed(2),
  ]);
  return table([headings, ...rows]);
}
