/** The plain policy with a model that is a script. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlainPolicy } from '../../../../../extension/engine/evaluation/typing/policies/plain.ts';
import { VirtualClock } from './virtual-clock.ts';
import { placeOf } from './place.ts';

const nobody = { model: 'none', close: () => Promise.resolve() };

function policyWith(answer: string) {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const policy = new PlainPolicy(
    ({ prefix }) => {
      asked.push(prefix);
      return Promise.resolve({ text: answer, overlap: 0 });
    },
    clock,
    nobody,
  );
  return { clock, asked, policy };
}

test('it waits 50 ms, and asks for nothing once another key was typed', async () => {
  const { clock, asked, policy } = policyWith('bc');
  const typed = new AbortController();
  const early = policy.suggest(placeOf('|'), typed.signal);
  typed.abort();
  assert.equal(await clock.run(early), null);
  assert.deepEqual(asked, []);
  const answer = await clock.run(policy.suggest(placeOf('a|'), new AbortController().signal));
  assert.deepEqual(answer, { text: 'bc', overlap: 0 });
  assert.equal(clock.now(), 50);
});

test('what an answer says is known while it is typed, without a question', async () => {
  const { clock, asked, policy } = policyWith('bc');
  const suggest = (marked: string) =>
    clock.run(policy.suggest(placeOf(marked), new AbortController().signal));
  await suggest('a|\n');
  assert.deepEqual(await suggest('ab|\n'), { text: 'c', overlap: 0 });
  assert.deepEqual(await suggest('a|\n'), { text: 'bc', overlap: 0 });
  assert.deepEqual(asked, ['a']);
  await suggest('abc|\n');
  await suggest('ab|)\n');
  assert.deepEqual(asked, ['a', 'abc', 'ab'], 'at its end, and with something else behind the cursor');
});
