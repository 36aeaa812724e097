/** Which anchor a document's prompt begins with, and when another one takes its place. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DocumentPrompts,
  type Prompt,
} from '../../../extension/engine/completion/prompt/document-prompts.ts';
import type { PromptForm } from '../../../extension/engine/completion/prompt/prompt-form.ts';

/** A token is a character's code. */
const tokenize = (text: string) => Int32Array.from(Buffer.from(text, 'latin1'));
/** A longer one could begin at any of them. */
const tokenizeHealed = (text: string) => ({
  tokens: tokenize(text.slice(0, -1)),
  held: Buffer.from(text.slice(-1)),
});
const fim = { prefix: 1001, suffix: 1002, middle: 1003, order: 'psm' as const, path: false };
const maxTokens = 10;

function prompts(
  contextLength = 4_000,
  form: PromptForm = { kind: 'anchored', lines: 2, isHealed: false },
): DocumentPrompts {
  return new DocumentPrompts({
    native: { tokenize, tokenizeHealed },
    description: { fim, beginningOfSequence: null, contextLength },
    count: (text) => text.length,
    form,
  });
}

const above = 'one\ntwo\nthree\nfour\nfive\n';
const below = '\nsix\nseven\n';
const place = { document: 'a', prefix: above, suffix: below };

/** `above | suffix | recent`, as text. */
function parts({ tokens }: Prompt): string[] {
  const text = String.fromCodePoint(...tokens);
  return text.split(/[\u03E9-\u03EB]/).slice(1);
}

/** What a cache with all the room in the world holds. */
const caches = new WeakMap<DocumentPrompts, Record<string, number>>();

/** The first `length` tokens of a prompt are computed now, and nothing had to leave for them. */
function compute(from: DocumentPrompts, prompt: Prompt, length = prompt.tokens.length): void {
  const held = caches.get(from) ?? {};
  caches.set(from, held);
  if (prompt.sequence !== null) held[prompt.sequence.name] = length;
  from.record(prompt, { held, isBegun: true });
}

/** The prompt that is asked for next, which is then computed. */
function ask(
  from: DocumentPrompts,
  text: Parameters<DocumentPrompts['promptFor']>[0],
  affordable = Infinity,
) {
  const prompt = from.promptFor(text, maxTokens, affordable);
  compute(from, prompt);
  return parts(prompt);
}

test('a fresh anchor stands so many lines above the line of the cursor', () => {
  assert.deepEqual(ask(prompts(), place), ['one\ntwo\nthree\n', below, 'four\nfive\n']);
  assert.deepEqual(ask(prompts(), { ...place, prefix: above + 'si' }), [
    'one\ntwo\nthree\n',
    below,
    'four\nfive\nsi',
  ]);
  assert.deepEqual(ask(prompts(4_000, { kind: 'anchored', lines: 9, isHealed: false }), place), [
    '',
    below,
    above,
  ]);
});

test('typing, new lines, deleting and accepting change nothing but the end', () => {
  const from = prompts();
  ask(from, place);
  for (const typed of ['x', 'x = (', 'x = (1)', 'x = (1)\n', 'x = (1)\ny = 2\nz', 'x', '']) {
    const now = ask(from, { ...place, prefix: above + typed });
    assert.deepEqual(now, ['one\ntwo\nthree\n', below, `four\nfive\n${typed}`]);
  }
  const deleted = ask(from, { ...place, prefix: above.slice(0, -3) });
  assert.deepEqual(deleted, ['one\ntwo\nthree\n', below, 'four\nfi']);
});

test('closers that the editor adds change nothing, on the line of the cursor or below it', () => {
  const from = prompts();
  ask(from, place);
  const typed = 'four\nfive\nif (a) {';
  const beside = ask(from, { ...place, prefix: `${above}if (a) {`, suffix: '}' + below });
  assert.deepEqual(beside, ['one\ntwo\nthree\n', below, typed]);
  const entered = ask(from, { ...place, prefix: `${above}if (a) {\n  `, suffix: '\n}' + below });
  assert.deepEqual(entered, ['one\ntwo\nthree\n', below, `${typed}\n  `]);
});

test('code right of the cursor belongs to the suffix', () => {
  assert.deepEqual(
    ask(prompts(), { ...place, prefix: above + 'x = ', suffix: ' + 1;' + below })[1],
    ' + 1;' + below,
  );
  assert.deepEqual(ask(prompts(), { ...place, prefix: above + 'f(', suffix: ');' + below })[1], below);
});

test('a healed prompt ends before the cursor, and the answer is held to the rest', () => {
  const from = prompts(4_000, { kind: 'anchored', lines: 2, isHealed: true });
  const prompt = from.promptFor({ ...place, prefix: above + 'if' }, maxTokens);
  assert.equal(parts(prompt)[2], 'four\nfive\ni');
  assert.equal(Buffer.from(prompt.held).toString(), 'f');
  const typed = from.promptFor({ ...place, prefix: above + 'if(' }, maxTokens);
  assert.equal(parts(typed)[2], 'four\nfive\nif');
});

