/** The local model answers in place of a server that can't, until that can again. */
import type { ModelFigures } from '../protocol/figures.ts';
import { asEngineError, type EngineError } from './errors.ts';
import type { HeldModels } from './held-models.ts';
import type { Holding } from './holding.ts';
import { modelFigures } from './model/model-figures.ts';
import { connectServer, openInstead, type OpenTools } from './open-model.ts';

export interface FallbackTools extends OpenTools {
  /** Told when another model answers than the one that was loaded. */
  readonly onModelChanged?: (model: ModelFigures) => void;
  /** Milliseconds. */
  readonly now: () => number;
}

const retryMs = 30_000;

export class ServerFallback {
  readonly #models: HeldModels;
  readonly #tools: FallbackTools;
  #isLooking = false;
  #lookedAt = -Infinity;

  constructor(models: HeldModels, tools: FallbackTools) {
    this.#models = models;
    this.#tools = tools;
  }

  /**
   * Loads the local model in place of a server that failed.
   * @throws EngineError where there is no local model either
   */
  async fallBack(from: Holding, reason: EngineError): Promise<void> {
    await this.#models.inTurn(async () => {
      if (this.#models.current !== from) return;
      const opened = await openInstead(from.params, this.#tools, reason.message);
      this.#tell(await this.#models.exchange(from, opened));
    });
  }

  /** A server that failed is asked again now and then, while somebody wants completions. */
  look({ insteadOfServer, since, params }: Holding): void {
    const { now, log } = this.#tools;
    const isEarly = now() - Math.max(since, this.#lookedAt) < retryMs;
    if (insteadOfServer === null || isEarly || this.#isLooking) return;
    this.#isLooking = true;
    void this.#models
      .inTurn(async () => {
        const holding = this.#models.current;
        if (holding?.params !== params) return;
        const model = await connectServer(params, this.#tools);
        if (model === null) return;
        this.#tell(await this.#models.exchange(holding, { model, insteadOfServer: null }));
        log('info', `the server completes again: ${model.path}`);
      })
      .catch((error: unknown) => {
        this.#lookedAt = now();
        log('debug', asEngineError(error).message);
      })
      .finally(() => {
        this.#isLooking = false;
      });
  }

  #tell({ model, insteadOfServer }: Holding): void {
    this.#tools.onModelChanged?.(modelFigures(model, insteadOfServer));
  }
}
