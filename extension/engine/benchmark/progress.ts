/** How far a benchmark is: rounds done of all rounds, and what runs now. */
export type OnProgress = (fraction: number, doing: string) => void;

export class Progress {
  readonly #onProgress: OnProgress;
  #steps = 1;
  #done = 0;

  constructor(onProgress: OnProgress) {
    this.#onProgress = onProgress;
  }

  /** @param steps from now on, those done before not counted */
  expect(steps: number): void {
    this.#steps = steps;
    this.#done = 0;
  }

  tell(doing: string): void {
    this.#onProgress(this.#done / this.#steps, doing);
  }

  step(): void {
    this.#done++;
  }
}
