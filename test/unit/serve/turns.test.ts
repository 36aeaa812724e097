/** One request computes at a time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Turns } from '../../../extension/serve/turns.ts';

const patient = new AbortController().signal;

/** Runs until it is told to end. */
async function endless(signal: AbortSignal): Promise<string> {
  while (!signal.aborted) await nextTurn();
  return 'ended';
}

test('a newer request of the same ends the one before, and another does not', async () => {
  const turns = new Turns();
  const first = turns.take('a', patient, endless);
  let began = false;
  const other = turns.take('b', patient, async (signal) => {
    began = true;
    return await endless(signal);
  });
  for (let turn = 0; turn < 20; turn++) await nextTurn();
  assert.equal(began, false);
  const newer = turns.take('a', patient, () => Promise.resolve('answered'));
  assert.equal(await first, 'ended');
  for (let turn = 0; turn < 20; turn++) await nextTurn();
  assert.equal(began, true);
  const last = turns.take('b', patient, () => Promise.resolve('last'));
  assert.equal(await other, 'ended');
  assert.equal(await newer, 'answered');
  assert.equal(await last, 'last');
});

test('requests of nobody end none, and one that fails holds up none', async () => {
  const turns = new Turns();
  const order: number[] = [];
  const failing = turns.take(null, patient, () => Promise.reject(new Error('broken')));
  const all = [1, 2, 3].map((each) =>
    turns.take(null, patient, async (signal) => {
      await nextTurn();
      assert.equal(signal.aborted, false);
      order.push(each);
    }),
  );
  await assert.rejects(failing, /broken/);
  await Promise.all(all);
  assert.deepEqual(order, [1, 2, 3]);
});

test('who hangs up ends its own request alone', async () => {
  const turns = new Turns();
  const client = new AbortController();
  const left = turns.take(null, client.signal, endless);
  const stays = turns.take(null, patient, () => Promise.resolve('answered'));
  client.abort();
  assert.equal(await left, 'ended');
  assert.equal(await stays, 'answered');
});

test('more than anybody would wait for are refused', async () => {
  const turns = new Turns();
  const client = new AbortController();
  const waiting = Array.from({ length: 17 }, () => turns.take(null, client.signal, endless));
  await assert.rejects(
    turns.take(null, patient, () => Promise.resolve('answered')),
    { type: 'unavailable_error' },
  );
  client.abort();
  await Promise.all(waiting);
  assert.equal(await turns.take(null, patient, () => Promise.resolve('answered')), 'answered');
});
