/** A loaded model with all that is kept for it between completions. */
import type { LoadModelParams } from '../protocol/requests.ts';
import { DocumentPrompts } from './completion/prompt/document-prompts.ts';
import { tokenCounter } from './completion/prompt/token-counter.ts';
import { type Pacing, Rates } from './completion/rates.ts';
import { Neighbours } from './context/neighbours.ts';
import { DecoderTrial, type TrialTools } from './model/decoder-trial.ts';
import type { LoadedModel } from './model/load-model.ts';
import { serverRates } from './remote/server-rates.ts';

export interface Holding {
  readonly model: LoadedModel;
  readonly params: LoadModelParams;
  readonly prompts: DocumentPrompts;
  readonly neighbours: Neighbours;
  readonly rates: Pacing;
  /** Whether the other decoder would be faster. */
  readonly trial: DecoderTrial;
  /** Why this model answers though a server is to; null: none is to, or it does. */
  readonly insteadOfServer: string | null;
  /** On the engine's clock. */
  readonly since: number;
}

/** What a model just loaded starts with. */
export function holdingOf(
  model: LoadedModel,
  how: Pick<Holding, 'params' | 'insteadOfServer' | 'since'>,
  tools: TrialTools,
): Holding {
  const { native, description } = model;
  const count = tokenCounter((text) => native.tokenize(text, false));
  return {
    ...how,
    model,
    prompts: new DocumentPrompts({ native, description, count }),
    neighbours: new Neighbours(native, count, tools.log),
    rates: description.decoder === 'server' ? serverRates : new Rates(description),
    trial: new DecoderTrial(how.params, tools),
  };
}
