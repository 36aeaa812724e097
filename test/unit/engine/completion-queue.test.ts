import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { CompletionQueue } from '../../../extension/engine/completion/completion-queue.ts';

const never = () => new AbortController().signal;

/** Work that ends by itself after a while, long after any test, or soon after it is cancelled. */
function work(name: string, log: string[], milliseconds = 600_000) {
  return async (signal: AbortSignal) => {
    log.push(`${name} begins`);
    await sleep(milliseconds, undefined, { signal }).catch(() => log.push(`${name} is cancelled`));
    log.push(`${name} ends`);
    return name;
  };
}

test('a newer completion cancels the older one and begins when that has ended', async () => {
  const queue = new CompletionQueue();
  const log: string[] = [];
  const first = queue.run(never(), work('first', log), () => 'not begun');
  await sleep(1);
  const second = queue.run(never(), work('second', log, 1), () => 'not begun');
  assert.deepEqual(await Promise.all([first, second]), ['first', 'second']);
  assert.deepEqual(log, ['first begins', 'first is cancelled', 'first ends', 'second begins', 'second ends']);
});

test('of many at once only the last one computes', async () => {
  const queue = new CompletionQueue();
  const log: string[] = [];
  const results = await Promise.all(
    ['a', 'b', 'c', 'd'].map((name) => queue.run(never(), work(name, log, 1), () => 'not begun')),
  );
  assert.deepEqual(results, ['not begun', 'not begun', 'not begun', 'd']);
  assert.deepEqual(log, ['d begins', 'd ends']);
});

test('the caller can cancel', async () => {
  const queue = new CompletionQueue();
  const log: string[] = [];
  const controller = new AbortController();
  const running = queue.run(controller.signal, work('a', log), () => 'not begun');
  await sleep(1);
  controller.abort();
  await running;
  assert.deepEqual(log, ['a begins', 'a is cancelled', 'a ends']);
});

test('a failure reaches its caller and nobody else', async () => {
  const queue = new CompletionQueue();
  const failing = queue.run(
    never(),
    () => Promise.reject(new Error('broken')),
    () => 'not begun',
  );
  await assert.rejects(failing, /broken/);
  assert.equal(await queue.run(never(), work('next', [], 1), () => 'not begun'), 'next');
});

test('idle waits for what runs', async () => {
  const queue = new CompletionQueue();
  const log: string[] = [];
  const running = queue.run(never(), work('a', log, 5), () => 'not begun');
  await queue.idle();
  assert.deepEqual(log, ['a begins', 'a ends']);
  await running;
});
