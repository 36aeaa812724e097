/** `hotset evaluate drafts`: what it saves to verify several drafted tokens in one pass. */
import type { DraftCount } from '../protocol/figures.ts';
import type { DraftFigures } from '../engine/evaluation/drafts/draft-figures.ts';
import {
  evaluateDrafts,
  type DraftsEvaluation,
  type DraftsOptions,
} from '../engine/evaluation/drafts/evaluate-drafts.ts';
import { loadHelp, loadOptionTypes, loadParams } from './load-options.ts';
import { parse, wholeNumber } from './options.ts';
import { printEvaluation, runEvaluation } from './run-evaluation.ts';
import { table } from './table.ts';
import { UsageError } from './usage-error.ts';

export const draftsHelp = `hotset evaluate drafts FILES_OR_FOLDERS... [options]

Decodes first lines of completions with drafts and without, by turns, checks that the tokens are the same, and compares
the times: at random places, and where a suggestion is asked for while passages are typed again.

  --tasks N              random places of each language (20)
  --passages N           passages that are typed (6)
  --per-passage N        the most completions of each (12)
  --seed N               other places and passages (7)
${loadHelp}
  --json                 one object`;

const optionTypes = {
  ...loadOptionTypes,
  tasks: { type: 'string', default: '20' },
  passages: { type: 'string', default: '6' },
  'per-passage': { type: 'string', default: '12' },
  seed: { type: 'string', default: '7' },
  json: { type: 'boolean', default: false },
} as const;

interface Request {
  readonly options: DraftsOptions;
  readonly json: boolean;
}

/** @throws UsageError, EngineError */
export async function draftsCommand(args: readonly string[]): Promise<void> {
  const { options, json } = parseRequest(args);
  const evaluation = await runEvaluation('decoding', (tools) => evaluateDrafts(options, tools));
  printEvaluation(json, evaluation, textOf);
}

function parseRequest(args: readonly string[]): Request {
  const { values, positionals } = parse({ args: [...args], options: optionTypes, allowPositionals: true });
  if (positionals.length === 0) throw new UsageError('name files or folders to complete in');
  return {
    json: values.json,
    options: {
      paths: positionals,
      load: loadParams(values),
      tasks: wholeNumber('tasks', values.tasks, 0, 1_000_000),
      passages: wholeNumber('passages', values.passages, 0, 1_000_000),
      perPassage: wholeNumber('per-passage', values['per-passage'], 1, 1_000_000),
      seed: wholeNumber('seed', values.seed, 0, 0xffffffff),
    },
  };
}

const headings = [
  'places',
  'completions',
  'tokens',
  'tokens a pass',
  'times faster',
  'slowest tenth',
  'in all',
  'held',
  'said lately',
  'prompt',
  'different',
];

function textOf({ model, figures }: DraftsEvaluation): string {
  const note = 'Drafts by source: tokens that were right, of those verified.';
  return [model, table([headings, ...figures.map(cells)]), note].join('\n');
}

function cells(figures: DraftFigures): string[] {
  const { places, completions, tokens, tokensPerPass, drafts, different } = figures;
  return [
    places,
    String(completions),
    String(tokens),
    tokensPerPass.toFixed(2),
    `${figures.timesFaster.toFixed(2)} ± ${figures.timesFasterDeviation.toFixed(2)}`,
    figures.timesFasterOfSlowest.toFixed(2),
    figures.timesFasterInAll.toFixed(2),
    share(drafts.held),
    share(drafts.said),
    share(drafts.prompt),
    String(different),
  ];
}

function share({ drafted, accepted }: DraftCount): string {
  return `${String(accepted)} of ${String(drafted)}`;
}
