/** Use case: what the next completion at a place would have to wait for is computed before it is asked for. */
import type { AttendParams } from '../../protocol/requests.ts';
import type { NativeModel } from '../addon.ts';
import type { Neighbours } from '../context/neighbours.ts';
import { cancelling } from './cancelling.ts';
import { withLineFeeds } from './checked-params.ts';
import type { DocumentPrompts } from './prompt/document-prompts.ts';
import type { Pacing } from './rates.ts';

export interface PreparationTools {
  readonly native: Pick<NativeModel, 'prefill' | 'cancel'>;
  readonly prompts: DocumentPrompts;
  readonly rates: Pick<Pacing, 'contextTokens' | 'recordPrefill'>;
  readonly neighbours: Pick<Neighbours, 'contextOf' | 'mayHaveChanged'>;
  /** Aborted: the computation ends within one chunk, and what is finished of it stays. */
  readonly signal: AbortSignal;
}

/** Does nothing where everything is computed, or the place is in no document. */
export async function prepare(place: AttendParams, tools: PreparationTools): Promise<void> {
  const { native, prompts, rates, signal } = tools;
  const text = { ...place, prefix: withLineFeeds(place.prefix), suffix: withLineFeeds(place.suffix) };
  await lookAround(text, tools);
  if (signal.aborted) return;
  const next = prompts.nextFor(text, 1);
  if (next === null) return;

  try {
    const { computedTokens, isWhole, milliseconds, held } = await cancelling(native, signal, () =>
      native.prefill(next.tokens, { sequence: next.sequence.name }),
    );
    prompts.record(next, { held, isBegun: isWhole || computedTokens > 0 });
    rates.recordPrefill(computedTokens, milliseconds);
  } catch (error) {
    prompts.recordFailure(next);
    throw error;
  }
}

/** Where the person comes to a document, and where its prompt is made anew anyway. */
async function lookAround(
  text: AttendParams,
  { prompts, neighbours, rates, signal }: PreparationTools,
): Promise<void> {
  const { document } = text;
  if (document === undefined) return;
  if (!neighbours.mayHaveChanged(document) && !prompts.wantsContext(text, 1)) return;
  const context = await neighbours.contextOf(text, rates.contextTokens(), signal);
  if (context !== null) prompts.tell(document, context);
}
