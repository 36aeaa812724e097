/** `hotset evaluate humaneval` and `mbpp`: how many programs a model gets right. */
import { writeFileSync } from 'node:fs';
import {
  checkCanonical,
  evaluatePrograms,
  type ProgramsEvaluation,
  type ProgramsOptions,
} from '../engine/evaluation/programs/evaluate-programs.ts';
import { readHumanEvalTasks } from '../engine/evaluation/programs/human-eval-tasks.ts';
import { readInfillingTasks } from '../engine/evaluation/programs/infilling-tasks.ts';
import { readMbppTasks } from '../engine/evaluation/programs/mbpp-tasks.ts';
import { sweepChart, sweepReport } from '../engine/evaluation/programs/report.ts';
import { thresholdNames, thresholdSetting } from '../engine/evaluation/programs/threshold-settings.ts';
import { maxTokens as infillingTokens } from '../engine/evaluation/suggest.ts';
import type { Form, Suite } from '../engine/evaluation/programs/task.ts';
import { loadHelp, loadOptionTypes, loadParams } from './load-options.ts';
import { number, parse, wholeNumber } from './options.ts';
import { outputPath } from './output-file.ts';
import { canonicalText, programsText } from './programs-report.ts';
import { printEvaluation, runEvaluation } from './run-evaluation.ts';
import { UsageError } from './usage-error.ts';

export type SuiteCommand = 'humaneval' | 'mbpp' | 'infilling';

const suites: Readonly<Record<SuiteCommand, { file: string; read: (file: string) => Suite }>> = {
  humaneval: { file: 'HumanEval.jsonl.gz', read: readHumanEvalTasks },
  mbpp: { file: 'mbpp.jsonl', read: readMbppTasks },
  infilling: { file: 'HumanEval-SingleLineInfilling.jsonl.gz', read: readInfillingTasks },
};

export const programsHelp = `hotset evaluate humaneval HumanEval.jsonl.gz --run-programs [options]
hotset evaluate mbpp mbpp.jsonl --run-programs [options]
hotset evaluate infilling HumanEval-SingleLineInfilling.jsonl.gz --run-programs --thresholds S,S [options]

How many programs a model gets right, by the sets' own prompts, stops and tests; pass@k without bias, greedy unless asked
otherwise; infilling asks as the editor does. MBPP: tasks 11 to 510 behind tasks 2, 3 and 4; sanitized-mbpp.json may be named as well.

  --run-programs         agree that Python which a model wrote and nobody has read runs on this machine: by python3,
                         without a network where the system allows that, with limits on time and memory, but as you: what you
                         may read it may read. A container or another user is safer (not on Windows)
  --chat                 ask as an assistant is asked, in the form that Qwen2.5-Coder's makers use
  --canonical            run the set's own solutions instead of a model's: all have to pass
  --every N              of the tasks, the first of every N (1)
  --samples N            of each task (1); --temperature T (0: greedy), --top-p P of sampling (0.95)
  --k K,K                of pass@k, at most as many as samples (1)
  --max-tokens N         of a completion (512)
  --thresholds S,S       sweep over settings of what is computed, on the same tasks, each compared with the first:
                         ${thresholdNames}
                         (SHARE of all neurons left out, by |silu(gate)| in the model's profile)
  --parallel N           completions written at once, 1 to 16 (16): each pass over the weights computes a token of all. One at a time
                         where a mode, llama.cpp, a GPU or memory asks for it, and one task in 32, which speeds are told of
  --records FILE.jsonl   a line for each completion as soon as it is there, as the sets' evaluators read them; the same
                         command goes on where it was ended. Of a sweep, a file for each setting: FILE.SETTING.jsonl
  --report FILE.html     one page with tables and plots
  --chart FILE.svg       what was right against the share of neurons computed, as a picture
  --seed N               other samples (7)
${loadHelp}
  --json                 one object`;

const mostParallel = 16;

