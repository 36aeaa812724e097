/** The typist with policies that know what comes, that know nothing, and that are wrong; in virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figuresOf } from '../../../../../extension/engine/evaluation/typing/measures.ts';
import type { TypingPlace, TypingPolicy } from '../../../../../extension/engine/evaluation/typing/policy.ts';
import type { Suggestion } from '../../../../../extension/engine/evaluation/typing/typed-document.ts';
import { Typist } from '../../../../../extension/engine/evaluation/typing/typist.ts';
import {
  secondsWithout,
  typingFile,
  type TypingScript,
} from '../../../../../extension/engine/evaluation/typing/typing-file.ts';
import { emptyLog } from '../../../../../extension/engine/evaluation/typing/typing-log.ts';
import { WorkMeter } from '../../../../../extension/engine/evaluation/typing/work-meter.ts';
import { source as text } from './source.ts';
import { VirtualClock } from './virtual-clock.ts';

const script: TypingScript = { edits: 5, speed: 1, seed: 7 };

type Answer = (place: TypingPlace) => Suggestion | null;

function suggestion(words: string): Suggestion {
  return { text: words, overlap: 0 };
}

async function typed(answer: Answer, delayMs = 100, options = script, stopAfterMs = Infinity) {
  const clock = new VirtualClock();
  const log = emptyLog();
  const attended: TypingPlace[] = [];
  const policy: TypingPolicy = {
    model: 'none',
    attend: (place) => attended.push(place),
    suggest: async (place, signal) => {
      await clock.sleep(delayMs, signal);
      return signal.aborted ? null : answer(place);
    },
    shown: () => undefined,
    close: () => Promise.resolve(),
  };
  const ended = new AbortController();
  if (stopAfterMs < Infinity) {
    void clock.sleep(stopAfterMs).then(() => {
      ended.abort();
    });
  }
  const file = typingFile({ path: 'file.ts', text }, 'typescript', options);
  let characters = 0;
  const onProgress = (more: number) => (characters += more);
  const tools = { policy, meter: new WorkMeter(), clock, log, signal: ended.signal, onProgress };
  const typist = new Typist(file, tools);
  await clock.run(typist.type());
  assert.equal(characters, log.characters);
  const figures = figuresOf('policy', log, {
    perKey: [],
    requests: new WorkMeter().requestFigures(),
    thrownAwayShare: null,
  });
  return { file, log, figures, attended, text: typist.text };
}

/** What the file says next, up to the line's end; nothing where the text left of the cursor is not the file's. */
function rightLine({ prefix, suffix }: TypingPlace): Suggestion | null {
  const line = prefix.slice(prefix.lastIndexOf('\n') + 1);
  if (line.trim().length < 4) return null;
  const rests = text.split('\n').filter((one) => one.startsWith(line) && one !== line);
  const [rest, ...others] = rests.map((one) => one.slice(line.length));
  if (rest === undefined || others.length > 0) return null;
  const closers = suffix.slice(0, suffix.indexOf('\n'));
  return { text: rest, overlap: closers.length };
}

test('without suggestions the file is typed back as it was, at the speed and with the slips of the script', async () => {
  const { file, log, figures, text: result, attended } = await typed(() => null);
  assert.equal(result, text);
  assert.equal(log.keys.length, log.keysWithout);
  assert.ok(log.keys.length > log.characters / 2);
  assert.equal(attended.length, file.stretches.length + log.keys.length);
  assert.deepEqual([figures.shownShare, figures.keystrokesSaved, figures.rightFirstLines], [0, 0, null]);
  assert.deepEqual([figures.p50Ms, figures.firstMs], [null, null]);
  // There never was a first suggestion: a few keys waited for the answers, the others kept a person's pace.
  assert.ok(log.keys.every(({ isOpening }, index) => isOpening === index < 8));
  assert.ok(log.seconds > secondsWithout(file) * 0.9);
});

