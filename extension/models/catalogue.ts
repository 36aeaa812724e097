/**
 * The models that Hotset knows of by name: where each comes from, what its file must be, and what was measured. The facts
 * stand in `catalogue.json`; what nobody could measure is null there, and a hash that nobody could check is left out.
 */
import data from './catalogue.json' with { type: 'json' };

export interface CatalogueEntry {
  /** As the command line calls it. */
  readonly id: string;
  readonly name: string;
  /** Of its kind and training, all sizes. */
  readonly family: string;
  /** Of the whole model, to two digits. */
  readonly parameters: number;
  readonly quantisation: string;
  /** A name in cost/shapes.json; null where nobody could look at the model's sizes. */
  readonly shape: string | null;
  readonly licence: Licence;
  /** On Hugging Face, or on a mirror of it. */
  readonly home: { readonly repository: string; readonly revision: string };
  readonly file: CatalogueFile;
  /** Share of the weights that one token reads: less than 1 for a mixture of experts. */
  readonly activeShare: number;
  /** Share of the neurons that fire for a token, as its makers published it; null: all of them count. */
  readonly activity: number | null;
  /** `prefix-first` or `suffix-first`, as the model was trained to fill in; `none`: it only goes on with a text. */
  readonly infilling: string;
  /** How a loaded file is recognised, whoever converted it; null where nobody could look. */
  readonly identity: ModelIdentity | null;
  /** null: Hotset's makers could not try this model. */
  readonly measured: Measured | null;
}

export interface Licence {
  readonly name: string;
  /** What a person should know before using it; null for the usual freedoms. */
  readonly note: string | null;
}

export interface CatalogueFile {
  readonly name: string;
  /** null: the home's word is taken. */
  readonly bytes: number | null;
  /** In lower-case hexadecimal; null: the home's LFS metadata is asked for it before the download. */
  readonly sha256: string | null;
}

export interface ModelIdentity {
  /** Regular expression, for `general.name` of the file, case ignored. */
  readonly name: string;
  readonly architecture: string;
  readonly layers: number;
  readonly embeddingLength: number;
}

/** docs/evaluation.md has the commands. */
export interface Measured {
  /** Of so many `lines` of HumanEval's single-line infilling, exactly right. */
  readonly rightLines: number;
  readonly lines: number;
  /** Largest resident memory of a process that completes with it, context of 4096 tokens, in bytes. */
  readonly residentBytes: number;
  /**
   * bias, w_sum, w_min, w_count, as `hotset evaluate confidence` fits them; null: they were no better than the plain product
   * of the tokens' probabilities.
   */
  readonly confidenceWeights: readonly number[] | null;
}

export const catalogue: readonly CatalogueEntry[] = data.models;

/** @returns null where the catalogue has no such model */
export function entryOf(id: string, entries = catalogue): CatalogueEntry | null {
  return entries.find((entry) => entry.id === id) ?? null;
}

type Described = Omit<ModelIdentity, 'name'> & { readonly name: string };

/** @returns the entry of a loaded model; null where the catalogue can't tell */
export function entryOfModel(model: Described, entries = catalogue): CatalogueEntry | null {
  return entries.find(({ identity }) => identity !== null && isOf(identity, model)) ?? null;
}

function isOf(identity: ModelIdentity, { name, architecture, layers, embeddingLength }: Described): boolean {
  const isOfShape =
    identity.architecture === architecture &&
    identity.layers === layers &&
    identity.embeddingLength === embeddingLength;
  return isOfShape && new RegExp(identity.name, 'i').test(name);
}