const moves: Record<string, { prefix: string; suffix: string }> = {
  'the cursor stands above it': { prefix: 'one\n', suffix: '\ntwo\nthree\nfour\nfive\n' + below },
  'the cursor moved down': { prefix: above + below + 'x', suffix: '' },
  'a line above it was edited': { prefix: above.replace('two', 'too'), suffix: below },
  'a line below the cursor was edited': { prefix: above, suffix: below.replace('six', 'sex') },
};

for (const [why, text] of Object.entries(moves)) {
  test(`the anchor moves when ${why}`, () => {
    const from = prompts();
    ask(from, place);
    const moved = { document: 'a', ...text };
    assert.deepEqual(ask(from, moved), ask(prompts(), moved));
  });
}

test('text added before the window leaves the anchor where it is', () => {
  const from = prompts(200);
  const long = 'abcdefg\n'.repeat(100);
  const before = ask(from, { document: 'a', prefix: long + above, suffix: below });
  const after = ask(from, { document: 'a', prefix: `import b\n${long}${above}x`, suffix: below });
  assert.deepEqual(after, [before[0], before[1], `${before[2]}x`]);
});

test('each document has its anchor; requests without one share nothing', () => {
  const from = prompts();
  ask(from, place);
  const other = { document: 'b', prefix: 'other\n', suffix: '' };
  assert.deepEqual(ask(from, other), ['', '', 'other\n']);
  const [head] = ask(from, { ...place, prefix: above + 'a\nb\nc\n' });
  assert.equal(head, 'one\ntwo\nthree\n');
  const [fresh] = ask(from, { prefix: above + 'a\nb\nc\n', suffix: below });
  assert.equal(fresh, above + 'a\n');
});

test('an anchor moves once what is typed no longer fits the context', () => {
  const from = prompts(400);
  let prefix = above;
  let moves = 0;
  let [before] = ask(from, { ...place, prefix });
  for (let line = 0; line < 200; line++) {
    prefix += `line ${line}\n`;
    const [head] = ask(from, { ...place, prefix });
    if (head !== before) moves++;
    before = head;
  }
  assert.ok(moves > 10 && moves < 60, `${moves} moves in 200 lines`);
});

test('a prompt that can not be computed soon is made of what can', () => {
  const text = { document: 'a', prefix: 'abcdefg\n'.repeat(200), suffix: 'tuvwxyz\n'.repeat(200) };
  const prompt = prompts().promptFor(text, maxTokens, 300);
  assert.ok(prompt.tokens.length <= 300 && prompt.tokens.length > 200, `${prompt.tokens.length} tokens`);
});

test('one very long line is no reason to wait', () => {
  const text = { document: 'a', prefix: 'x'.repeat(20_000), suffix: 'y'.repeat(20_000) };
  const from = prompts();
  const first = from.promptFor(text, maxTokens, 300);
  compute(from, first);
  assert.ok(first.tokens.length <= 300);
  const second = from.promptFor({ ...text, prefix: text.prefix + 'z' }, maxTokens, 300);
  assert.deepEqual([...second.tokens.subarray(0, -1)], [...first.tokens]);
});

const long = { document: 'a', prefix: 'abcdefg\n'.repeat(150), suffix: 'tuvwxyz\n'.repeat(50) };

test('what is computed meanwhile is answered from as soon as little of it is missing', () => {
  const from = prompts();
  const short = from.promptFor(long, maxTokens, 300);
  compute(from, short);
  const next = from.nextFor(long, maxTokens);
  assert.ok(next !== null && next.tokens.length > 1_500);

  compute(from, next, 1_000);
  const typed = { ...long, prefix: long.prefix + 'x' };
  assert.deepEqual([...from.promptFor(typed, maxTokens, 300).tokens], [...short.tokens, 120]);
  compute(from, next, next.tokens.length - 50);
  assert.deepEqual([...from.promptFor(typed, maxTokens, 300).tokens], [...next.tokens, 120]);
});

test('what tells more is answered from for good', () => {
  const from = prompts();
  ask(from, long, 300);
  const next = from.nextFor(long, maxTokens);
  assert.ok(next !== null);
  compute(from, next);
  for (const typed of ['x', 'xy', 'xyz', 'xyz\n', 'xy']) {
    const [head] = ask(from, { ...long, prefix: long.prefix + typed }, 300);
    assert.equal(head?.length, long.prefix.length - 16, JSON.stringify(typed));
  }
});

test('typing meanwhile goes on with what was begun', () => {
  const from = prompts();
  from.promptFor(long, maxTokens, 300);
  const begun = from.nextFor(long, maxTokens);
  assert.ok(begun !== null);
  compute(from, begun, 500);
  const typed = { ...long, prefix: long.prefix + 'x\ny\nz\n' };
  const on = from.nextFor(typed, maxTokens);
  assert.deepEqual([...(on?.tokens ?? [])], [...begun.tokens, ...tokenize('x\ny\nz\n')]);
});

test('nothing is left to compute once all that fits is computed', () => {
  const from = prompts();
  const next = from.nextFor(long, maxTokens);
  assert.ok(next !== null);
  compute(from, next);
  assert.equal(from.nextFor(long, maxTokens), null);
  from.promptFor(long, maxTokens, 300);
  assert.equal(from.nextFor(long, maxTokens), null);
});

