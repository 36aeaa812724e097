import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CompleteParams, CompleteResult } from '../../../extension/protocol/requests.ts';
import {
  CompletionScheduler,
  type SchedulerSettings,
} from '../../../extension/scheduling/completion-scheduler.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeEngine, type Pace } from './fake-engine.ts';
import { placeAt } from './places.ts';
import { Typist } from './typist.ts';

const settings: SchedulerSettings = { debounceMs: 50, maxTokens: 64, maxLines: 8, minimumConfidence: 0 };

/** First text after 200 ms, the whole after 400. */
const slow: Pace = { firstMs: 200, pieceMs: 20 };

function workplace(
  says: (params: CompleteParams) => string | Partial<CompleteResult> | null,
  pace?: Pace,
  changed: Partial<SchedulerSettings> = {},
) {
  const clock = new FakeClock();
  const engine = new FakeEngine(clock, says, pace);
  const scheduler = new CompletionScheduler(engine, { ...settings, ...changed }, clock);
  return { clock, engine, scheduler, typist: new Typist(scheduler, clock) };
}

/** Says what is left of a text that the person has in mind. */
function saying(text: string): (params: CompleteParams) => string {
  return ({ prefix }) => (text.startsWith(prefix) ? text.slice(prefix.length) : '');
}

const line = 'total = compute_sum(values, start=0)';

test('typing steadily what a slow engine foretells: one request, nothing cancelled, shown from its answer on', async () => {
  const { engine, typist } = workplace(saying(line), slow);
  await typist.type('', line.slice(0, 20), '\n', 120);
  assert.deepEqual(engine.cancelledAt, []);
  assert.equal(engine.requests.filter(({ prefix }) => prefix.length < 20).length, 1);
  // The answer is there after 400 ms and a bit: at the fourth or fifth key.
  const shown = typist.sights.map(({ suggestion }) => suggestion?.text ?? null);
  assert.deepEqual(
    shown.slice(5),
    typist.sights.slice(5).map(({ place }) => line.slice(place.prefix.length)),
  );
});

test('keys that come faster than the engine says anything leave the request alone', async () => {
  const { engine, typist, clock } = workplace(saying(line), { firstMs: 1_000, pieceMs: 20 });
  await typist.type('', line.slice(0, 9), '\n', 100);
  assert.equal(engine.requests.length, 1);
  await clock.advance(400);
  assert.equal(typist.sights.at(-1)?.suggestion?.text, line.slice(9));
  assert.deepEqual(engine.cancelledAt, []);
});

test('a request that foretold something else is cancelled as soon as that shows, and the next one departs', async () => {
  const { engine, typist, clock } = workplace(({ prefix }) => (prefix === 'a' ? 'bcdefghijkl' : 'xyz'), {
    firstMs: 100,
    pieceMs: 100,
  });
  typist.see('a|\n');
  await clock.advance(50);
  typist.see('abq|\n');
  await clock.advance(49);
  assert.equal(engine.requests.length, 1);
  // Its first piece, `bcd`, comes at 100 ms and is not `bq`; the engine ends with the second one instead of the fourth.
  await clock.advance(101);
  assert.deepEqual(engine.cancelledAt, [200]);
  await clock.advance(150);
  assert.deepEqual(
    engine.requests.map(({ prefix }) => prefix),
    ['a', 'abq'],
  );
  assert.equal(typist.sights[1]?.suggestion?.text, 'xyz');
  assert.equal(engine.mostAtOnce, 1);
});

test('where part of the text gave nothing, the place is asked about again while the person waits', async () => {
  let asked = 0;
  const { engine, typist, clock } = workplace(() =>
    ++asked < 3 ? { text: '', isProvisional: true } : { text: 'xyz' },
  );
  const sight = typist.see('a = |\n');
  const times = () => engine.requests.filter(({ prefix }) => prefix === 'a = ').length;
  await clock.advance(1_400);
  assert.equal(times(), 1);
  await clock.advance(1_000);
  assert.equal(times(), 2);
  await clock.advance(4_000);
  assert.equal(times(), 3);
  assert.equal(sight.suggestion?.text, 'xyz');
});

