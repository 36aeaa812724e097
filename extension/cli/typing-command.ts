/** `hotset evaluate typing`: what suggestions are worth to somebody who types, by this policy and by others. */
import { evaluateTyping, type TypingOptions } from '../engine/evaluation/typing/evaluate-typing.ts';
import { type PolicyName, policyNames } from '../engine/evaluation/typing/policies/policies.ts';
import { loadHelp, loadOptionTypes, loadParams } from './load-options.ts';
import { choice, number, parse, wholeNumber } from './options.ts';
import { printEvaluation, runEvaluation } from './run-evaluation.ts';
import { typingText } from './typing-report.ts';
import { UsageError } from './usage-error.ts';

export const typingHelp = `hotset evaluate typing FILES_OR_FOLDERS... [options]

Takes lines and blocks out of files and types them again at a person's speed, with pauses, slips and jumps, in real time, accepting
what is suggested where it is right; with the editor's scheduling (hotset), with a request at every key (plain) and as
llama.vscode asks, one after the other, each with the same model freshly loaded.

  --policies A,B         which of ${policyNames.join(', ')} (all)
  --edits N              parts of each file that are typed again (6)
  --seconds N            the longest that one policy is typed with (60)
  --speed F              of typing: 1 as most people, 2 twice as fast (1)
  --seed N               other edits, pauses and slips (7)
${loadHelp}
  --json                 one object`;

const optionTypes = {
  ...loadOptionTypes,
  policies: { type: 'string', default: policyNames.join(',') },
  edits: { type: 'string', default: '6' },
  seconds: { type: 'string', default: '60' },
  speed: { type: 'string', default: '1' },
  seed: { type: 'string', default: '7' },
  json: { type: 'boolean', default: false },
} as const;

interface Request {
  readonly options: TypingOptions;
  readonly json: boolean;
}

/** @throws UsageError, EngineError */
export async function typingCommand(args: readonly string[]): Promise<void> {
  const { options, json } = parseRequest(args);
  const evaluation = await runEvaluation('typing', (tools) => evaluateTyping(options, tools));
  printEvaluation(json, evaluation, typingText);
}

function parseRequest(args: readonly string[]): Request {
  const { values, positionals } = parse({ args: [...args], options: optionTypes, allowPositionals: true });
  if (positionals.length === 0)
    throw new UsageError('name files that are to be typed, best of a few hundred lines');
  return {
    json: values.json,
    options: {
      paths: positionals,
      load: loadParams(values),
      policies: policiesOf(values.policies),
      edits: wholeNumber('edits', values.edits, 1, 1_000),
      seconds: number('seconds', values.seconds, 1, 86_400),
      speed: number('speed', values.speed, 0.1, 100),
      seed: wholeNumber('seed', values.seed, 0, 0xffffffff),
    },
  };
}

/** Each once, in the order named. */
function policiesOf(list: string): PolicyName[] {
  return [...new Set(list.split(',').map((name) => choice('policies', name.trim(), policyNames)))];
}
