/** What is computed while the person reads: the suggestion behind the one that is shown. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompletionScheduler } from '../../../extension/scheduling/completion-scheduler.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeEngine } from './fake-engine.ts';
import { Typist } from './typist.ts';

const settings = { debounceMs: 50, maxTokens: 64, maxLines: 8, minimumConfidence: 0 };
const before = 'a = ';
const first = 'f(b)';
const second = '\nprint(a)';

/** Says `first`, then `second` behind it, within 100 ms each; behind any other text it says `other`. */
function workplace() {
  const clock = new FakeClock();
  const says = ({ prefix }: { prefix: string }) => {
    const text = before + first + second;
    return prefix.length < text.length && text.startsWith(prefix)
      ? (prefix.length < before.length + first.length ? before + first : text).slice(prefix.length)
      : 'other';
  };
  const engine = new FakeEngine(clock, says, { firstMs: 60, pieceMs: 20 });
  const typist = new Typist(new CompletionScheduler(engine, settings, clock), clock);
  return { clock, engine, typist };
}

const prefixesOf = ({ requests }: FakeEngine) => requests.map(({ prefix }) => prefix);

test('accepting what is shown shows the next suggestion at once', async () => {
  const { clock, engine, typist } = workplace();
  const computed = typist.see(`${before}|\n`);
  await clock.advance(1_000);
  assert.equal(computed.suggestion?.isFromCache ?? false, false);
  assert.deepEqual(prefixesOf(engine), [before, before + first]);
  assert.equal(engine.requests[1]?.document, engine.requests[0]?.document);
  const sight = typist.see(`${before}${first}|\n`);
  const asked = clock.now();
  await clock.advance(0);
  assert.equal(sight.suggestion?.text, second);
  assert.equal(sight.at, asked);
  assert.equal(sight.suggestion.isFromCache, true);
});

test('accepting it while the next one is on its way takes that one', async () => {
  const { clock, engine, typist } = workplace();
  typist.see(`${before}|\n`);
  // Shown at 80 ms, read until 230; the next answer is there at 330.
  await clock.advance(280);
  assert.equal(engine.requests.length, 2);
  const sight = typist.see(`${before}${first}|\n`);
  await clock.advance(100);
  assert.equal(sight.suggestion?.text, second);
  assert.equal(engine.requests.length, 2);
});

test('typing what is shown brings the lines behind it along', async () => {
  const { clock, engine, typist } = workplace();
  typist.see(`${before}|\n`);
  await clock.advance(1_000);
  const sight = typist.see(`${before}f|\n`);
  await clock.advance(0);
  assert.equal(sight.suggestion?.text, first.slice(1) + second);
  await clock.advance(1_000);
  // And now what follows these.
  assert.deepEqual(prefixesOf(engine), [before, before + first, before + first + second]);
});

test('typing what is shown neither asks again nor disturbs it', async () => {
  const { clock, engine, typist } = workplace();
  typist.see(`${before}|\n`);
  await clock.advance(200);
  for (let count = 1; count < first.length; count++) {
    typist.see(`${before}${first.slice(0, count)}|\n`);
    await clock.advance(80);
  }
  assert.deepEqual(prefixesOf(engine), [before, before + first]);
  assert.deepEqual(engine.cancelledAt, []);
});

test('it gives way at once to what is typed instead', async () => {
  const { clock, engine, typist } = workplace();
  typist.see(`${before}|\n`);
  await clock.advance(240);
  assert.equal(engine.requests.length, 2);
  typist.see(`${before}x|\n`);
  await clock.advance(1_000);
  // It had begun at 230 ms, and the engine looks up at its first piece of text.
  assert.deepEqual(engine.cancelledAt, [290]);
  assert.equal(typist.sights[1]?.suggestion?.text, 'other');
  assert.equal(engine.mostAtOnce, 1);
});

test('who types on before having read causes none', async () => {
  const { clock, engine, typist } = workplace();
  typist.see(`${before}|\n`);
  await clock.advance(120);
  assert.equal(typist.sights[0]?.suggestion?.text, first);
  typist.see(`${before}x|\n`);
  await clock.advance(60);
  assert.deepEqual(prefixesOf(engine), [before, `${before}x`]);
});

test('no more than one is computed behind what is shown', async () => {
  const { clock, engine, typist } = workplace();
  typist.see(`${before}|\n`);
  await clock.advance(10_000);
  assert.equal(engine.requests.length, 2);
});
