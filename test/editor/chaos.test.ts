/** A little of the chaos suite: killed and stopped while somebody types. `npm run test:chaos` does it two hundred times, and more. */
import { after, afterEach, before, test, type TestContext } from 'node:test';
import { killWhileTyping } from '../chaos/kills.ts';
import { Scribe } from '../chaos/scribe.ts';
import { stopAndGoOn } from '../chaos/stops.ts';
import { until } from './until.ts';

const kills = 2;
const seed = 1;

let scribe: Scribe;

before(async () => {
  scribe = await Scribe.open();
});

after(async () => {
  await scribe.workbench.close();
  await until('the engine is gone', () => scribe.workbench.enginePids().length === 0);
});

afterEach(async (context) => {
  await scribe.workbench.pictureOfFailure(context as TestContext);
});

test(`killed ${kills} times at random moments (seed ${seed}): no text is lost, nothing is said, it completes again`, async () => {
  await killWhileTyping(scribe, kills, seed);
});

test('stopped for a moment, the same', async () => {
  await stopAndGoOn(scribe);
});
