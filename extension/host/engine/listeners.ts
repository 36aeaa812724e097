/** A list of callbacks; `vscode.EventEmitter` for code that runs without `vscode`. */
export class Listeners<Value> {
  readonly #callbacks = new Set<(value: Value) => void>();

  add(callback: (value: Value) => void): { dispose(): void } {
    this.#callbacks.add(callback);
    return { dispose: () => void this.#callbacks.delete(callback) };
  }

  tell(value: Value): void {
    for (const callback of [...this.#callbacks]) callback(value);
  }
}
