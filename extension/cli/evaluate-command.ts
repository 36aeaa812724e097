/** `hotset evaluate`: how good a model is at what the editor asks of it. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { confidenceChart } from '../engine/evaluation/confidence-chart.ts';
import {
  evaluateInfilling,
  type Evaluation,
  type EvaluationOptions,
} from '../engine/evaluation/evaluate-infilling.ts';
import { compareForms, type Compared } from '../engine/evaluation/compare-forms.ts';
import { type ContextChoice, contextKinds } from '../engine/evaluation/context-choice.ts';
import { parsePromptForm, type PromptForm } from '../engine/completion/prompt/prompt-form.ts';
import { chartPath } from './bench-chart.ts';
import { comparisonText } from './comparison-report.ts';
import { confidenceCommand, confidenceHelp } from './confidence-command.ts';
import { evaluationText } from './evaluate-report.ts';
import { loadHelp, loadOptionTypes, loadParams } from './load-options.ts';
import { number, parse, wholeNumber } from './options.ts';
import { draftsCommand, draftsHelp } from './drafts-command.ts';
import { hotsetsCommand, hotsetsHelp } from './hotsets-command.ts';
import { printEvaluation, runEvaluation } from './run-evaluation.ts';
import { programsCommand, programsHelp } from './programs-command.ts';
import { typingCommand, typingHelp } from './typing-command.ts';
import { UsageError } from './usage-error.ts';

const infillingHelp = `hotset evaluate infilling [FILES_OR_FOLDERS...] [options]

How well a model fills in the middle, by the editor's own completions, greedy. On the files, which it must not have been
trained on: bits per byte, the rest of random lines (right: exactly the missing text), how well the model's confidence
tells right suggestions from wrong ones, and keystrokes saved when passages are typed again. A folder stands for a
workspace; it is searched without what .gitignore and .ignore leave out.

  --humaneval FILE       HumanEval-SingleLineInfilling.jsonl.gz: exact matches, and how often the tests pass. They are run
                         by python3, without a network and with limits on time and memory (not on Windows)
  --every N              of HumanEval's tasks, the first of every N (1)
  --prompt-form FORMS    instead compare these forms of the prompt, asking for the same lines and tasks in each: psm, spm,
                         anchored:LINES, separated by commas; spm and anchored also with :unhealed behind
  --context CHOICES      instead compare what the prompt tells of other files, at random lines and at lines that say what
                         only another file says: none, declarations:TOKENS, similar:TOKENS, open:TOKENS (similar pieces of files
                         beside it or imported), editor:TOKENS (as the editor does: declarations, then open), several with + between, separated by commas
  --tasks N              lines of each language (200)
  --windows N            windows of up to 1024 tokens of each language, for bits per byte (16)
  --keystrokes N         files of which a passage is typed again; 0 for none (12)
  --minimum-confidence C suggestions below it are not shown while typing, 0 to 1 (0)
  --seed N               other lines, windows and passages (7)
  --chart FILE.svg       draw precision against share shown, and confidence against share right
${loadHelp}
  --json                 one object, with every suggestion's record`;

export const evaluateHelp = `${infillingHelp}

${programsHelp}

${typingHelp}

${confidenceHelp}

${draftsHelp}

${hotsetsHelp}`;

const optionTypes = {
  ...loadOptionTypes,
  humaneval: { type: 'string' },
  every: { type: 'string', default: '1' },
  'prompt-form': { type: 'string' },
  context: { type: 'string' },
  tasks: { type: 'string', default: '200' },
  windows: { type: 'string', default: '16' },
  keystrokes: { type: 'string', default: '12' },
  'minimum-confidence': { type: 'string', default: '0' },
  seed: { type: 'string', default: '7' },
  chart: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

interface Request {
  readonly options: EvaluationOptions;
  /** null: nothing to compare. */
  readonly compared: Compared | null;
  /** null: none. */
  readonly chart: string | null;
  readonly json: boolean;
}

