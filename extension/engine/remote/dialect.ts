/** How a kind of server is asked, and how its answers are read. */
import type { NativeGenerateOptions } from '../addon.ts';
import type { Framing } from './framing.ts';
import type { TextPrompt } from './text-tokens.ts';
import type { ServerRequest } from './transport.ts';

/** What a server says at a time. */
export interface Piece {
  readonly text: string;
  /** Natural logarithm of the text's probability, mostly one token's; null: the server tells none. */
  readonly logProbability: number | null;
  /** Why it ends here; null: more comes. */
  readonly end: 'endOfText' | 'maxTokens' | null;
  /** null: not told. */
  readonly promptTokens: number | null;
  readonly cachedTokens: number | null;
}

export type Sampling = Pick<
  NativeGenerateOptions,
  'maxTokens' | 'maxMilliseconds' | 'temperature' | 'topK' | 'topP' | 'minP' | 'seed'
>;

/**
 * A short question, answered in JSON.
 * @returns undefined for an answer that is none
 * @throws Error where there is none
 */
export type Consult = (request: ServerRequest) => Promise<unknown>;

export interface Dialect {
  /** The model's name. */
  readonly model: string;
  /** Tokens; null: not told. */
  readonly contextLength: number | null;
  readonly framing: Framing;
  /** Whether it takes stretches of other files. */
  readonly readsOtherFiles: boolean;
  /** @param consult for what has to be asked before */
  readonly ask: (prompt: TextPrompt, sampling: Sampling, consult: Consult) => Promise<ServerRequest>;
  /** @returns null for what tells nothing. @throws Error for what is no answer */
  readonly read: (event: unknown) => Piece | null;
  /**
   * The server refused a request: another way to ask it the same.
   * @param message the server's own
   * @returns null where there is none
   */
  readonly otherwise: (status: number, message: string) => Dialect | null;
}
