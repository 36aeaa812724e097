/** One request to llama-server's `/infill`, as the server answers llama.vscode's, by this engine. */
import { generate } from '../../../../completion/generate.ts';
import type { LoadedModel } from '../../../../model/load-model.ts';
import type { Clock } from '../../clock.ts';
import { infillingPrompt } from '../line-window.ts';

export interface InfillRequest {
  /** Whole lines above the cursor's. */
  readonly prefix: string;
  /** The cursor's line, left of the cursor. */
  readonly prompt: string;
  readonly suffix: string;
  /** Characters of indentation that a new line must have. */
  readonly indentation: number;
}

export type Infill = (request: InfillRequest) => Promise<string>;

const mostTokens = 128;
const mostMilliseconds = 500;
/** Of the presets for models of this size. */
const batch = 1_024;
const mostPrefixTokens = (batch * 3) / 4;
const mostSuffixTokens = batch / 4;
/**
 * The server moves keys and values along where the prefix's start moves by a line, in runs of at least so many tokens. This engine
 * does not, so the start moves in steps of as many.
 */
const reusedRun = 256;
/** The server's names for what it is not told. */
const repository = { token: '<|repo_name|>', name: 'myproject\n' };
const file = { token: '<|file_sep|>', name: 'filename\n' };
/** One choice instead of the three that the extension asks for: the others are not looked at before the first is refused. */
const options = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  seed: 0,
  maxTokens: mostTokens,
  maxLines: 0,
  maxMilliseconds: 0,
};

export function infillWith(model: LoadedModel, clock: Clock): Infill {
  const tokenize = (text: string) => [...model.native.tokenize(text, false)];
  const front = [...named(model, repository), ...named(model, file)];
  return async (request) => {
    const prompt = tokenize(request.prompt);
    const prefix = [...lastTokens(tokenize(request.prefix), mostPrefixTokens), ...prompt];
    const suffix = tokenize(request.suffix).slice(0, Math.max(0, mostSuffixTokens - 2 - prompt.length));
    const limit = new TimeLimit(clock);
    const { generation } = await generate(
      model.native,
      infillingPrompt(model.description, front, prefix, suffix),
      options,
      {
        // The extension calls no request off.
        signal: new AbortController().signal,
        onText: () => undefined,
        isDone: (text) => limit.isReached(text) || indentedPart(text, request.indentation) !== text,
      },
    );
    return indentedPart(generation.text, request.indentation);
  };
}

/** Nothing where the vocabulary has no such token. */
function named({ native }: LoadedModel, { token, name }: typeof file): number[] {
  const tokens = native.tokenize(token, true);
  return tokens.length === 1 ? [...tokens, ...native.tokenize(name, false)] : [];
}

function lastTokens(tokens: readonly number[], most: number): readonly number[] {
  const surplus = tokens.length - most;
  return surplus <= 0 ? tokens : tokens.slice(Math.ceil(surplus / reusedRun) * reusedRun);
}

/** Half a second from the first token on, and only once there is a line feed. */
export class TimeLimit {
  readonly #clock: Clock;
  #startedAt: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isReached(text: string): boolean {
    this.#startedAt ??= this.#clock.now();
    return text.includes('\n') && this.#clock.now() - this.#startedAt > mostMilliseconds;
  }
}

/** Up to the first line, other than the cursor's own, that is indented less; its blanks stay. */
export function indentedPart(text: string, indentation: number): string {
  for (const { 0: line, index } of text.matchAll(/(?<=\n)[ \t]*(?=[^ \t])/g)) {
    if (line.length < indentation) return text.slice(0, index + line.length);
  }
  return text;
}
