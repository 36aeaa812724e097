/** What a log of typing comes to; docs/evaluation.md says what each figure means. */
import { quantile } from '../../benchmark/statistics.ts';
import type { KeyRecord, TypingLog } from './typing-log.ts';
import type { RequestFigures, Work } from './work-meter.ts';

/** Times in milliseconds, shares between 0 and 1; null where there was nothing to measure. */
export interface PolicyFigures extends RequestFigures {
  readonly name: string;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /** Without keys that a suggestion stood through. */
  readonly freshP50Ms: number | null;
  readonly freshP95Ms: number | null;
  readonly firstMs: number | null;
  /** Medians. */
  readonly prefilledTokensPerKey: number;
  readonly decodedTokensPerKey: number;
  readonly prefilledTokensPerKeyMean: number;
  readonly decodedTokensPerKeyMean: number;
  /** Prefilled while nothing was asked for, mean. */
  readonly aheadTokensPerKeyMean: number;
  readonly shownShare: number;
  readonly keystrokesSaved: number;
  /** Had nothing been accepted word by word. */
  readonly keystrokesSavedByLines: number;
  readonly rightFirstLines: number | null;
  readonly thrownAwayShare: number | null;
  readonly flickersPer100Keys: number;
  readonly keys: number;
  readonly keysWithout: number;
  readonly shown: number;
  readonly accepted: number;
  readonly acceptedLines: number;
  readonly acceptedSteps: number;
  readonly characters: number;
  readonly seconds: number;
}

export interface MeasuredWork {
  readonly requests: RequestFigures;
  readonly perKey: readonly Work[];
  readonly thrownAwayShare: number | null;
}

export function figuresOf(name: string, log: TypingLog, work: MeasuredWork): PolicyFigures {
  const keys = log.keys.filter(({ isOpening }) => !isOpening);
  const shown = keys.filter(({ shownAfterMs }) => shownAfterMs !== null);
  const fresh = shown.filter(({ stood }) => !stood);
  const perKey = work.perKey.filter((_, index) => log.keys[index]?.isOpening === false);
  const prefilled = perKey.map((one) => one.prefilled);
  const decoded = perKey.map((one) => one.decoded);
  return {
    name,
    p50Ms: delay(shown, 0.5),
    p95Ms: delay(shown, 0.95),
    freshP50Ms: delay(fresh, 0.5),
    freshP95Ms: delay(fresh, 0.95),
    firstMs: at(log.firstMs, 0.5),
    prefilledTokensPerKey: at(prefilled, 0.5) ?? 0,
    decodedTokensPerKey: at(decoded, 0.5) ?? 0,
    prefilledTokensPerKeyMean: mean(prefilled),
    decodedTokensPerKeyMean: mean(decoded),
    aheadTokensPerKeyMean: mean(perKey.map((one) => one.ahead)),
    shownShare: share(shown.length, keys.length) ?? 0,
    keystrokesSaved: saved(log.keys.length, log),
    keystrokesSavedByLines: saved(log.keys.length + log.savedBySteps, log),
    rightFirstLines: share(log.rightFirstLines, log.shown),
    thrownAwayShare: work.thrownAwayShare,
    flickersPer100Keys: (share(log.flickers, log.keys.length) ?? 0) * 100,
    ...work.requests,
    keys: log.keys.length,
    keysWithout: log.keysWithout,
    shown: log.shown,
    accepted: log.accepted,
    acceptedLines: log.acceptedLines,
    acceptedSteps: log.acceptedSteps,
    characters: log.characters,
    seconds: log.seconds,
  };
}

function saved(keys: number, { keysWithout }: TypingLog): number {
  return 1 - (share(keys, keysWithout) ?? 1);
}

function delay(keys: readonly KeyRecord[], quantileShare: number): number | null {
  return at(
    keys.map(({ shownAfterMs }) => shownAfterMs ?? 0),
    quantileShare,
  );
}

function at(values: readonly number[], quantileShare: number): number | null {
  if (values.length === 0) return null;
  return quantile(
    values.toSorted((left, right) => left - right),
    quantileShare,
  );
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
