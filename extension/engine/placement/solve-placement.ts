/** The best placement of a model under a memory budget. */
import { fill, type Filling } from './fill.ts';
import { allOnCpu, allOnGpu, type Choice, gpuBytes, type PlacementProblem } from './problem.ts';
import { solveProgram } from './program.ts';
import { TokenTime } from './token-time.ts';

/** The rates are known to a few percent: what lies nearer to the best than this is as good. */
const relativeGap = 0.002;
/** Loading a model waits for the answer. */
const limitSeconds = 1;

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
): Promise<SolvedPlacement> {
  const roomBytes = budgetBytes - problem.scratchBytes;
  if (roomBytes <= 0) return solved(problem, allOnCpu(problem), true);
  const everything = allOnGpu(problem);
  if (filling === 'wholeBudget' && gpuBytes(problem, everything) <= budgetBytes) {
    return solved(problem, everything, true);
  }
  const limits = { seconds: limitSeconds, relativeGap };
  const found = await solveProgram(problem, roomBytes, limits);
  const choice = fill(problem, found?.choice ?? allOnCpu(problem), budgetBytes, filling);
  return solved(problem, choice, found?.isOptimal ?? false);
}

function solved(problem: PlacementProblem, choice: Choice, isOptimal: boolean): SolvedPlacement {
  const secondsPerToken = new TokenTime(problem).of(choice);
  return { choice, gpuBytes: gpuBytes(problem, choice), secondsPerToken, isOptimal };
}
