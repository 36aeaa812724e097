/** Says in sentences what became of a question for a completion: a pure projection of what was noted. */
import type { TrimRule } from '../../protocol/figures.ts';
import type { Inquiry, InquiryEvent, NotedEvent, Outcome } from '../../scheduling/inquiry.ts';
import type { Suggestion } from '../../scheduling/place.ts';
import type { Refusal } from '../completion/eligibility.ts';

export interface Reason {
  /** One sentence. */
  readonly headline: string;
  /** What a person can do, if anything; one sentence each. */
  readonly advice: readonly string[];
}

export interface Explanation extends Reason {
  readonly steps: readonly Step[];
}

export interface Step {
  readonly afterMs: number;
  readonly text: string;
}

const here = 'Run *Hotset: Complete Here* to see what the model has to say in any case.';

const refusals: Readonly<Record<Refusal | 'insideWord', readonly [string, ...string[]]>> = {
  off: ['Hotset is switched off.', 'Run *Hotset: Enable or Disable Completions*.'],
  snoozed: ['Hotset is snoozed.', 'Run *Hotset: Enable or Disable Completions* to wake it before its time.'],
  excluded: ['This file is left out by the setting `hotset.exclude`.'],
  document: ['Nothing is suggested in documents that are output rather than something to write in.'],
  language: [
    'Hotset is off for this language.',
    'Switch it on in the status bar menu, or in the setting `hotset.languages`.',
  ],
  insideWord: ['The cursor stands inside a word: nothing is asked for there while typing.', here],
};

const rules: Readonly<Record<TrimRule, string>> = {
  saidNothing: 'the model wrote nothing: to it, what stands here is complete',
  noCode: 'the model wrote a sentence, a fence or control tokens in place of code',
  insideLine: 'it belonged on a line below, and the cursor stands inside a line',
  block: 'it would have ended the block that the cursor stands in',
  followingLines: 'it says what stands a few lines below already',
  knownDefinition: 'it defines what this file defines already',
  repetition: 'it runs in circles',
  comment: 'it ends the comment or string that ends behind the cursor already',
  closer: 'it closes a bracket that is not open',
  header: 'it begins something whose body it does not write',
  scribble: 'it is a comment that says nothing',
  standsThere: 'it says what stands right of the cursor already',
};

/** @param isStillThere whether the cursor stands where the question was asked: nobody typed on */
export function explain(inquiry: Inquiry, { isStillThere = false } = {}): Explanation {
  const steps = inquiry.events.map(({ afterMs, event }) => ({ afterMs, text: stepText(event) }));
  const left = inquiry.events.find(({ event }) => event.kind === 'left');
  const last = left ?? inquiry.events.at(-1);
  if (last === undefined) {
    return { headline: 'The answer is on its way.', advice: [], steps };
  }
  const [headline, ...advice] =
    left !== undefined && isStillThere ? ofTakenBack(left.afterMs, inquiry) : verdict(last, inquiry);
  return { headline, advice, steps };
}

/** Why nothing is ever asked for in a document, whether or not VS Code asked. */
export function explainRefusal(refusal: Refusal): Reason {
  const [headline, ...advice] = refusals[refusal];
  return { headline, advice };
}

type Verdict = readonly [headline: string, ...advice: string[]];

function verdict({ afterMs, event }: NotedEvent, inquiry: Inquiry): Verdict {
  switch (event.kind) {
    case 'refused':
      return refusals[event.why as keyof typeof refusals];
    case 'shown':
      return [`A suggestion was shown after ${milliseconds(afterMs)}.`];
    case 'known':
      return ofKnown(event.suggestion);
    case 'answered':
      return event.outcome === null
        ? [
            'The engine gave no answer.',
            'Run *Hotset: Show Log* for the reason, or *Hotset: Restart Engine*.',
          ]
        : ofOutcome(event.outcome);
    case 'left':
      return ofLeft(afterMs, inquiry);
    default:
      return ['The answer is on its way.'];
  }
}

function ofKnown({ isOffered, text, emptiedBy, confidence }: Suggestion): Verdict {
  if (isOffered) return ['What is known here adds nothing to what stands there.', here];
  if (text !== '') return silent(text, confidence, null);
  return [
    `Nothing was left to show: ${emptiedBy === undefined ? 'all was trimmed' : rules[emptiedBy]}.`,
    here,
  ];
}

