/** One of several texts that a model goes on with at once, seen as if it were a model by itself. */
import type { NativeGenerateOptions, NativeModel } from '../../addon.ts';
import type { LoadedModel } from '../../model/load-model.ts';
import type { PromptShelf } from './prompt-shelf.ts';

/**
 * @param parallel texts that go on at once
 * @param shelf of prompts that are computed once for all models of one file; null: each computes its own
 * @returns none where `parallel` is one
 */
export function lanesOf(model: LoadedModel, parallel: number, shelf: PromptShelf | null): LoadedModel[] {
  if (parallel < 2) return [];
  return Array.from({ length: parallel + waiting }, () => ({
    ...model,
    native: laneOf(model.native, shelf),
  }));
}

/** Texts that wait, so that no place in a pass is empty while tests run or a prompt is written. */
const waiting = 2;

/** One generation at a time, which alone is ended by `cancel`. */
function laneOf(native: NativeModel, shelf: PromptShelf | null): NativeModel {
  let cancelRunning: () => void = () => undefined;
  return {
    describe: () => native.describe(),
    tokenize: (text, parseSpecial) => native.tokenize(text, parseSpecial),
    tokenizeHealed: (text) => native.tokenizeHealed(text),
    detokenize: (tokens) => native.detokenize(tokens),
    generate: (prompt, options: NativeGenerateOptions, onText) => {
      const { generation, cancel } = native.generateTogether(prompt, shelved(prompt, options, shelf), onText);
      cancelRunning = cancel;
      return generation.then(({ keptPrompt, ...rest }) => {
        if (keptPrompt) shelf?.put(prompt, keptPrompt);
        return rest;
      });
    },
    cancel: () => {
      cancelRunning();
    },
    generateTogether: (prompt, options, onText) => native.generateTogether(prompt, options, onText),
    prefill: (prompt, options) => native.prefill(prompt, options),
    passMilliseconds: (prompt, counts, rounds) => native.passMilliseconds(prompt, counts, rounds),
    logits: (tokens) => native.logits(tokens),
    takeStatistics: () => native.takeStatistics(),
    takeTrace: () => native.takeTrace(),
    dispose: () => {
      native.dispose();
    },
    release: () => native.release(),
  };
}

function shelved(
  prompt: Int32Array,
  options: NativeGenerateOptions,
  shelf: PromptShelf | null,
): NativeGenerateOptions {
  const keptPrompt = shelf?.of(prompt);
  if (keptPrompt !== undefined) return { ...options, keptPrompt };
  return { ...options, keepPrompt: shelf?.hasRoom === true };
}
