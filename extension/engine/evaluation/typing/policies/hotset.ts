/** This project's policy: the editor's scheduler over the engine, in this process. */
import {
  CompletionScheduler,
  type SchedulerEngine,
  type SchedulerSettings,
} from '../../../../scheduling/completion-scheduler.ts';
import type { Suggestion } from '../../../../scheduling/place.ts';
import { Engine } from '../../../engine.ts';
import type { PolicyTools, TypingPlace, TypingPolicy } from '../policy.ts';

/** The editor's defaults. */
const settings: SchedulerSettings = { debounceMs: 150, maxTokens: 64, maxLines: 8, minimumConfidence: 0.02 };

/** As the editor's supervisor passes requests on. */
function supervised(engine: Engine): SchedulerEngine {
  const attending: SchedulerEngine = engine;
  return {
    complete: async (params, signal, onText) => {
      const result = await engine.complete(params, signal, onText);
      return result.stopReason === 'cancelled' ? null : result;
    },
    attend: (params) => attending.attend?.(params),
  };
}

class HotsetPolicy implements TypingPolicy {
  readonly model: string;
  readonly close: () => Promise<void>;
  readonly #scheduler: CompletionScheduler;
  /** The newest answer. */
  #answer: Suggestion | null = null;

  constructor(model: string, engine: Engine) {
    this.model = model;
    this.close = () => engine.close();
    this.#scheduler = new CompletionScheduler(supervised(engine), settings);
  }

  attend(place: TypingPlace): void {
    this.#scheduler.attend(() => place);
  }

  async suggest(place: TypingPlace, signal: AbortSignal): Promise<Suggestion | null> {
    const answer = await this.#scheduler.suggest(place, { isInvoked: false }, signal);
    if (!signal.aborted) this.#answer = answer;
    return answer;
  }

  shown(place: TypingPlace): void {
    if (this.#answer !== null) this.#scheduler.shown(place, this.#answer);
  }
}

/** @throws EngineError */
export async function openHotset(tools: PolicyTools): Promise<TypingPolicy> {
  const engine = new Engine(tools);
  const { name } = await engine.load(tools.load, tools.onProgress);
  return new HotsetPolicy(name, engine);
}
