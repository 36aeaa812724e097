/** A model that writes completions, token by token: nothing is drafted, so that each token is computed as its mode says. */
import { createHash } from 'node:crypto';
import type { NativeGeneration } from '../../addon.ts';
import { generate } from '../../completion/generate.ts';
import { EngineError } from '../../errors.ts';
import type { LoadedModel } from '../../model/load-model.ts';
import { chatCompletion, chatPrompt } from './chat-form.ts';
import { cutAtStops } from './stops.ts';
import { askedOf, type Form, type ProgramTask } from './task.ts';
import { TokenClock } from './token-clock.ts';
import type { Write, Written, WritingFigures } from './writer.ts';

export interface WritingOptions {
  readonly form: Form;
  readonly stops: readonly string[];
  /** 0: greedy. */
  readonly temperature: number;
  /** Of sampling. */
  readonly topP: number;
  readonly maxTokens: number;
  readonly seed: number;
}

/** @param signal aborted: the completion under way rejects with the signal's reason */
export function modelWriter(model: LoadedModel, options: WritingOptions, signal: AbortSignal): Write {
  const { native, description } = model;
  const { form, stops, temperature } = options;
  return async (task, sample) => {
    signal.throwIfAborted();
    const prompt = promptOf(model, task, form);
    if (prompt.length >= description.contextLength) throw tooLong(task, prompt, description.contextLength);
    const clock = new TokenClock();
    const sampling = {
      temperature,
      topK: 0,
      topP: temperature === 0 ? 1 : options.topP,
      minP: 0,
      seed: seedOf(options.seed, task, sample),
    };
    const limits = { maxTokens: options.maxTokens, maxLines: 0, maxMilliseconds: 0 };
    const { generation, isDone } = await generate(
      native,
      prompt,
      { ...limits, ...sampling, sequence: 'evaluation', draft: false },
      {
        signal,
        onText: () => {
          clock.tick();
        },
        isDone: (text) => cutAtStops(text, stops).isCut,
      },
    );
    signal.throwIfAborted();
    return written(generation, clock, { form, stops, isDone });
  };
}

function promptOf({ native, description }: LoadedModel, task: ProgramTask, form: Form): Int32Array {
  const { prompt } = askedOf(task, form);
  if (form === 'chat') return chatPrompt(native, prompt);
  const first = description.beginningOfSequence;
  return Int32Array.from([...(first === null ? [] : [first]), ...native.tokenize(prompt, false)]);
}

function tooLong({ id }: ProgramTask, prompt: Int32Array, context: number): EngineError {
  return new EngineError(
    'badInput',
    `the prompt of ${id} has ${prompt.length} tokens, the context ${context}: ask with a larger --context-length, or a model that was trained for longer texts`,
  );
}

/** Each sample of each task has its own, whatever was asked for before. */
function seedOf(seed: number, { id }: ProgramTask, sample: number): number {
  return createHash('sha256').update(`${seed}:${id}:${sample}`).digest().readUInt32BE(0);
}

interface Ending {
  readonly form: Form;
  readonly stops: readonly string[];
  readonly isDone: boolean;
}

function written(generation: NativeGeneration, clock: TokenClock, { form, stops, isDone }: Ending): Written {
  const { text } = cutAtStops(generation.text, stops);
  return {
    completion: form === 'chat' ? chatCompletion(text) : text,
    overlap: 0,
    end: isDone ? 'stop' : generation.stopReason,
    figures: figuresOf(generation, clock),
  };
}

function figuresOf(generation: NativeGeneration, clock: TokenClock): WritingFigures {
  const { promptTokens, tokens, prefillMs, decodeMs, activity, computed, recall, adapting } = generation;
  return {
    promptTokens,
    tokens: tokens.length,
    prefillMs: rounded(prefillMs, 1),
    decodeMs: rounded(decodeMs, 1),
    processorMs: rounded(clock.processorMs(), 1),
    tokenMs: clock.intervals.map((one) => rounded(one, 2)),
    activity,
    gates: computed,
    keptMass: recall,
    adapting,
    ...generation.drafts.sparse,
  };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
