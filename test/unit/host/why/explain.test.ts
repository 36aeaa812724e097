/** What a person is told of each fate that a question can have, from the scheduler's own notes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explain } from '../../../../extension/host/why/explain.ts';
import type { CompleteResult } from '../../../../extension/protocol/requests.ts';
import { CompletionScheduler } from '../../../../extension/scheduling/completion-scheduler.ts';
import { Inquiries, Inquiry } from '../../../../extension/scheduling/inquiry.ts';
import { FakeClock } from '../../scheduling/fake-clock.ts';
import { FakeEngine } from '../../scheduling/fake-engine.ts';
import { placeAt } from '../../scheduling/places.ts';

const settings = { debounceMs: 50, maxTokens: 64, maxLines: 8, minimumConfidence: 0.02 };
const position = { document: 'file:///workspace/a.py', line: 0, character: 1 };

function workplace(answer: string | Partial<CompleteResult> | null, firstMs = 0) {
  const clock = new FakeClock();
  const engine = new FakeEngine(clock, () => answer, { firstMs, pieceMs: 0 });
  const scheduler = new CompletionScheduler(engine, settings, clock);
  const ask = (text: string, signal = new AbortController().signal) => {
    const notes = new Inquiry(position, false, () => clock.now());
    const done = scheduler.suggest(placeAt(text), { isInvoked: false, notes }, signal);
    return { notes, done };
  };
  return { clock, ask };
}

async function headlineOf(answer: string | Partial<CompleteResult> | null): Promise<string> {
  const { clock, ask } = workplace(answer);
  const { notes, done } = ask('a|\n');
  await clock.advance(100);
  await done;
  return explain(notes).headline;
}

test('a model that is too unsure is quoted with its confidence and the threshold', async () => {
  const { clock, ask } = workplace({ text: 'b = 1\nc = 2', confidence: 0.0049 });
  const { notes, done } = ask('a|\n');
  await clock.advance(100);
  assert.equal(await done, null);
  const { headline, advice } = explain(notes);
  assert.equal(
    headline,
    'The model was only 0.5% sure of its first line; at least 2.0% are asked for while typing, so it was not shown.',
  );
  assert.match(advice.join(), /would have said `b = 1`\.,/);

  const again = ask('a|\n');
  await again.done;
  assert.match(explain(again.notes).headline, /only 0\.5% sure/);
  assert.match(explain(again.notes).steps[0]?.text ?? '', /no request/);
});

test('what ended an answer is said in words', async () => {
  const { clock, ask } = workplace({ text: 'b = 1', stopReason: 'endOfText' });
  const { notes, done } = ask('a|\n');
  await clock.advance(100);
  await done;
  const steps = explain(notes).steps.map(({ text }) => text);
  assert.ok(
    steps.some((text) => text.endsWith(', ended by the model')),
    steps.join('\n'),
  );
});

test('text that was trimmed away is explained by its rule, also when it is known already', async () => {
  assert.match(
    await headlineOf({ text: '', emptiedBy: 'followingLines' }),
    /it says what stands a few lines below/,
  );
  const { clock, ask } = workplace({ text: '', emptiedBy: 'repetition' });
  const first = ask('a|\n');
  await clock.advance(100);
  await first.done;
  const second = ask('a|\n');
  await second.done;
  assert.match(explain(second.notes).headline, /runs in circles/);
});

test('an engine that gives no answer is told from one that is too slow', async () => {
  assert.equal(await headlineOf(null), 'The engine gave no answer.');
  const { clock, ask } = workplace('b', 1_000);
  const controller = new AbortController();
  const { notes, done } = ask('a|\n', controller.signal);
  await clock.advance(300);
  controller.abort();
  await done;
  assert.match(
    explain(notes).headline,
    /^Too slow: you typed on or left the place 300 ms after the engine was asked/,
  );
});

test('whom VS Code no longer lets wait, though nothing was typed, is told what the engine said after all', async () => {
  const { clock, ask } = workplace('b', 1_000);
  const controller = new AbortController();
  const { notes, done } = ask('a|\n', controller.signal);
  await clock.advance(300);
  controller.abort();
  await done;
  const before = explain(notes, { isStillThere: true });
  assert.match(
    before.headline,
    /^VS Code took its question back after 300 ms, before the engine had answered/,
  );
  const more = notes.more();
  await clock.advance(1_000);
  await more;
  const after = explain(notes, { isStillThere: true });
  assert.match(after.advice.join(' '), /The engine answered \d+ ms after the question. It says `b`/);
  assert.match(explain(notes).headline, /^Too slow: you typed on or left the place 300 ms/);
});

test('who types on before anything is asked is told so', async () => {
  const { clock, ask } = workplace('b', 1_000);
  ask('a|\n');
  await clock.advance(10);
  const controller = new AbortController();
  const { notes, done } = ask('xy|\n', controller.signal);
  await clock.advance(20);
  controller.abort();
  await done;
  assert.match(explain(notes).headline, /after 20 ms, before the engine was asked/);
});

test('only the last questions are kept, newest first', () => {
  const inquiries = new Inquiries();
  for (let line = 0; line < 40; line++) inquiries.begin({ ...position, line }, false);
  assert.equal(inquiries.all.length, 30);
  assert.equal(inquiries.all[0]?.position.line, 39);
});