test('elsewhere in a document that is computed, only the suffix is short', () => {
  const from = prompts();
  const next = from.nextFor(long, maxTokens);
  assert.ok(next !== null);
  compute(from, next);
  const moved = {
    ...long,
    prefix: long.prefix + 'tuvwxyz\n',
    suffix: 'tuvwxyz\n'.repeat(20) + 'other\n'.repeat(40),
  };
  const [head, suffix] = parts(from.promptFor(moved, maxTokens, 200));
  assert.equal(head, long.prefix.slice(0, -8));
  assert.ok(suffix !== undefined && suffix.length > 0 && suffix.length <= 50);
});

test('what had to leave the cache is computed again while nothing is asked for, and not waited for', () => {
  const from = prompts();
  const whole = from.nextFor(long, maxTokens);
  assert.ok(whole !== null);
  compute(from, whole);
  assert.equal(from.nextFor(long, maxTokens), null);

  const other = from.promptFor({ document: 'b', prefix: 'other\n', suffix: '' }, maxTokens, 300);
  from.record(other, { held: { 'b#0': other.tokens.length }, isBegun: true });
  const again = from.nextFor(long, maxTokens);
  assert.deepEqual([...(again?.tokens ?? [])], [...whole.tokens]);
  assert.equal(again?.freshTokens, whole.tokens.length);
  const typed = from.promptFor({ ...long, prefix: long.prefix + 'x' }, maxTokens, 300);
  assert.ok(typed.freshTokens <= 300, `${typed.freshTokens} tokens to wait for`);
  assert.deepEqual([whole.isShort, typed.isShort], [false, true]);
});

test('what is left of a longer beginning is gone on from', () => {
  const from = prompts();
  const whole = from.nextFor(long, maxTokens);
  assert.ok(whole !== null);
  compute(from, whole);
  from.record(whole, { held: { [whole.sequence.name]: 1_000 }, isBegun: true });
  assert.equal(from.nextFor(long, maxTokens)?.freshTokens, whole.tokens.length - 1_000);
});

test('a request that ended before it began leaves what is computed as it is', () => {
  const from = prompts();
  const first = from.promptFor(place, maxTokens);
  compute(from, first);
  const typed = from.promptFor({ ...place, prefix: above + 'x' }, maxTokens);
  from.record(typed, { held: { 'a#0': first.tokens.length }, isBegun: false });
  assert.equal(from.promptFor({ ...place, prefix: above + 'xy' }, maxTokens).freshTokens, 2);
});

test('after a failure nothing counts as computed', () => {
  const from = prompts();
  const prompt = from.promptFor(place, maxTokens);
  compute(from, prompt);
  from.recordFailure(prompt);
  assert.equal(from.promptFor(place, maxTokens).freshTokens, prompt.tokens.length);
});

const told = Int32Array.of(2001, 2002, 2003);

test('what is told of other files comes first, and only once that is computed', () => {
  const from = prompts();
  assert.ok(from.wantsContext(long, maxTokens));
  const short = from.promptFor(long, maxTokens, 300);
  compute(from, short);
  from.tell('a', told);

  const typed = { ...long, prefix: long.prefix + 'x' };
  assert.deepEqual([...from.promptFor(typed, maxTokens, 300).tokens], [...short.tokens, 120]);
  const next = from.nextFor(typed, maxTokens);
  assert.deepEqual([...(next?.tokens.subarray(0, 4) ?? [])], [...told, fim.prefix]);
  assert.ok(next !== null && next.tokens.length <= 3_500, 'the file’s text makes room for it');
  compute(from, next);

  const more = from.promptFor({ ...long, prefix: long.prefix + 'xy' }, maxTokens, 300);
  assert.deepEqual([...more.tokens], [...next.tokens, 121]);
  assert.equal(more.freshTokens, 1);
});

test('the same told again changes nothing, another makes a new prompt while answers come from the old', () => {
  const from = prompts();
  from.tell('a', told);
  const first = from.nextFor(long, maxTokens);
  assert.ok(first !== null);
  compute(from, first);
  assert.ok(!from.wantsContext(long, maxTokens));

  from.tell('a', told.slice());
  assert.equal(from.nextFor(long, maxTokens), null);
  from.tell('a', Int32Array.of(2004));
  assert.ok(from.wantsContext(long, maxTokens));
  assert.deepEqual([...from.promptFor(long, maxTokens, 300).tokens], [...first.tokens]);
  assert.deepEqual([...(from.nextFor(long, maxTokens)?.tokens.subarray(0, 2) ?? [])], [2004, fim.prefix]);
});

test('a file that was small enough to be answered from as a whole is told of others too', () => {
  const from = prompts();
  const whole = from.promptFor(place, maxTokens, 300);
  compute(from, whole);
  from.tell('a', told);
  assert.deepEqual([...(from.nextFor(place, maxTokens)?.tokens.subarray(0, 4) ?? [])], [...told, fim.prefix]);
});
