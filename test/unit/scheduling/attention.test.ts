import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompletionScheduler } from '../../../extension/scheduling/completion-scheduler.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeEngine } from './fake-engine.ts';
import { placeAt } from './places.ts';

const settings = { debounceMs: 50, maxTokens: 64, maxLines: 8, minimumConfidence: 0 };

function workplace() {
  const clock = new FakeClock();
  const engine = new FakeEngine(clock, () => 'x');
  const scheduler = new CompletionScheduler(engine, settings, clock);
  const look = (text: string) => {
    scheduler.attend(() => placeAt(text));
  };
  return { clock, engine, scheduler, look };
}

test('the engine hears of a place where the cursor stays', async () => {
  const { clock, engine, look } = workplace();
  look('a|\nb\n');
  await clock.advance(100);
  look('a\nb|\n');
  await clock.advance(1_000);
  assert.deepEqual(
    engine.attended.map(({ prefix }) => prefix),
    ['a\nb'],
  );
  assert.equal(engine.attended[0]?.document, placeAt('|').document);
});

test('it hears of no place twice, nor of one it was asked about', async () => {
  const { clock, engine, scheduler, look } = workplace();
  look('a|\n');
  await clock.advance(200);
  look('a|\n');
  await clock.advance(200);
  assert.equal(engine.attended.length, 1);
  await scheduler.suggest(placeAt('ab|\n'), { isInvoked: false }, new AbortController().signal);
  look('ab|\n');
  await clock.advance(200);
  assert.equal(engine.attended.length, 1);
});

test('of a place without completions it does not hear', async () => {
  const { clock, engine, scheduler } = workplace();
  scheduler.attend(() => null);
  await clock.advance(1_000);
  assert.deepEqual(engine.attended, []);
});

test('an engine that can not listen is no hindrance', async () => {
  const clock = new FakeClock();
  const scheduler = new CompletionScheduler({ complete: () => Promise.resolve(null) }, settings, clock);
  scheduler.attend(() => placeAt('a|\n'));
  await clock.advance(1_000);
});