function ofOutcome(outcome: Outcome): Verdict {
  const { text, emptiedBy, confidence, threshold } = outcome;
  if (text === '')
    return [`Nothing was left to show: ${emptiedBy === null ? 'all was trimmed' : rules[emptiedBy]}.`];
  if (confidence !== null && confidence < threshold) return silent(text, confidence, threshold);
  return ['The answer came, and something else was shown or typed by then.'];
}

function silent(text: string, confidence: number | null, threshold: number | null): Verdict {
  const sure = confidence === null ? 'unsure' : `only ${percent(confidence)} sure`;
  const wanted = threshold === null ? '' : `; at least ${percent(threshold)} are asked for while typing`;
  return [
    `The model was ${sure} of its first line${wanted}, so it was not shown.`,
    `It would have said \`${firstLine(text)}\`.`,
    here,
    'The setting `hotset.minimumConfidence` says how sure it must be; 0 shows everything.',
  ];
}

/** Whoever types on gets no answer to what was asked before. */
function ofLeft(afterMs: number, { events }: Inquiry): Verdict {
  const asked = events.find(({ event }) => event.kind === 'asked' || event.kind === 'joined');
  if (asked === undefined) {
    return [
      `You typed on or left the place after ${milliseconds(afterMs)}, before the engine was asked.`,
      'It is asked once you pause; `hotset.debounceMilliseconds` is the longest wait.',
    ];
  }
  return [
    `Too slow: you typed on or left the place ${milliseconds(afterMs - asked.afterMs)} after the engine was asked, and it had not answered.`,
    'A smaller model or a GPU answers sooner: *Hotset: Choose a Model*.',
  ];
}

/** The engine goes on where VS Code no longer waits. */
function ofTakenBack(afterMs: number, { events }: Inquiry): Verdict {
  const answered = events.find(({ event }) => event.kind === 'answered');
  const isAsked = events.some(({ event }) => event.kind === 'asked' || event.kind === 'joined');
  const before = isAsked ? 'before the engine had answered' : 'before the engine was asked';
  const headline = `VS Code took its question back after ${milliseconds(afterMs)}, ${before}, as it does when the focus leaves the editor, for the palette too.`;
  if (answered?.event.kind !== 'answered' || answered.event.outcome === null) return [headline, here];
  const { outcome } = answered.event;
  const came = `The engine answered ${milliseconds(answered.afterMs)} after the question.`;
  if (isShowable(outcome)) return [headline, `${came} It says \`${firstLine(outcome.text)}\`.`, here];
  return [headline, came, ...ofOutcome(outcome)];
}

function isShowable({ text, confidence, threshold }: Outcome): boolean {
  return text !== '' && (confidence === null || confidence >= threshold);
}

function stepText(event: InquiryEvent): string {
  switch (event.kind) {
    case 'refused':
      return 'not asked for';
    case 'known':
      return 'known from an earlier answer: no request';
    case 'asked':
      return 'the engine was asked';
    case 'joined':
      return 'an earlier request may answer this too';
    case 'queued':
      return 'waiting for the engine to leave an earlier request';
    case 'answered':
      return event.outcome === null ? 'no answer' : outcomeText(event.outcome);
    case 'left':
      return 'you typed on or left the place, or VS Code took its question back';
    case 'shown':
      return `${String(event.characters)} characters were handed to the editor`;
  }
}

const endings: Record<Outcome['stopReason'], string> = {
  endOfText: 'ended by the model',
  maxTokens: 'ended by the limit of tokens',
  maxLines: 'ended by the limit of lines',
  maxTime: 'ended by the limit of time',
  contextFull: 'ended by a full context',
  trimmed: 'ended where the rest is cut off',
  cancelled: 'broken off',
};

function outcomeText({
  tokens,
  firstTokenMs,
  totalMs,
  promptTokens,
  cachedTokens,
  stopReason,
}: Outcome): string {
  return (
    `the engine answered: ${String(tokens)} ${tokens === 1 ? 'token' : 'tokens'} in ${milliseconds(totalMs)}, the first after ${milliseconds(firstTokenMs)}, ` +
    `${String(cachedTokens)} of ${String(promptTokens)} prompt tokens cached, ${endings[stopReason]}`
  );
}

function milliseconds(time: number): string {
  return `${time.toFixed(0)} ms`;
}

/** Thresholds are small: tenths of a percent tell them apart. */
function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`;
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]?.replaceAll('`', "'") ?? '';
}
