/** The prompts of one model: a document's anchor is kept while it fits, and moved where that costs nobody any time. */
import { LRUCache } from 'lru-cache';
import type { CompleteParams } from '../../../protocol/requests.ts';
import type { NativeDescription, NativeModel } from '../../addon.ts';
import { anchorOf, textBehind, withoutClosers } from './anchor.ts';
import { commonLength, DocumentState, type Sequence, type WrittenAnchor } from './document-state.ts';
import {
  controlTokens,
  type Extras,
  joined,
  promptHead,
  type Tokenize,
  type Vocabulary,
} from './fim-prompt.ts';
import { pathHeader } from './path-header.ts';
import { cutToBudget, type CountTokens, keepStart, type PromptWindow } from './prompt-budget.ts';
import { defaultForm, type PromptForm } from './prompt-form.ts';

export interface PromptSource {
  readonly native: Pick<NativeModel, 'tokenize' | 'tokenizeHealed'>;
  readonly description: Vocabulary & Pick<NativeDescription, 'contextLength'>;
  readonly count: CountTokens;
  /** The model's own when left out. */
  readonly form?: PromptForm;
}

/** The text around a cursor, the path of its file and the document it is in, where these are known. */
export interface PromptText extends Pick<CompleteParams, 'prefix' | 'suffix' | 'path' | 'document'> {
  /** What a prompt of no document tells of other files; a document's is {@link DocumentPrompts.tell}'s. */
  readonly context?: Int32Array;
}

export interface Prompt {
  readonly tokens: Int32Array;
  /** The end of the text left of the cursor, which the answer must begin with. */
  readonly held: Uint8Array;
  /** Where its keys and values are kept; null: of no document. */
  readonly sequence: Sequence | null;
  /** How many of the tokens are not computed yet, as far as is known. */
  readonly freshTokens: number;
  /** Cut to what can be computed soon: the next one may tell more. */
  readonly isShort: boolean;
}

export interface DocumentPrompt extends Prompt {
  readonly sequence: Sequence;
}

/** What a model's cache holds after a call. */
export interface CacheReport {
  /** Tokens by the name of the sequence; none of those that are not named. */
  readonly held: Readonly<Record<string, number>>;
  /** The prompt's sequence holds what was computed of this prompt, and not what it held before. */
  readonly isBegun: boolean;
}

/** A prompt as text alone decides it. */
type Written = Pick<Prompt, 'tokens' | 'held'>;

interface WrittenExtras extends Extras {
  readonly context: Int32Array;
}

/** A new anchor, and the prompt it makes. */
interface Fresh extends Written {
  readonly anchor: WrittenAnchor;
}

/** So much of the context is kept free at least: requests for more or fewer tokens then share their prompt's start. */
const reservedParts = 8;
/** Of what remains, a document's new anchor leaves one part in so many to what will be typed. */
const growthParts = 8;
/** Of the prompt, one part in so many may be the path: in a context so short, the code matters more. */
const headerParts = 4;
/** Of what can be computed soon, one part in so many is the suffix, where the text above is computed already. */
const shortSuffixParts = 4;
/** Should pieces of text tokenise to less than the whole, the window is cut again with so much less. */
const shrink = 0.9;
/** More documents than anybody writes in at a time. */
const mostDocuments = 16;
const noContext = new Int32Array(0);

