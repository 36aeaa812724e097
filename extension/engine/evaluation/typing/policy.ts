/** When a model is asked for what while somebody types: the thing that is compared. */
import type { AttendParams, LoadModelParams } from '../../../protocol/requests.ts';
import type { LoadModelTools } from '../../model/load-model.ts';
import type { Clock } from './clock.ts';
import type { Suggestion } from './typed-document.ts';

/** The text around the cursor, all of it, and whose it is. */
export type TypingPlace = Required<Omit<AttendParams, 'path' | 'folder' | 'told'>> & {
  readonly path: string;
};

export interface TypingPolicy {
  /** The model's name. */
  readonly model: string;
  /** The cursor is here now: after a key, in a document that was opened, or because the person went elsewhere in it. */
  attend(place: TypingPlace): void;
  /**
   * The editor's question after every key.
   * @param signal aborted: another key was typed, and nobody looks at the answer any more
   * @returns null: nothing to show
   */
  suggest(place: TypingPlace, signal: AbortSignal): Promise<Suggestion | null>;
  /** The suggestion is on the screen. */
  shown(place: TypingPlace, suggestion: Suggestion): void;
  /** Ends what runs and frees the model. */
  close(): Promise<void>;
}

export interface PolicyTools extends LoadModelTools {
  readonly load: LoadModelParams;
  readonly clock: Clock;
}

/** With a model that has seen nothing yet. @throws EngineError */
export type OpenPolicy = (tools: PolicyTools) => Promise<TypingPolicy>;