/** @throws UsageError, EngineError */
export async function evaluateCommand(args: readonly string[]): Promise<void> {
  const [what, ...others] = args;
  if (what === 'confidence') confidenceCommand(others);
  else if (what === 'drafts') await draftsCommand(others);
  else if (what === 'hotsets') await hotsetsCommand(others);
  else if (what === 'humaneval' || what === 'mbpp') await programsCommand(what, others);
  else if (what === 'infilling' && others.some(isSweep)) await programsCommand(what, others);
  else await (what === 'typing' ? typingCommand(others) : infillingCommand(args));
}

/** Settings are compared task by task, and solutions checked, as those of whole programs are. */
function isSweep(arg: string): boolean {
  return arg === '--canonical' || arg === '--thresholds' || arg.startsWith('--thresholds=');
}

async function infillingCommand(args: readonly string[]): Promise<void> {
  const { options, compared, chart, json } = parseRequest(args);
  if (compared !== null) {
    const comparison = await runEvaluation('evaluating', (tools) =>
      compareForms({ ...options, compared }, tools),
    );
    printEvaluation(json, comparison, comparisonText);
    return;
  }
  const evaluation = await runEvaluation('evaluating', (tools) => evaluateInfilling(options, tools));
  if (chart !== null) writeChart(chart, evaluation);
  printEvaluation(json, evaluation, evaluationText);
}

function parseRequest(args: readonly string[]): Request {
  const { values, positionals } = parse({ args: [...args], options: optionTypes, allowPositionals: true });
  const [what, ...paths] = positionals;
  if (what !== 'infilling') {
    throw new UsageError(
      `${what === undefined ? 'say' : `${what}: say`} what to evaluate: infilling, humaneval, mbpp, typing, confidence, drafts or hotsets`,
    );
  }
  if (paths.length === 0 && values.humaneval === undefined) {
    throw new UsageError('name files or folders that the model was not trained on, or --humaneval FILE');
  }
  if (paths.length === 0 && values.chart !== undefined) {
    throw new UsageError('--chart: shows suggestions in files; name files or folders');
  }
  const compared = comparedIn(values['prompt-form'], values.context);
  if (compared !== null && values.chart !== undefined) {
    throw new UsageError('--chart: shows one kind of prompt; leave --prompt-form and --context out');
  }
  return {
    compared,
    chart: values.chart === undefined ? null : chartPath(values.chart),
    json: values.json,
    options: {
      paths,
      load: loadParams(values),
      humanEval: values.humaneval === undefined ? null : resolve(values.humaneval),
      every: wholeNumber('every', values.every, 1, 1_000_000),
      tasks: wholeNumber('tasks', values.tasks, 1, 1_000_000),
      windows: wholeNumber('windows', values.windows, 1, 100_000),
      keystrokeFiles: wholeNumber('keystrokes', values.keystrokes, 0, 100_000),
      minimumConfidence: number('minimum-confidence', values['minimum-confidence'], 0, 1),
      seed: wholeNumber('seed', values.seed, 0, 0xffffffff),
    },
  };
}

function comparedIn(forms: string | undefined, contexts: string | undefined): Compared | null {
  if (forms !== undefined && contexts !== undefined) {
    throw new UsageError('--context: compares with the model’s own form; leave --prompt-form out');
  }
  if (forms !== undefined) return { forms: forms.split(',').map(promptForm) };
  return contexts === undefined ? null : { contexts: contexts.split(',').map(contextChoice) };
}

function contextChoice(text: string): ContextChoice {
  if (text === 'none') return [];
  return text.split('+').map((part) => {
    const [, name, tokens] = /^(\w+):(\d{1,5})$/.exec(part) ?? [];
    const kind = contextKinds.find((each) => each === name);
    if (kind !== undefined) return { kind, tokens: Number(tokens) };
    const kinds = contextKinds.map((each) => `${each}:TOKENS`).join(', ');
    throw new UsageError(`--context ${text}: name none, or of ${kinds} one, or several with + between`);
  });
}

function promptForm(text: string): PromptForm {
  const form = parsePromptForm(text);
  if (form !== null) return form;
  throw new UsageError(`--prompt-form ${text}: name psm, spm or anchored:LINES, separated by commas`);
}

function writeChart(path: string, { model, confidence }: Evaluation): void {
  if (confidence !== null) writeFileSync(path, confidenceChart(model, confidence));
}
