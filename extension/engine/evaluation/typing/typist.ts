/**
 * Types files as a person would who reads every suggestion: one that is right is accepted with one key as soon as it was
 * read, as a whole or else its first line; of one that only begins right the right words are, with a key each; any other is typed
 * over. In real time, so that a policy has as long for its answers as people give it.
 */
import { asEngineError, type EngineError } from '../../errors.ts';
import { type Acceptance, Acceptances } from './acceptance.ts';
import type { Clock } from './clock.ts';
import { GhostText } from './ghost-text.ts';
import type { TypingPlace, TypingPolicy } from './policy.ts';
import type { Keystroke } from './rhythm.ts';
import { type Suggestion, TypedDocument } from './typed-document.ts';
import { keysBetween, keystrokesAt, type TypingFile } from './typing-file.ts';
import type { KeyRecord, TypingLog } from './typing-log.ts';
import type { WorkMeter } from './work-meter.ts';

/** Whoever waits for the first suggestion in a file waits no longer than this. */
const longestOpeningMs = 30_000;
/** Where nothing is suggested in a file just opened, so many keys are typed as soon as that is known. */
const mostOpeningKeys = 8;
export interface TypistTools {
  readonly policy: TypingPolicy;
  readonly meter: WorkMeter;
  readonly clock: Clock;
  readonly log: TypingLog;
  /** Ends typing; the log has what was typed until then. */
  readonly signal: AbortSignal;
  /** @param characters brought into the document since the last call */
  readonly onProgress: (characters: number) => void;
}

/** The key that was pressed last, and when. */
interface Pressed {
  readonly record: KeyRecord | null;
  readonly at: number;
}

/** Types one file. */
export class Typist {
  readonly #file: TypingFile;
  readonly #tools: TypistTools;
  readonly #document: TypedDocument;
  readonly #ghost = new GhostText();
  readonly #acceptances: Acceptances;
  #edit = 0;
  #pressed: Pressed;
  #request = new AbortController();
  #isAsking = false;
  /** When the file was opened, until the first suggestion in it. */
  #openedAt: number | null = null;
  #openingKeys = 0;
  /** When the visible suggestion came. */
  #cameAt = 0;
  #wake = new AbortController();
  #failure: EngineError | null = null;

  constructor(file: TypingFile, tools: TypistTools) {
    this.#file = file;
    this.#tools = tools;
    this.#document = new TypedDocument(file.text, file.edits);
    this.#acceptances = new Acceptances(this.#document);
    this.#pressed = { record: null, at: tools.clock.now() };
  }

  /** The document as it stands. */
  get text(): string {
    return this.#document.text;
  }

  /** @throws EngineError */
  async type(): Promise<void> {
    const { log, clock } = this.#tools;
    const start = clock.now();
    for (const [index, { edit, until }] of this.#file.stretches.entries()) {
      if (this.#isOver()) break;
      await (index === 0 ? this.#open(edit) : this.#jump(edit, index));
      await this.#typeUntil(until);
    }
    this.#leave();
    log.flickers += this.#ghost.flickers;
    log.seconds += (clock.now() - start) / 1_000;
  }

  #open(edit: number): Promise<void> {
    const { clock, meter } = this.#tools;
    this.#goTo(edit);
    meter.key = -1;
    this.#openedAt = clock.now();
    this.#ask();
    return Promise.resolve();
  }

  async #jump(edit: number, index: number): Promise<void> {
    const { clock, policy, signal } = this.#tools;
    const { findingMs, settlingMs } = this.#file.rhythm.jump(String(index));
    await clock.sleep(findingMs, signal);
    this.#leave();
    this.#goTo(edit);
    policy.attend(this.#place());
    await clock.sleep(settlingMs, signal);
    this.#pressed = { record: null, at: clock.now() };
  }

  #goTo(edit: number): void {
    this.#edit = edit;
    this.#document.goTo(edit);
    this.#pressed = { record: null, at: this.#tools.clock.now() };
  }