test('it is asked about no more once the person goes on, once something is shown, or after the third time', async () => {
  const empty = workplace(() => ({ text: '', isProvisional: true }));
  empty.typist.see('a = |\n');
  await empty.clock.advance(1_000);
  empty.typist.see('b|\n');
  await empty.clock.advance(100_000);
  assert.deepEqual(
    empty.engine.requests.map(({ prefix }) => prefix),
    ['a = ', 'b', 'b', 'b', 'b'],
  );

  const shown = workplace(() => ({ text: 'xyz', isProvisional: true }));
  const sight = shown.typist.see('a = |\n');
  await shown.clock.advance(100_000);
  assert.equal(sight.suggestion?.text, 'xyz');
  assert.equal(shown.engine.requests.filter(({ prefix }) => prefix === 'a = ').length, 1);
});

test('a cursor elsewhere cancels the request at once', async () => {
  const { engine, typist, clock } = workplace(() => 'x', slow);
  typist.see('a = |\nb\n');
  await clock.advance(100);
  typist.see('a = \nb|\n');
  await clock.advance(1_000);
  assert.deepEqual(engine.requests.map(({ prefix }) => prefix).slice(0, 2), ['a = ', 'a = \nb']);
  assert.deepEqual(engine.cancelledAt.slice(0, 1), [200]);
  assert.equal(engine.mostAtOnce, 1);
});

test('a request whose answer nobody waits for goes on, and is known on coming back', async () => {
  const { engine, scheduler, typist, clock } = workplace(() => 'xyz', slow);
  const question = new AbortController();
  const answer = scheduler.suggest(placeAt('a = |\n'), { isInvoked: false }, question.signal);
  await clock.advance(50);
  question.abort();
  assert.equal(await answer, null);
  await clock.advance(1_000);
  assert.deepEqual(engine.cancelledAt, []);
  const sight = typist.see('a = |\n');
  await clock.advance(0);
  assert.equal(sight.suggestion?.text, 'xyz');
  assert.equal(engine.requests.length, 1);
});

test('a request is followed through a bracket that the editor closes, and through Enter inside of it', async () => {
  const says = '(a) {\n  return a;\n}';
  const { engine, typist, clock } = workplace(({ prefix }) => (prefix === 'f' ? says : ''), {
    firstMs: 400,
    pieceMs: 10,
  });
  typist.see('f|\n');
  for (const text of ['f(|)\n', 'f(a|)\n', 'f(a)|\n', 'f(a) |\n', 'f(a) {|}\n', 'f(a) {\n  |\n}\n']) {
    await clock.advance(60);
    typist.see(text);
  }
  await clock.advance(400);
  assert.deepEqual(
    engine.requests.map(({ prefix }) => prefix),
    ['f', 'f(a) {\n  return a;'],
  );
  assert.deepEqual(engine.cancelledAt, []);
  assert.equal(typist.sights.at(-1)?.suggestion?.text, 'return a;');
});

test('never two requests at a time, however one types', async () => {
  const { engine, typist } = workplace(({ prefix }) => (prefix.length % 3 === 0 ? 'nope' : 'abc'), {
    firstMs: 30,
    pieceMs: 30,
  });
  await typist.type('', 'the quick brown fox jumps over', '\n', 45);
  assert.ok(engine.requests.length > 5);
  assert.equal(engine.mostAtOnce, 1);
});

test('what is shown never goes away or changes while what it says is typed', async () => {
  const other = 'total = compute_mean(items)';
  const { typist, clock } = workplace(
    // Asked again somewhere inside, it would say something else.
    ({ prefix }) => (prefix === 'to' ? line.slice(2) : other.slice(prefix.length)),
    slow,
  );
  typist.see('to|\n');
  await clock.advance(600);
  await typist.type('to', line.slice(2, -1), '\n', 40);
  for (const { place, suggestion } of typist.sights) {
    assert.equal(suggestion?.text, line.slice(place.prefix.length));
  }
});

test('words accepted one by one show the rest at once', async () => {
  const { engine, typist, clock } = workplace(() => 'one, two, three)', slow);
  typist.see('f(|\n');
  await clock.advance(600);
  for (const accepted of ['f(one', 'f(one,', 'f(one, two']) {
    const sight = typist.see(`${accepted}|\n`);
    await clock.advance(0);
    assert.equal(sight.suggestion?.text, 'f(one, two, three)'.slice(accepted.length));
  }
  assert.equal(engine.requests.filter(({ prefix }) => !prefix.endsWith(')')).length, 1);
});

test('the first key after a pause is asked at once, the next ones after a wait that follows the engine', async () => {
  const { engine, typist, clock } = workplace(() => 'x', { firstMs: 150, pieceMs: 0 });
  typist.see('a|\n');
  await clock.advance(0);
  assert.equal(engine.requests.length, 1);
  await clock.advance(200);
  // 150 ms are 100 more than fast: a quarter of that is waited.
  typist.see('ab|\n');
  await clock.advance(24);
  assert.equal(engine.requests.length, 1);
  await clock.advance(1);
  assert.equal(engine.requests.length, 2);
});

