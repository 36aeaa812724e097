/** llama.vscode's rules, each against what its description says, and its policy with a server that is a script. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnswerCache } from '../../../../../extension/engine/evaluation/typing/policies/llama-vscode/answer-cache.ts';
import {
  fitted,
  isDiscarded,
  withoutBlankEnd,
} from '../../../../../extension/engine/evaluation/typing/policies/llama-vscode/answer-rules.ts';
import {
  indentedPart,
  type InfillRequest,
  TimeLimit,
} from '../../../../../extension/engine/evaluation/typing/policies/llama-vscode/infill.ts';
import { LlamaVscodePolicy } from '../../../../../extension/engine/evaluation/typing/policies/llama-vscode/policy.ts';
import { placeOf } from './place.ts';
import { VirtualClock } from './virtual-clock.ts';

const around = { left: '  b', right: '', below: ['', '  bar();', '  baz();', '}'] };

const discarded: Record<string, readonly [lines: string[], around: typeof around]> = {
  'nothing at all': [[], around],
  'one blank line': [['  '], around],
  'what stands right of the cursor': [[');'], { ...around, right: ');' }],
  'nothing new, and then the lines that follow': [['', '', '  bar();'], around],
  'the next line that is not blank': [['ar();'], around],
  'the next line and a beginning of the one after': [['ar();', '  ba'], around],
  'the next lines': [['ar();', '  baz();', '}'], around],
};

for (const [name, [lines, where]] of Object.entries(discarded)) {
  test(`not shown: ${name}`, () => {
    assert.ok(isDiscarded(lines, where));
  });
}

const kept: Record<string, readonly [lines: string[], around: typeof around]> = {
  'something new': [['oo();'], around],
  'the next line with another one behind it': [['ar();', '  other();'], around],
  'nothing new on the line, but below it': [['', '  foo();'], around],
  'the next line, on the document’s last line': [['ar();'], { ...around, below: [] }],
};

for (const [name, [lines, where]] of Object.entries(kept)) {
  test(`shown: ${name}`, () => {
    assert.ok(!isDiscarded(lines, where));
  });
}

test('blank lines at the end go, and what stands right of the cursor', () => {
  assert.deepEqual(withoutBlankEnd(['a', '', 'b', '', '  ']), ['a', '', 'b']);
  assert.equal(fitted(['a', 'b'], '  '), 'a\nb');
  assert.equal(fitted(['a)', 'b'], ')'), 'a');
  assert.equal(fitted(['a', 'b'], ')'), 'a');
});

test('answers are found by the text they were given for, or by a shorter line whose answer says the rest', () => {
  const cache = new AnswerCache();
  cache.add({ prefix: 'p\n', prompt: 'ab', suffix: '\n' }, 'cdef');
  const find = (prompt: string) => cache.find({ prefix: 'p\n', prompt, suffix: '\n' });
  assert.equal(find('ab'), 'cdef');
  assert.equal(find('abcd'), 'ef');
  assert.equal(find('a'), null);
  assert.equal(find('abx'), null);
  assert.equal(cache.find({ prefix: 'p\n', prompt: 'ab', suffix: ')\n' }), null);
});

test('250 answers are kept, those used last', () => {
  const cache = new AnswerCache();
  const key = (index: number) => ({ prefix: '', prompt: '', suffix: String(index) });
  for (let index = 0; index < 250; index++) cache.add(key(index), 'x');
  cache.find(key(0));
  cache.add(key(250), 'x');
  assert.deepEqual([cache.has(key(0)), cache.has(key(1)), cache.has(key(250))], [true, false, true]);
});

test('a new line that is indented less ends the text, its blanks stay', () => {
  assert.equal(indentedPart('a\n    b\n  c\n', 4), 'a\n    b\n  ');
  assert.equal(indentedPart('a\n\n    b', 4), 'a\n');
  assert.equal(indentedPart('a\nb', 0), 'a\nb');
  assert.equal(indentedPart('a\n  ', 4), 'a\n  ', 'the line may still be indented further');
});

test('half a second from the first token on, and never within the first line', async () => {
  const clock = new VirtualClock();
  const limit = new TimeLimit(clock);
  assert.ok(!limit.isReached('a'));
  await clock.run(clock.sleep(600));
  assert.ok(!limit.isReached('ab'));
  assert.ok(limit.isReached('ab\n'));
  assert.ok(!new TimeLimit(clock).isReached('ab\n'));
});

const never = new AbortController().signal;

function served(answers: Readonly<Record<string, string>>, latencyMs = 100) {
  const clock = new VirtualClock();
  const requests: InfillRequest[] = [];
  const infill = async (request: InfillRequest) => {
    requests.push(request);
    await clock.sleep(latencyMs);
    return answers[request.prefix + request.prompt] ?? '';
  };
  const policy = new LlamaVscodePolicy(infill, clock, { model: 'none', close: () => Promise.resolve() });
  return { clock, requests, policy };
}

test('it asks at once, looks again every 150 ms while a request runs, and calls none off', async () => {
  const { clock, requests, policy } = served({ a: 'nswer' }, 200);
  const typed = new AbortController();
  const first = policy.suggest(placeOf('a|'), typed.signal);
  typed.abort();
  const second = policy.suggest(placeOf('b|'), never);
  await clock.run(Promise.all([first, second]));
  assert.deepEqual(
    requests.map(({ prompt }) => prompt),
    ['a', 'answer', 'b'],
  );
  assert.equal(clock.now(), 150 + 150 + 200);
});

test('whoever waits and is called off leaves without a request', async () => {
  const { clock, requests, policy } = served({});
  const first = policy.suggest(placeOf('a|'), never);
  const typed = new AbortController();
  const second = policy.suggest(placeOf('ab|'), typed.signal);
  typed.abort();
  assert.deepEqual(await clock.run(Promise.all([first, second])), [null, null]);
  assert.equal(requests.length, 1);
});

test('what follows an answer is asked for in advance, and known when it is accepted', async () => {
  const { clock, requests, policy } = served({ 'x\na': '(\n  b', 'x\na(\n  b': ');' });
  const suggest = (marked: string) => clock.run(policy.suggest(placeOf(marked), never));
  assert.deepEqual(await suggest('x\na|\n'), { text: '(\n  b', overlap: 0 });
  await clock.run(clock.sleep(1_000));
  assert.deepEqual(
    requests.map(({ prefix, prompt }) => prefix + prompt),
    ['x\na', 'x\na(\n  b'],
  );
  assert.deepEqual(await suggest('x\na(\n  b|\n'), { text: ');', overlap: 0 });
  assert.deepEqual(await suggest('x\na(|\n'), { text: '\n  b', overlap: 0 });
  assert.deepEqual(await suggest('x\na(\n|\n'), { text: '  b', overlap: 0 }, 'what its other lines say');
});

test('indentation of a line that is blank so far is the model’s to write, and taken off', async () => {
  const { clock, requests, policy } = served({ 'x\n': '    y();' });
  const answer = await clock.run(policy.suggest(placeOf('x\n    |\n'), never));
  assert.deepEqual(answer, { text: 'y();', overlap: 0 });
  assert.deepEqual([requests[0]?.prompt, requests[0]?.indentation], ['', 4]);
  assert.deepEqual(await clock.run(policy.suggest(placeOf('x\n    y|\n'), never)), {
    text: '();',
    overlap: 0,
  });
});

test('with more than eight characters right of the cursor it does not ask, and nothing is asked for in advance', async () => {
  const { clock, requests, policy } = served({ 'f(': 'x)' });
  assert.equal(await clock.run(policy.suggest(placeOf('f(|)123456789\n'), never)), null);
  assert.deepEqual(await clock.run(policy.suggest(placeOf('f(|)\n'), never)), { text: 'x', overlap: 0 });
  await clock.run(clock.sleep(1_000));
  assert.equal(requests.length, 1);
});
