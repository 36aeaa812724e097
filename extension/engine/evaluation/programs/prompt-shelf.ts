/** Prompts that one setting's model has computed, for those of the others: τ acts on what is written behind them alone. */

export class PromptShelf {
  readonly #kept = new Map<string, Uint8Array>();
  readonly #most: number;
  #bytes = 0;

  /** @param most bytes of keys and values with which no further prompt is kept */
  constructor(most = 1024 ** 3) {
    this.#most = most;
  }

  /** Whether another one is to be kept. */
  get hasRoom(): boolean {
    return this.#bytes < this.#most;
  }

  /** @returns what `put` was called with for the same tokens, if anything */
  of(prompt: Int32Array): Uint8Array | undefined {
    return this.#kept.get(keyOf(prompt));
  }

  put(prompt: Int32Array, rows: Uint8Array): void {
    const key = keyOf(prompt);
    if (this.#kept.has(key)) return;
    this.#kept.set(key, rows);
    this.#bytes += rows.byteLength;
  }

  clear(): void {
    this.#kept.clear();
    this.#bytes = 0;
  }
}

function keyOf(prompt: Int32Array): string {
  return prompt.join(' ');
}