test('nothing but a suggestion in a file just opened begins the typing at a person’s pace', async () => {
  let asked = 0;
  const { file, log, figures } = await typed(() => (++asked === 1 ? suggestion('no such text') : null), 650);
  assert.deepEqual(log.firstMs, [650]);
  assert.equal(figures.firstMs, 650);
  assert.ok(log.keys.every(({ isOpening }) => !isOpening));
  const expected = secondsWithout(file) + 0.65;
  assert.ok(Math.abs(log.seconds - expected) < 0.1, `${log.seconds} for ${expected} s`);
});

test('typing is the same every time, and as fast as asked for', async () => {
  const [one, other] = [await typed(rightLine), await typed(rightLine)];
  assert.deepEqual(one.log, other.log);
  const fast = typingFile({ path: 'file.ts', text }, 'typescript', { ...script, speed: 2 });
  assert.ok(Math.abs(secondsWithout(fast) * 2 - secondsWithout(one.file)) < 1e-6);
});

test('keys take a person’s time', async () => {
  const { file, log } = await typed(() => suggestion('no such text'));
  const perKey = (secondsWithout(file) * 1_000) / log.keysWithout;
  assert.ok(perKey > 150 && perKey < 400, `${perKey} ms a key, pauses included`);
});

test('right lines are accepted after they were read, and what is typed meanwhile counts', async () => {
  const { log, figures, text: result } = await typed(rightLine);
  assert.equal(result, text);
  assert.ok(log.accepted + log.acceptedLines > 5);
  assert.ok(figures.keystrokesSaved > 0.3, String(figures.keystrokesSaved));
  assert.equal(figures.rightFirstLines, 1);
  assert.equal(log.flickers, 0);
  assert.equal(figures.freshP50Ms, 100);
  assert.ok((figures.p50Ms ?? NaN) <= 100);
});

test('nobody accepts faster than one can read', async () => {
  const reading = await typed((place) => rightLine(place), 0);
  assert.ok(reading.figures.keystrokesSaved > 0.3);
  assert.ok(
    reading.log.keys.some(({ stood }) => stood),
    'some of it was typed before it was read',
  );
});

test('late answers are no good', async () => {
  const late = await typed(rightLine, 5_100);
  assert.equal(
    late.log.keys.filter(({ isOpening, shownAfterMs }) => !isOpening && shownAfterMs !== null).length,
    0,
  );
});

test('wrong suggestions are typed over', async () => {
  const { log, figures, text: result } = await typed(() => suggestion('no such text'));
  assert.equal(result, text);
  assert.deepEqual([log.accepted, log.acceptedLines, figures.rightFirstLines], [0, 0, 0]);
  assert.equal(figures.keystrokesSaved, 0);
  assert.ok(figures.shownShare > 0.5);
});

test('of several lines, of which only the first is right, the first is accepted', async () => {
  const { log, text: result } = await typed((place) => {
    const line = rightLine(place);
    return line === null ? null : { ...line, text: line.text + '\nno such line' };
  });
  assert.equal(result, text);
  assert.equal(log.accepted, 0);
  assert.ok(log.acceptedLines > 5);
});

test('of suggestions that only begin right, the right words are accepted, a key each', async () => {
  const {
    log,
    figures,
    text: result,
  } = await typed((place) => {
    const line = rightLine(place);
    return line === null ? null : { ...line, text: line.text + ' no such end' };
  });
  assert.equal(result, text);
  assert.deepEqual([log.accepted, log.acceptedLines], [0, 0]);
  assert.ok(log.acceptedSteps > 20);
  assert.ok(figures.keystrokesSaved > 0.1, String(figures.keystrokesSaved));
  assert.equal(figures.keystrokesSavedByLines, 0);
  assert.ok(Math.abs(figures.keystrokesSaved - log.savedBySteps / log.keysWithout) < 1e-9);
});

test('when time is up it ends at once, and what was typed counts', async () => {
  const { log, text: result } = await typed(() => suggestion('no'), 100, script, 5_000);
  assert.notEqual(result, text);
  assert.ok(log.seconds <= 5.001 && log.characters > 0);
});

test('a policy that fails ends the typing', async () => {
  await assert.rejects(
    typed(() => {
      throw new Error('the engine is gone');
    }),
    /the engine is gone/,
  );
});
