/** The best placement of a model under a memory budget. */
import { fill, type Filling } from './fill.ts';
import type { Limits } from './integer-program.ts';
import { allOnCpu, allOnGpu, type Choice, gpuBytes, type PlacementProblem } from './problem.ts';
import { solveProgram } from './program.ts';
import { relaxedPlacement } from './relaxation.ts';
import { TokenTime } from './token-time.ts';

/**
 * Loading a model waits for the answer. The rates are known to a few percent: what lies nearer to the best than the gap is
 * as good.
 */
const loadLimits: Limits = { seconds: 1, relativeGap: 0.002 };

export interface SolvedPlacement {
  readonly choice: Choice;
  readonly gpuBytes: number;
  readonly secondsPerToken: number;
  /** False where the solver ran out of time and the best it had found was taken. */
  readonly isOptimal: boolean;
}

/**
 * @param filling `wholeBudget` places as much as fits even where the GPU gains nothing by it; `whatSavesTime` stops where
 *   more on the GPU would only cost time
 */
export async function solvePlacement(
  problem: PlacementProblem,
  budgetBytes: number,
  filling: Filling,
  limits: Limits = loadLimits,
): Promise<SolvedPlacement> {
  const roomBytes = budgetBytes - problem.scratchBytes;
  if (roomBytes <= 0) return solved(problem, allOnCpu(problem), true);
  const everything = allOnGpu(problem);
  if (filling === 'wholeBudget' && gpuBytes(problem, everything) <= budgetBytes) {
    return solved(problem, everything, true);
  }
  const start = relaxedPlacement(problem, roomBytes);
  const found = await solveProgram(problem, roomBytes, limits, start);
  const isOptimal = found?.isOptimal ?? false;
  const candidates = [found?.choice ?? start, start].map((choice) =>
    solved(problem, fill(problem, choice, budgetBytes, filling), isOptimal),
  );
  return candidates.reduce((best, other) => (other.secondsPerToken < best.secondsPerToken ? other : best));
}

function solved(problem: PlacementProblem, choice: Choice, isOptimal: boolean): SolvedPlacement {
  const secondsPerToken = new TokenTime(problem).of(choice);
  return { choice, gpuBytes: gpuBytes(problem, choice), secondsPerToken, isOptimal };
}
