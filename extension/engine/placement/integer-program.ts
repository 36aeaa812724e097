/** A linear program with integer variables, minimised by HiGHS. */
import type { Highs, ModelData } from 'highs';

/** One term of a row: coefficient and variable. */
export type Term = readonly [coefficient: number, variable: number];

export interface Solution {
  /** [variables] */
  readonly values: Float64Array;
  /** False where the time limit came first: the best found is kept, a better one may exist. */
  readonly isOptimal: boolean;
}

export interface Limits {
  readonly seconds: number;
  /** A solution is taken as optimal when no other can be better by more than this share. */
  readonly relativeGap: number;
}

export class IntegerProgram {
  readonly #costs: number[] = [];
  readonly #upper: number[] = [];
  readonly #integral: boolean[] = [];
  readonly #rows: { terms: readonly Term[]; least: number; most: number }[] = [];

  /**
   * A variable between 0 and `upper`.
   * @param cost its coefficient in what is minimised
   * @returns its number
   */
  addVariable(cost: number, upper: number, kind: 'integer' | 'continuous'): number {
    this.#costs.push(cost);
    this.#upper.push(upper);
    this.#integral.push(kind === 'integer');
    return this.#costs.length - 1;
  }

  atLeast(terms: readonly Term[], least: number): void {
    this.#rows.push({ terms, least, most: Infinity });
  }

  atMost(terms: readonly Term[], most: number): void {
    this.#rows.push({ terms, least: -Infinity, most });
  }

  /**
   * @param start values of the integer variables of a solution to improve on
   * @returns null where the time limit came before any solution
   */
  async minimise(
    { seconds, relativeGap }: Limits,
    start: ReadonlyMap<number, number>,
  ): Promise<Solution | null> {
    const highs = await loadHighs();
    return highs.withModel(this.#data(highs), (model) => {
      model.options.set({ output_flag: false, time_limit: seconds, mip_rel_gap: relativeGap });
      model.raw.setSparseSolution({ indices: [...start.keys()], values: [...start.values()] });
      model.run();
      const status = model.getModelStatus();
      const isOptimal = status === highs.constants.modelStatus.optimal;
      const { feasible } = highs.constants.solutionStatus;
      if (!isOptimal && model.info.get('primal_solution_status') !== feasible) return null;
      return { values: Float64Array.from(model.getSolution().colValue), isOptimal };
    });
  }

  #data({ constants }: Highs): ModelData {
    const { integer, continuous } = constants.variableType;
    return {
      numCols: this.#costs.length,
      numRows: this.#rows.length,
      colCost: this.#costs,
      colLower: this.#costs.map(() => 0),
      colUpper: this.#upper,
      rowLower: this.#rows.map(({ least }) => least),
      rowUpper: this.#rows.map(({ most }) => most),
      integrality: this.#integral.map((isIntegral) => (isIntegral ? integer : continuous)),
      matrix: this.#matrix(),
    };
  }

  #matrix(): ModelData['matrix'] {
    const terms = this.#rows.flatMap((row) => row.terms);
    const starts = [0];
    for (const row of this.#rows) starts.push((starts.at(-1) ?? 0) + row.terms.length);
    return {
      format: 'csr',
      numRows: this.#rows.length,
      numCols: this.#costs.length,
      starts,
      indices: terms.map(([, variable]) => variable),
      values: terms.map(([coefficient]) => coefficient),
    };
  }
}

let loading: Promise<Highs> | null = null;

/**
 * WebAssembly of 3.5 MB: only loaded once there is something to solve. The package's types describe its CommonJS form, in
 * which the loader hides one `default` deeper.
 */
function loadHighs(): Promise<Highs> {
  loading ??= import('highs').then(({ default: load }) => (load as unknown as typeof load.default)());
  return loading;
}
