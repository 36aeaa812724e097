import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Measuring } from '../../../../extension/host/map/measuring.ts';
import { FakeClock } from '../../scheduling/fake-clock.ts';

test('what a completion broke off is measured again, and once it is known no more', async () => {
  const ends = [false, true, true];
  const measuring = new Measuring(() => Promise.resolve(ends.shift() ?? false));
  assert.deepEqual(
    [await measuring.once(), await measuring.once(), await measuring.once()],
    [false, true, false],
  );
  assert.equal(ends.length, 1);
});

test('while it is measured, it is not measured a second time', async () => {
  let end: (isKnown: boolean) => void = () => undefined;
  const ended = new Promise<boolean>((resolve) => (end = resolve));
  let begun = 0;
  const measuring = new Measuring(() => {
    begun++;
    return ended;
  });
  const first = measuring.once();
  assert.equal(await measuring.once(), false);
  end(true);
  assert.equal(await first, true);
  assert.equal(begun, 1);
});

test('it is tried again behind the last of several completions, not between them', async () => {
  const clock = new FakeClock();
  const tries: number[] = [];
  const measuring = new Measuring(() => Promise.resolve(true), clock);
  const tryAgain = () => {
    tries.push(clock.now());
    void measuring.once();
  };
  measuring.whenQuiet(tryAgain);
  await clock.advance(2_000);
  measuring.stopWaiting(); // The engine is asked something.
  await clock.advance(5_000);
  measuring.whenQuiet(tryAgain);
  await clock.advance(1_000);
  measuring.whenQuiet(tryAgain);
  await clock.advance(10_000);
  assert.deepEqual(tries, [11_000]);
  measuring.whenQuiet(tryAgain);
  await clock.advance(10_000);
  assert.equal(tries.length, 1, 'all is known');
});
