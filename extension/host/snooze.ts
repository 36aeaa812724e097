/** Silence for a while: completions are off until a moment that outlives a reload, and come back by themselves. */
import * as vscode from 'vscode';

const memoryKey = 'snoozedUntil';

export class Snooze implements vscode.Disposable {
  readonly #memory: vscode.Memento;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onChange = this.#changed.event;
  #until: number | null = null;
  #timer: NodeJS.Timeout | undefined;

  /** @param memory keeps the moment */
  constructor(memory: vscode.Memento) {
    this.#memory = memory;
    const kept = memory.get<number>(memoryKey, 0);
    if (kept > Date.now()) this.#set(kept);
  }

  /** Milliseconds since 1970; null: awake. */
  get until(): number | null {
    return this.#until;
  }

  start(milliseconds: number): void {
    this.#set(Date.now() + milliseconds);
    void this.#memory.update(memoryKey, this.#until);
    this.#changed.fire();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#until = null;
    void this.#memory.update(memoryKey, undefined);
    this.#changed.fire();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#changed.dispose();
  }

  #set(until: number): void {
    clearTimeout(this.#timer);
    this.#until = until;
    this.#timer = setTimeout(() => {
      this.end();
    }, until - Date.now());
  }
}

/** `15:30`, as the person's system writes it. */
export function timeOfDay(time: number): string {
  return new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}
