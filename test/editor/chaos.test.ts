/** A little of the chaos suite: killed and stopped while somebody types. `npm run test:chaos` does it two hundred times, and more. */
import { test } from 'node:test';
import { killWhileTyping } from '../chaos/kills.ts';
import { stopAndGoOn } from '../chaos/stops.ts';
import { withScribe } from '../chaos/with-scribe.ts';

const kills = 2;
const seed = 1;

const somebody = withScribe();

test(`killed ${kills} times at random moments (seed ${seed}): no text is lost, nothing is said, it completes again`, async () => {
  await killWhileTyping(somebody(), kills, seed);
});

test('stopped for a moment, the same', async () => {
  await stopAndGoOn(somebody());
});
