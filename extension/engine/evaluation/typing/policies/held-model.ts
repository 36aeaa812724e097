/** A model that belongs to one policy alone. */
import type { LoadedModel } from '../../../model/load-model.ts';

export interface HeldModel {
  /** Its name. */
  readonly model: string;
  /** Ends what runs and frees it. */
  readonly close: () => Promise<void>;
}

export function held({ native, description }: LoadedModel): HeldModel {
  return {
    model: description.name,
    close: async () => {
      native.cancel();
      await native.release();
    },
  };
}