export class DocumentPrompts {
  readonly #source: PromptSource;
  readonly #form: PromptForm;
  readonly #documents = new LRUCache<string, DocumentState>({
    max: mostDocuments,
    memoMethod: (document) => new DocumentState(document),
  });

  constructor(source: PromptSource) {
    const { form, description } = source;
    this.#source = source;
    this.#form =
      description.fim === null ? { kind: 'spm', isHealed: true } : (form ?? defaultForm(description.fim));
  }

  /** Whether the next prompt to compute ahead is a new one, which may as well tell of other files as they are now. */
  wantsContext(text: PromptText, maxTokens: number): boolean {
    if (text.document === undefined) return false;
    const state = this.#stateOf(text.document);
    return state.context === null || this.#lastingOf(text, state, this.#roomFor(maxTokens)) === null;
  }

  /**
   * What a document's prompts tell of other files. It comes first, so that all of a prompt is computed again where it
   * changes: answers come from the anchors that there are, until {@link nextFor} has made one with it.
   */
  tell(document: string, context: Int32Array): void {
    const state = this.#stateOf(document);
    if (state.context === null || !isSame(state.context, context)) state.context = context;
  }

  /**
   * The prompt to answer from now: from the document's anchor while that fits, else from as much of the text as can be
   * computed soon. Leaves room for `maxTokens` in the context.
   * @param affordable tokens that may be computed before the answer; only a document's prompts are cut for it
   * @returns at most `contextLength - maxTokens` tokens; the same prompt for every `maxTokens` up to an eighth of the context
   */
  promptFor(text: PromptText, maxTokens: number, affordable = Infinity): Prompt {
    const room = this.#roomFor(maxTokens);
    if (text.document === undefined) {
      const { tokens, held } = this.#whole(text, room, room, text.context ?? noContext);
      return { tokens, held, sequence: null, freshTokens: tokens.length, isShort: false };
    }
    const state = this.#stateOf(text.document);
    return this.#soon(text, state, room, affordable) ?? this.#anchoredAnew(text, state, room, affordable);
  }

  /**
   * What to compute for a place while nothing is asked for, so that the next answer there comes soon and from all that the
   * context has room for.
   * @returns null where that is computed, and for text of no document
   */
  nextFor(text: PromptText, maxTokens: number): DocumentPrompt | null {
    const room = this.#roomFor(maxTokens);
    if (text.document === undefined) return null;
    const state = this.#stateOf(text.document);
    const prompt =
      this.#lastingOf(text, state, room) ??
      adopted(state, state.next, this.#whole(text, room, leavingGrowth(room), contextOf(state)));
    return prompt.freshTokens > 1 ? prompt : null;
  }

  /** From the better one of the anchors that fit the text and can be answered from soon. */
  #soon(text: PromptText, state: DocumentState, room: number, affordable: number): DocumentPrompt | null {
    const { current, next, isNextBetter } = state;
    for (const sequence of isNextBetter ? [next, current] : [current, next]) {
      const kept = this.#kept(text, state, sequence, room);
      const isShort = sequence === current && current.anchor?.isShort === true;
      if (kept === null || (kept.freshTokens > affordable && !isShort)) continue;
      if (sequence === next) state.advance();
      return kept;
    }
    return null;
  }

  /** Takes down what the model told of its cache after it was asked for `prompt`; documents share the room there. */
  record({ tokens, sequence }: Prompt, { held, isBegun }: CacheReport): void {
    if (sequence !== null) {
      const length = isBegun ? tokens.length : commonLength(sequence.computed, tokens);
      sequence.computed = tokens.subarray(0, length);
    }
    for (const { current, next } of this.#documents.values()) {
      for (const each of [current, next]) each.computed = each.computed.subarray(0, held[each.name] ?? 0);
    }
  }

  /** Asking for `prompt` failed: who knows what is left of it. */
  recordFailure({ sequence }: Prompt): void {
    if (sequence !== null) sequence.computed = new Int32Array(0);
  }

  /** The prompt from a sequence's anchor; null where that does not fit the text, or the prompt not the context. */
  #kept(text: PromptText, state: DocumentState, sequence: Sequence, room: number): DocumentPrompt | null {
    const { anchor } = sequence;
    const recent = anchor === null ? null : textBehind(anchor, { ...text, suffix: this.#shown(text) });
    if (anchor === null || recent === null) return null;
    const prompt = this.#behind(anchor.head, recent);
    if (prompt.tokens.length > room) return null;
    return { ...prompt, sequence, freshTokens: state.freshTokens(prompt.tokens), isShort: anchor.isShort };
  }

  #lastingOf(text: PromptText, state: DocumentState, room: number): DocumentPrompt | null {
    return this.#lasting(text, state, state.current, room) ?? this.#lasting(text, state, state.next, room);
  }

  /** The same, where the anchor will do for a good deal more of typing and tells of other files what is to be told. */
  #lasting(text: PromptText, state: DocumentState, sequence: Sequence, room: number): DocumentPrompt | null {
    const kept = this.#kept(text, state, sequence, room);
    const enough = (leavingGrowth(room) + room) / 2;
    const { anchor } = sequence;
    if (anchor?.isShort !== false || anchor.context !== contextOf(state)) return null;
    return kept !== null && kept.tokens.length <= enough ? kept : null;
  }

  #anchoredAnew(text: PromptText, state: DocumentState, room: number, affordable: number): Prompt {
    const whole = this.#whole(text, room, leavingGrowth(room), contextOf(state));
    const shortBelow = () => this.#shortBelow(text, whole, room, Math.floor(affordable / shortSuffixParts));
    for (const make of [() => whole, shortBelow]) {
      const made = make();
      const isSoon = state.freshTokens(made.tokens) <= affordable;
      if (isSoon) return adopted(state, state.nearest(made.tokens), made);
    }
    const short = this.#whole(text, room, Math.min(affordable, leavingGrowth(room)), noContext);
    // Beside what is computed of the whole.
    if (state.nearest(whole.tokens) === state.current) state.advance();
    return adopted(state, state.current, { ...short, anchor: { ...short.anchor, isShort: true } });
  }

  /** From as much of the text as `budget` tokens tell behind the context. */
  #whole(text: PromptText, room: number, budget: number, context: Int32Array): Fresh {
    const header = this.#headerTokens(text.path ?? null, room);
    let left = Math.max(0, Math.floor(budget) - controlTokens - header.length - context.length);
    for (;;) {
      const window = cutToBudget(text.prefix, this.#shown(text), left, this.#source.count);
      const fresh = this.#written(text, window, { header, context });
      if (fresh.tokens.length <= room || left === 0) return fresh;
      left = Math.floor(left * shrink);
    }
  }

  /** The same with less of the suffix: what stands above the cursor is often computed already. */
  #shortBelow(text: PromptText, { anchor }: Fresh, room: number, suffixBudget: number): Fresh {
    const window = {
      prefix: text.prefix.slice(anchor.start),
      suffix: keepStart(anchor.suffix, suffixBudget, this.#source.count),
    };
    const header = this.#headerTokens(text.path ?? null, room);
    const fresh = this.#written(text, window, { header, context: anchor.context });
    return { ...fresh, anchor: { ...fresh.anchor, isShort: true } };
  }

  #written(text: PromptText, window: PromptWindow, extras: WrittenExtras): Fresh {
    const anchor = anchorOf({ ...text, suffix: this.#shown(text) }, window, this.#form);
    const { description } = this.#source;
    const head = promptHead(anchor, description, this.#tokenize, extras);
    const recent = window.prefix.slice(anchor.above.length);
    const { context } = extras;
    return { anchor: { ...anchor, head, context, isShort: false }, ...this.#behind(head, recent) };
  }

  /** @param recent the text from the anchor to the cursor */
  #behind(head: Int32Array, recent: string): Written {
    if (this.#form.kind === 'psm' || !this.#form.isHealed) {
      return { tokens: joined(head, this.#tokenize(recent)), held: new Uint8Array(0) };
    }
    const { tokens, held } = this.#source.native.tokenizeHealed(recent);
    return { tokens: joined(head, tokens), held };
  }

  /** What the model is told of the suffix. */
  #shown({ suffix }: PromptText): string {
    if (this.#source.description.fim === null) return '';
    return this.#form.kind === 'spm' ? suffix : withoutClosers(suffix);
  }

  /** Whole or not at all: half a path names another file. */
  #headerTokens(path: string | null, room: number): ArrayLike<number> {
    const { fim } = this.#source.description;
    if (fim?.order !== 'spm' || !fim.path || path === null) return [];
    const tokens = this.#tokenize(pathHeader(path));
    return tokens.length <= room / headerParts ? tokens : [];
  }

  readonly #tokenize: Tokenize = (text) => this.#source.native.tokenize(text, false);

  #roomFor(maxTokens: number): number {
    const { contextLength } = this.#source.description;
    return contextLength - Math.max(maxTokens, Math.floor(contextLength / reservedParts));
  }

  #stateOf(document: string): DocumentState {
    return this.#documents.memo(document);
  }
}

function leavingGrowth(room: number): number {
  return room - Math.floor(room / growthParts);
}

function contextOf({ context }: DocumentState): Int32Array {
  return context ?? noContext;
}

function isSame(one: Int32Array, other: Int32Array): boolean {
  return one.length === other.length && one.every((token, index) => token === other[index]);
}

function adopted(state: DocumentState, sequence: Sequence, { anchor, tokens, held }: Fresh): DocumentPrompt {
  state.adopt(sequence, anchor);
  return { tokens, held, sequence, freshTokens: state.freshTokens(tokens), isShort: anchor.isShort };
}
