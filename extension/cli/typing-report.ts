/** What `hotset evaluate typing` found, for people. */
import type { TypingEvaluation } from '../engine/evaluation/typing/evaluate-typing.ts';
import type { PolicyFigures } from '../engine/evaluation/typing/measures.ts';
import { table } from './table.ts';

type Row = readonly [heading: string, cell: (figures: PolicyFigures) => string];

const rows: readonly Row[] = [
  ['keystroke to ghost text, median ms', ({ p50Ms }) => milliseconds(p50Ms)],
  ['  95% within, ms', ({ p95Ms }) => milliseconds(p95Ms)],
  ['  what had to be asked for, median ms', ({ freshP50Ms }) => milliseconds(freshP50Ms)],
  ['  95% within, ms', ({ freshP95Ms }) => milliseconds(freshP95Ms)],
  ['first in a file just opened, ms', ({ firstMs }) => milliseconds(firstMs)],
  ['keystrokes with ghost text', ({ shownShare }) => percent(shownShare)],
  ['keystrokes saved', ({ keystrokesSaved }) => percent(keystrokesSaved)],
  ['  nothing accepted word by word', (figures) => percent(figures.keystrokesSavedByLines)],
  ['right first lines', ({ rightFirstLines }) => percent(rightFirstLines)],
  ['flickers in 100 keystrokes', ({ flickersPer100Keys }) => flickersPer100Keys.toFixed(1)],
  ['tokens prefilled a keystroke, median', (figures) => figures.prefilledTokensPerKey.toFixed(1)],
  ['  mean', (figures) => figures.prefilledTokensPerKeyMean.toFixed(1)],
  ['  while nothing was asked for, mean', (figures) => figures.aheadTokensPerKeyMean.toFixed(1)],
  ['tokens decoded a keystroke, median', (figures) => figures.decodedTokensPerKey.toFixed(1)],
  ['  mean', (figures) => figures.decodedTokensPerKeyMean.toFixed(1)],
  ['thrown away of what was computed', ({ thrownAwayShare }) => percent(thrownAwayShare)],
  ['requests', ({ requests }) => String(requests)],
  ['  called off before the first token', ({ cancelledRequests }) => String(cancelledRequests)],
  ['  prefill of the others, mean ms', (figures) => milliseconds(figures.prefillMsPerRequest)],
  ['  decoding, mean ms', (figures) => milliseconds(figures.decodeMsPerRequest)],
  ['suggestions shown', ({ shown }) => String(shown)],
  ['  accepted, whole', ({ accepted }) => String(accepted)],
  ['  accepted, a line', ({ acceptedLines }) => String(acceptedLines)],
  ['  accepted, words and signs', ({ acceptedSteps }) => String(acceptedSteps)],
  ['keystrokes', ({ keys }) => String(keys)],
  ['  without suggestions', ({ keysWithout }) => String(keysWithout)],
  ['seconds', ({ seconds }) => seconds.toFixed(0)],
];

export function typingText({ model, secondsWithout, policies }: TypingEvaluation): string {
  const headings = ['', ...policies.map(({ name }) => name)];
  return [
    `${model}; typed without suggestions, all of it takes ${secondsWithout.toFixed(0)} s`,
    table([headings, ...rows.map(([heading, cell]) => [heading, ...policies.map(cell)])]),
  ].join('\n\n');
}

function milliseconds(value: number | null): string {
  return value === null ? '–' : value.toFixed(0);
}

function percent(share: number | null): string {
  return share === null ? '–' : `${(share * 100).toFixed(1)}%`;
}
