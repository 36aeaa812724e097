/** Keeps which neurons fired in the last completion, while somebody wants to know. */
import type { FiringResult } from '../../protocol/requests.ts';
import type { NativeFiring } from '../addon.ts';
import type { CompletionTools } from '../completion/complete.ts';
import type { LoadedModel } from '../model/load-model.ts';

export class NeuronWatch {
  #isOn = false;
  #last: { readonly model: LoadedModel; readonly firing: NativeFiring } | null = null;

  /** What a completion of the model is given. */
  over(model: LoadedModel): Pick<CompletionTools, 'onFiring'> {
    if (!this.#isOn) return {};
    return {
      onFiring: (firing) => {
        this.#last = { model, firing };
      },
    };
  }

  /** @returns what was seen of this model; null: nothing */
  turn(isOn: boolean, model: LoadedModel | null): FiringResult | null {
    this.#isOn = isOn;
    if (!isOn || this.#last?.model !== model) this.#last = null;
    if (this.#last === null) return null;
    const { tokens, shares } = this.#last.firing;
    return { tokens, shares: Buffer.from(shares).toString('base64') };
  }
}
