/**
 * All of the extension but the editor: the scheduler, what keeps the engine running, and the real engine process, asked
 * as VS Code asks, which calls off its question at every key.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineProcess } from '../../extension/host/engine/engine-process.ts';
import { EngineSupervisor } from '../../extension/host/engine/engine-supervisor.ts';
import type { CompleteResult, LoadModelParams, LogParams } from '../../extension/protocol/requests.ts';
import { CompletionScheduler } from '../../extension/scheduling/completion-scheduler.ts';
import type { Suggestion } from '../../extension/scheduling/place.ts';
import type { Person } from './person.ts';
import { Witness } from './shown-check.ts';

/** As they come, but that every key asks and everything is shown. */
const settings = { debounceMs: 0, maxLines: 8, minimumConfidence: 0 };
const usualTokens = 64;

export interface DeskOptions {
  readonly person: Person;
  /** Of the engine process. */
  readonly script: string;
  readonly load: LoadModelParams;
  /** Longest completion; as the setting when left out. */
  readonly maxTokens?: number;
  readonly onLog?: (line: LogParams) => void;
  /** Told of each answer of the engine's, and the milliseconds that it took. */
  readonly onAnswer?: (result: CompleteResult, milliseconds: number) => void;
}

export class Desk {
  readonly supervisor: EngineSupervisor;
  readonly witness: Witness;
  readonly scheduler: CompletionScheduler;
  /** Processes that were started so far. */
  started = 0;
  shown = 0;
  /** Of what was shown, what no answer had said for the text that stood there. */
  stale = 0;
  readonly #person: Person;
  readonly #folder = mkdtempSync(join(tmpdir(), 'hotset-desk-'));
  #question = new AbortController();

  constructor({ person, script, load, maxTokens = usualTokens, onLog, onAnswer }: DeskOptions) {
    this.#person = person;
    this.supervisor = new EngineSupervisor({
      spawn: (events) => {
        this.started++;
        return new EngineProcess(script, this.#folder, events);
      },
      loadParams: () => load,
      log: (line) => onLog?.(line),
    });
    this.witness = new Witness(this.supervisor, (result, milliseconds) => onAnswer?.(result, milliseconds));
    this.scheduler = new CompletionScheduler(this.witness, { ...settings, maxTokens });
  }

  /**
   * What the person gets to see at the place where the cursor stands now; whatever was asked before is called off.
   * @returns null when nothing is, or when another question came meanwhile
   */
  async ask(): Promise<Suggestion | null> {
    this.callOff();
    const { signal } = (this.#question = new AbortController());
    const { place } = this.#person;
    const suggestion = await this.scheduler.suggest(place, { isInvoked: false }, signal);
    if (suggestion === null) return null;
    this.shown++;
    if (!this.witness.hasSaid(this.#person.place, suggestion)) this.stale++;
    this.scheduler.shown(place, suggestion);
    return suggestion;
  }

  callOff(): void {
    this.#question.abort();
  }

  /** The cursor goes elsewhere, and stays there. */
  wander(): void {
    this.callOff();
    this.#person.wander();
    this.scheduler.attend(() => this.#person.place);
  }

  async close(): Promise<void> {
    this.callOff();
    this.scheduler.forget();
    await this.supervisor.dispose();
    rmSync(this.#folder, { recursive: true });
  }
}
