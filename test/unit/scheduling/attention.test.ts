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

test('of a place without completions it hears that nobody is at one, and of the place before once somebody is back', async () => {
  const { clock, engine, scheduler } = workplace();
  const look = async (place: ReturnType<typeof placeAt> | null) => {
    scheduler.attend(() => place);
    await clock.advance(1_000);
  };
  await look(null);
  assert.deepEqual([engine.attended.length, engine.left], [0, 1]);
  await look(placeAt('a|\n'));
  await look(null);
  await look(placeAt('a|\n'));
  assert.deepEqual([engine.attended.length, engine.left], [2, 2]);
});

test('an engine that can not listen is no hindrance', async () => {
  const clock = new FakeClock();
  const scheduler = new CompletionScheduler({ complete: () => Promise.resolve(null) }, settings, clock);
  scheduler.attend(() => placeAt('a|\n'));
  await clock.advance(1_000);
});
