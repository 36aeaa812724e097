/** An engine that says what a test has it say, a few characters at a time, by the test's clock. */
import type { AttendParams, CompleteParams, CompleteResult } from '../../../extension/protocol/requests.ts';
import type { SchedulerEngine } from '../../../extension/scheduling/completion-scheduler.ts';
import type { FakeClock } from './fake-clock.ts';
import { completeResult } from '../complete-result.ts';

export interface Pace {
  /** Until the first piece of text. */
  readonly firstMs: number;
  /** From one piece to the next. */
  readonly pieceMs: number;
}

/** Characters in a piece of text. */
const pieceLength = 3;

export class FakeEngine implements SchedulerEngine {
  readonly requests: CompleteParams[] = [];
  readonly attended: AttendParams[] = [];
  left = 0;
  /** When each cancelled request was cancelled. */
  readonly cancelledAt: number[] = [];
  /** Most requests at a time. */
  mostAtOnce = 0;
  #running = 0;
  readonly #clock: FakeClock;
  readonly #says: (params: CompleteParams) => string | Partial<CompleteResult> | null;
  readonly #pace: Pace;

  /** @param says null: no answer */
  constructor(
    clock: FakeClock,
    says: (params: CompleteParams) => string | Partial<CompleteResult> | null,
    pace: Pace = { firstMs: 0, pieceMs: 0 },
  ) {
    this.#clock = clock;
    this.#says = says;
    this.#pace = pace;
  }

  attend(params: AttendParams): void {
    this.attended.push(params);
  }

  leave(): void {
    this.left++;
  }

  async complete(
    params: CompleteParams,
    signal: AbortSignal,
    onText: (text: string) => void = () => undefined,
  ): Promise<CompleteResult | null> {
    this.requests.push(params);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#running);
    const departed = this.#clock.now();
    const said = this.#says(params);
    const answer = typeof said === 'string' ? { text: said } : said;
    await this.#stream(answer?.text ?? '', signal, onText);
    this.#running--;
    if (signal.aborted) this.cancelledAt.push(this.#clock.now());
    if (signal.aborted || answer === null) return null;
    return { ...completeResult, totalMs: this.#clock.now() - departed, ...answer };
  }

  async #stream(text: string, signal: AbortSignal, onText: (text: string) => void): Promise<void> {
    for (let start = 0; start === 0 || start < text.length; start += pieceLength) {
      await this.#sleep(start === 0 ? this.#pace.firstMs : this.#pace.pieceMs);
      if (signal.aborted) return;
      if (text !== '') onText(text.slice(start, start + pieceLength));
    }
  }

  /** As engines do, it notices a cancellation only between two pieces of work. */
  async #sleep(milliseconds: number): Promise<void> {
    if (milliseconds === 0) return;
    await new Promise<void>((resolve) => this.#clock.after(milliseconds, resolve));
  }
}
