/** Kills the engine again and again, at moments that nobody chose, while somebody types. */
import { randomNumbers } from '../random.ts';
import { assertCalm } from './aftermath.ts';
import { killAfter, returned } from './engine-faults.ts';
import type { Scribe } from './scribe.ts';

/** Five within three minutes are forgiven; then a person has to ask for a restart. */
const forgiven = 5;
/** From the first letter of a line on: into the typing, the answer, the reading behind it, the pause after an earlier kill. */
const latestMs = 1_500;

export interface KillFigures {
  /** Milliseconds from the new process to the next suggestion, its start and the model's loading included. */
  readonly backMs: number[];
  /** Milliseconds until what was typed meanwhile stood in the document. */
  readonly drawnMs: number[];
}

export async function killWhileTyping(scribe: Scribe, kills: number, seed: number): Promise<KillFigures> {
  const random = randomNumbers(seed);
  const { workbench } = scribe;
  const figures: KillFigures = { backMs: [], drawnMs: [] };
  for (let kill = 0; kill < kills; kill++) {
    if (kill > 0 && kill % forgiven === 0) await scribe.command('Hotset: Restart Engine');
    const killed = killAfter(workbench, random() * latestMs);
    await scribe.typeLine();
    figures.drawnMs.push(await scribe.check(`kill ${kill} of seed ${seed}`));
    const back = returned(workbench, await killed);
    await scribe.untilSuggested();
    figures.backMs.push(performance.now() - (await back));
    await scribe.erase();
    await assertCalm(scribe);
  }
  await scribe.save();
  // Whoever comes after this is forgiven as much again.
  await scribe.command('Hotset: Restart Engine');
  await scribe.typeLine();
  await scribe.untilSuggested();
  await scribe.erase();
  return figures;
}