  /** Nobody looks at this place any more. */
  #leave(): void {
    this.#request.abort();
    this.#isAsking = false;
    this.#acceptances.end();
    this.#ghost.hide();
  }

  async #typeUntil(until: number): Promise<void> {
    while (this.#document.typed < until && !this.#isOver()) {
      const place = this.#document.typed;
      for (const keystroke of keystrokesAt(this.#file, this.#edit, place)) {
        const accepted = await this.#waitFor(keystroke.afterMs);
        if (this.#isOver()) return;
        if (accepted !== null) this.#accept(accepted);
        else this.#press(keystroke);
        if (accepted !== null) break;
      }
    }
  }

  /** @returns what is accepted before the next key is due; null: that key is pressed */
  async #waitFor(afterMs: number): Promise<Acceptance | null> {
    const { clock } = this.#tools;
    while (this.#isWaitingForFirst()) await this.#sleepUntil(clock.now() + longestOpeningMs);
    const due = this.#isOpening() ? clock.now() : this.#pressed.at + afterMs;
    for (;;) {
      if (this.#isOver()) return null;
      const { acceptance, at } = this.#acceptance(due);
      if (acceptance !== null && clock.now() >= at) return acceptance;
      if (acceptance === null && clock.now() >= due) return null;
      await this.#sleepUntil(at);
    }
  }

  /** @returns what is accepted if nothing else comes, and when; null: the next key is due then */
  #acceptance(due: number): { readonly acceptance: Acceptance | null; readonly at: number } {
    const { rhythm } = this.#file;
    const place = `${String(this.#edit)}:${String(this.#document.typed)}`;
    const { visible } = this.#ghost;
    const next = this.#acceptances.goOn(visible);
    if (next !== null) return { acceptance: next, at: this.#pressed.at + rhythm.stepMs(place) };
    const acceptance = this.#acceptances.choose(visible);
    const readAt = this.#cameAt + rhythm.reactionMs(place);
    return acceptance === null || readAt > due ? { acceptance: null, at: due } : { acceptance, at: readAt };
  }

  #isOpening(): boolean {
    return this.#openedAt !== null && this.#openingKeys < mostOpeningKeys;
  }

  #isWaitingForFirst(): boolean {
    const waitedMs = this.#tools.clock.now() - (this.#openedAt ?? 0);
    return this.#isOpening() && this.#isAsking && !this.#isOver() && waitedMs < longestOpeningMs;
  }

  #accept(acceptance: Acceptance): void {
    const place = this.#document.typed;
    this.#acceptances.take(acceptance, this.#ghost.visible);
    this.#beginKey();
    this.#document.accept(acceptance);
    this.#ghost.type(acceptance.text, -acceptance.overlap);
    this.#cameAt = this.#tools.clock.now();
    this.#logAcceptance(acceptance, place);
    this.#wrote(place);
    this.#endKey();
  }

  #logAcceptance({ kind, text }: Acceptance, place: number): void {
    const { log } = this.#tools;
    if (kind === 'whole') log.accepted++;
    else if (kind === 'line') log.acceptedLines++;
    else {
      log.acceptedSteps++;
      log.savedBySteps += keysBetween(this.#file, this.#edit, place, place + text.length).length - 1;
    }
  }

  #press(keystroke: Keystroke): void {
    this.#acceptances.end();
    this.#beginKey();
    const place = this.#document.typed;
    if (keystroke.kind === 'backspace') {
      this.#document.takeBack();
      this.#ghost.hide();
    } else if (keystroke.kind === 'wrong') {
      this.#document.slip(keystroke.text);
      this.#ghost.type(keystroke.text, 0);
    } else {
      this.#ghost.type(keystroke.text, this.#document.type(keystroke.text));
    }
    this.#wrote(place);
    this.#endKey();
  }

  #beginKey(): void {
    const { log, meter, clock } = this.#tools;
    const record = { shownAfterMs: null, stood: false, isOpening: this.#isOpening() };
    if (record.isOpening) this.#openingKeys++;
    log.keys.push(record);
    meter.key = log.keys.length - 1;
    this.#pressed = { record, at: clock.now() };
  }

  #endKey(): void {
    const { record } = this.#pressed;
    if (record !== null && this.#ghost.visible !== null) {
      record.shownAfterMs = 0;
      record.stood = true;
    }
    this.#ask();
  }

  /** @param from where in the edit the cursor was before */
  #wrote(from: number): void {
    const { log, onProgress } = this.#tools;
    const { typed } = this.#document;
    log.keysWithout += keysBetween(this.#file, this.#edit, from, typed).length;
    log.characters += typed - from;
    onProgress(typed - from);
  }

  /** The editor asks after every key, and looks no more for what it asked before. */
  #ask(): void {
    this.#request.abort();
    const request = new AbortController();
    this.#request = request;
    this.#isAsking = true;
    const { policy } = this.#tools;
    const place = this.#place();
    policy.attend(place);
    policy.suggest(place, request.signal).then(
      (suggestion) => {
        if (!request.signal.aborted) this.#answer(place, suggestion);
      },
      (failure: unknown) => {
        this.#failure ??= asEngineError(failure);
        this.#wakeUp();
      },
    );
  }

  #answer(place: TypingPlace, suggestion: Suggestion | null): void {
    const isNew = this.#ghost.answer(suggestion);
    this.#isAsking = false;
    const { visible } = this.#ghost;
    if (visible !== null) this.#see(place, visible, isNew);
    this.#wakeUp();
  }

  #see(place: TypingPlace, visible: Suggestion, isNew: boolean): void {
    const { clock, log, meter, policy } = this.#tools;
    const now = clock.now();
    policy.shown(place, visible);
    meter.shown(visible);
    const { record, at } = this.#pressed;
    if (record !== null) record.shownAfterMs ??= now - at;
    if (this.#openedAt !== null) this.#seeFirst(now - this.#openedAt);
    if (!isNew) return;
    this.#cameAt = now;
    log.shown++;
    if (this.#document.isFirstLineRight(visible)) log.rightFirstLines++;
  }

  /** From here on the person types at their own speed. */
  #seeFirst(afterMs: number): void {
    this.#tools.log.firstMs.push(afterMs);
    this.#openedAt = null;
    this.#pressed = { record: null, at: this.#tools.clock.now() };
  }

  #place(): TypingPlace {
    const { path, languageId } = this.#file;
    const { prefix, suffix } = this.#document;
    return { prefix, suffix, path, document: path, languageId, isPrefixWhole: true, isSuffixWhole: true };
  }

  /** @throws EngineError */
  #isOver(): boolean {
    if (this.#failure !== null) throw this.#failure;
    return this.#tools.signal.aborted;
  }

  /** Or until an answer comes. */
  async #sleepUntil(time: number): Promise<void> {
    const { clock, signal } = this.#tools;
    this.#wake = new AbortController();
    await clock.sleep(time - clock.now(), AbortSignal.any([this.#wake.signal, signal]));
  }

  #wakeUp(): void {
    this.#wake.abort();
  }
}
