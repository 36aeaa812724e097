/** What comes of programs, each of which runs once: most settings of a sweep write most programs letter for letter alike. */
import type { PythonSandbox, SandboxRun } from '../python-sandbox.ts';

type Outcome = SandboxRun['outcome'];

export class Judge {
  readonly #sandbox: Pick<PythonSandbox, 'run'>;
  readonly #known = new Map<string, Outcome>();

  constructor(sandbox: Pick<PythonSandbox, 'run'>) {
    this.#sandbox = sandbox;
  }

  /** @throws the signal's reason where it ends the program */
  async outcomeOf(program: string, signal: AbortSignal): Promise<Outcome> {
    const known = this.#known.get(program);
    if (known !== undefined) return known;
    const { outcome } = await this.#sandbox.run(program, signal);
    signal.throwIfAborted();
    this.#known.set(program, outcome);
    return outcome;
  }
}
