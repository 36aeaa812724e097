/** What is fuzzed for a while. */
import type fc from 'fast-check';

export interface Target {
  /** Fails by throwing. */
  readonly property: fc.IAsyncPropertyWithHooks<[unknown]> | fc.IAsyncPropertyWithHooks<unknown>;
  /** Ends what the target has started. */
  readonly close?: () => Promise<void>;
}

/** @throws Error with the line where `isSo` is false */
export function require(isSo: boolean, line: string): asserts isSo {
  if (!isSo) throw new Error(line);
}