const optionTypes = {
  ...loadOptionTypes,
  'run-programs': { type: 'boolean', default: false },
  chat: { type: 'boolean', default: false },
  canonical: { type: 'boolean', default: false },
  every: { type: 'string', default: '1' },
  samples: { type: 'string', default: '1' },
  k: { type: 'string', default: '1' },
  temperature: { type: 'string', default: '0' },
  'top-p': { type: 'string', default: '0.95' },
  'max-tokens': { type: 'string', default: '512' },
  parallel: { type: 'string', default: '16' },
  thresholds: { type: 'string' },
  records: { type: 'string' },
  report: { type: 'string' },
  chart: { type: 'string' },
  seed: { type: 'string', default: '7' },
  json: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof parse<{ options: typeof optionTypes; allowPositionals: true }>>['values'];

/** @throws UsageError, EngineError */
export async function programsCommand(suite: SuiteCommand, args: readonly string[]): Promise<void> {
  const { values, positionals } = parse({ args: [...args], options: optionTypes, allowPositionals: true });
  const file = fileIn(suite, positionals);
  requireConsent(values);
  const options = optionsIn(suite, file, values);
  if (values.canonical) {
    const check = await runEvaluation('running', (tools) => checkCanonical(options, tools));
    printEvaluation(values.json, check, canonicalText);
    if (check.failed.length > 0) process.exitCode = 1;
    return;
  }
  const report = values.report === undefined ? null : outputPath('report', values.report);
  const chart = values.chart === undefined ? null : outputPath('chart', values.chart);
  const advice =
    values.records === undefined
      ? 'name --records FILE to go on later where it was ended'
      : 'the same command goes on from here';
  const evaluation = await runEvaluation('writing', (tools) => evaluatePrograms(options, tools), advice);
  if (report !== null) writeFileSync(report, sweepReport(evaluation));
  if (chart !== null) writeChart(chart, evaluation);
  printEvaluation(values.json, evaluation, programsText);
}

function writeChart(path: string, evaluation: ProgramsEvaluation): void {
  const chart = sweepChart(evaluation);
  if (chart === null) throw new UsageError('--chart: no setting tells how many of its neurons were computed');
  writeFileSync(path, chart);
}

function fileIn(suite: SuiteCommand, [file, ...others]: readonly string[]): string {
  if (file !== undefined && others.length === 0) return file;
  throw new UsageError(`name one file of tasks: ${suites[suite].file}`);
}

function requireConsent({ 'run-programs': agreed }: Values): void {
  if (agreed) return;
  throw new UsageError(
    'the tests run Python that a model wrote and nobody has read, on this machine, with limits but with your rights: say --run-programs if you agree',
  );
}

function optionsIn(suite: SuiteCommand, file: string, values: Values): ProgramsOptions {
  const samples = wholeNumber('samples', values.samples, 1, 10_000);
  const temperature = number('temperature', values.temperature, 0, 10);
  if (samples > 1 && temperature === 0) {
    throw new UsageError('--samples: greedy samples are all the same; give a --temperature above 0');
  }
  return {
    suite: suites[suite].read(file),
    form: formOf(suite, values),
    every: wholeNumber('every', values.every, 1, 1_000_000),
    samples,
    ks: values.k.split(',').map((k) => wholeNumber('k', k, 1, samples)),
    writing: {
      temperature,
      topP: number('top-p', values['top-p'], 0, 1),
      maxTokens:
        suite === 'infilling' ? infillingTokens : wholeNumber('max-tokens', values['max-tokens'], 1, 100_000),
      seed: wholeNumber('seed', values.seed, 0, 0xffffffff),
    },
    parallel: wholeNumber('parallel', values.parallel, 1, mostParallel),
    load: loadParams(values),
    ...settingsIn(values),
  };
}

/** The editor's completions are greedy and have a length of their own. */
function formOf(suite: SuiteCommand, values: Values): Form {
  if (suite !== 'infilling') return values.chat ? 'chat' : 'continuation';
  if (
    !values.chat &&
    values.temperature === '0' &&
    values['max-tokens'] === optionTypes['max-tokens'].default
  )
    return 'infilling';
  throw new UsageError('infilling asks as the editor does: leave --chat, --temperature and --max-tokens out');
}

function settingsIn({ thresholds, mode, records }: Values): Pick<ProgramsOptions, 'settings' | 'recordsOf'> {
  const base = records === undefined ? null : outputPath('records', records);
  if (thresholds === undefined) return { settings: [{ name: mode, load: {} }], recordsOf: () => base };
  const names = thresholds.split(',');
  if (new Set(names).size < names.length) throw new UsageError('--thresholds: name each setting once');
  return {
    settings: names.map(thresholdSetting),
    recordsOf: ({ name }) => (base === null ? null : besides(base, name)),
  };
}

/** `he.jsonl` of `quantile:0.5` is `he.quantile-0.5.jsonl`. */
function besides(path: string, setting: string): string {
  return `${path.replace(/\.jsonl$/, '')}.${setting.replaceAll(':', '-')}.jsonl`;
}