test('an engine that writes slowly is asked for a line at a time, a fast one for all', async () => {
  for (const [tokensPerSecond, lines] of [
    [40, 1],
    [400, settings.maxLines],
  ] as const) {
    const { engine, typist, clock } = workplace(() => ({ text: 'xyz', tokens: 12, tokensPerSecond }));
    typist.see('a|\n');
    await clock.advance(1_000);
    typist.see('b|\n');
    await clock.advance(0);
    assert.equal(engine.requests.at(-1)?.maxLines, lines);
  }
});

test('asking by hand does not wait, asks for more, and takes the place of what was asked for by typing', async () => {
  const { engine, typist, clock } = workplace(() => 'xyz', slow);
  typist.see('a = |\n');
  await clock.advance(50);
  const sight = typist.see('a = |\n', true);
  await clock.advance(600);
  assert.equal(engine.requests[1]?.maxTokens, 2 * settings.maxTokens);
  assert.equal(engine.requests[1].maxLines, 2 * settings.maxLines);
  assert.equal(sight.suggestion?.text, 'xyz');
  assert.equal(engine.mostAtOnce, 1);
});

test('asking by hand where a line is shown asks for more, where more is shown it does not', async () => {
  const { engine, typist, clock } = workplace(({ maxLines }) => (maxLines > 1 ? 'x\n  y\n  z' : 'x'));
  typist.see('a = |\n');
  await clock.advance(0);
  for (const turn of [1, 2]) {
    const sight = typist.see('a = |\n', true);
    await clock.advance(0);
    assert.equal(sight.suggestion?.text, 'x\n  y\n  z', `turn ${turn}`);
  }
  assert.equal(engine.requests.length, 2);
});

test('where an answer on its way turns out not to be sure enough, the later place is asked for', async () => {
  const { engine, typist, clock } = workplace(
    ({ prefix }) => ({ text: 'bcd'.slice(prefix.length - 1), confidence: prefix === 'a' ? 0.2 : 0.8 }),
    slow,
    { minimumConfidence: 0.5 },
  );
  typist.see('a|\n');
  await clock.advance(100);
  const sight = typist.see('ab|\n');
  await clock.advance(1_000);
  assert.deepEqual(
    engine.requests.slice(0, 2).map(({ prefix }) => prefix),
    ['a', 'ab'],
  );
  assert.equal(sight.suggestion?.text, 'cd');
});

test('an engine without an answer shows nothing, and is asked again next time', async () => {
  const { engine, typist, clock } = workplace(() => null);
  for (let turn = 1; turn <= 2; turn++) {
    const sight = typist.see('a|\n');
    await clock.advance(1_000);
    assert.equal(sight.suggestion, null);
    assert.equal(engine.requests.length, turn);
  }
});

test('what fails is told to who waits for it, and the next request departs', async () => {
  const { scheduler, engine, clock } = workplace(({ prefix }) => {
    if (prefix === 'a') throw new Error('no model');
    return 'xyz';
  });
  const ask = (text: string) =>
    scheduler.suggest(placeAt(text), { isInvoked: false }, new AbortController().signal);
  await assert.rejects(ask('a|\n'), /no model/);
  const answer = ask('b|\n');
  await clock.advance(100);
  assert.equal((await answer)?.text, 'xyz');
  assert.equal(engine.requests.length, 2);
});

test('after another model was loaded nothing is left, not even what was on its way', async () => {
  const { engine, scheduler, typist, clock } = workplace(() => 'xyz', slow);
  typist.see('a|\n');
  await clock.advance(100);
  scheduler.forget();
  await clock.advance(1_000);
  assert.equal(typist.sights[0]?.suggestion, null);
  const sight = typist.see('a|\n');
  await clock.advance(1_000);
  assert.equal(sight.suggestion?.text, 'xyz');
  assert.equal(engine.requests.filter(({ prefix }) => prefix === 'a').length, 2);
});

test('requests say which document they are about, and whether its text is whole', async () => {
  const { engine, typist, clock } = workplace(() => 'xyz');
  const { place } = typist.see('a|\n');
  await clock.advance(0);
  const [request] = engine.requests;
  assert.deepEqual(request, { ...request, ...place });
});
