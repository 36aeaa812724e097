/** When work in the background begins, and that it gives way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { IdleWork } from '../../../extension/engine/completion/idle-work.ts';

const failed = (error: unknown) => {
  assert.fail(String(error));
};

/** Works until it is told to end. */
function endless(log: string[], name: string) {
  return async (signal: AbortSignal) => {
    log.push(`${name} begins`);
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
    log.push(`${name} ends`);
  };
}

test('work begins after the pause, and ends when it is to give way', async () => {
  const idle = new IdleWork(failed);
  const log: string[] = [];
  idle.begin(1, endless(log, 'a'));
  assert.deepEqual(log, []);
  await sleep(20);
  assert.deepEqual(log, ['a begins']);
  idle.cancel();
  await idle.settled();
  assert.deepEqual(log, ['a begins', 'a ends']);
});

test('what gave way before it began never begins', async () => {
  const idle = new IdleWork(failed);
  const log: string[] = [];
  idle.begin(1, endless(log, 'a'));
  idle.cancel();
  await sleep(20);
  await idle.settled();
  assert.deepEqual(log, []);
});

test('newer work takes the place of older, which ends first', async () => {
  const idle = new IdleWork(failed);
  const log: string[] = [];
  idle.begin(0, endless(log, 'a'));
  await sleep(20);
  idle.begin(0, endless(log, 'b'));
  idle.begin(0, endless(log, 'c'));
  await sleep(20);
  assert.deepEqual(log, ['a begins', 'a ends', 'c begins']);
  idle.cancel();
  await idle.settled();
});

test('an error is told, and later work begins all the same', async () => {
  const errors: unknown[] = [];
  const idle = new IdleWork((error) => errors.push(error));
  idle.begin(0, () => Promise.reject(new Error('lost')));
  await idle.settled();
  let began = false;
  idle.begin(0, () => {
    began = true;
    return Promise.resolve();
  });
  await idle.settled();
  assert.deepEqual([String(errors[0]), errors.length, began], ['Error: lost', 1, true]);
});

test('after the end nothing begins', async () => {
  const idle = new IdleWork(failed);
  const log: string[] = [];
  idle.end();
  idle.begin(0, endless(log, 'a'));
  await sleep(20);
  await idle.settled();
  assert.deepEqual(log, []);
});
