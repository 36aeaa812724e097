import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace } from '../../../extension/scheduling/pace.ts';

const limits = { maxTokens: 64, maxLines: 8 };

test('before anything is known, a line is asked for', () => {
  assert.equal(new Pace().lines(limits), 1);
});

test('of an engine that writes all of it within a moment, all is asked for', () => {
  const pace = new Pace();
  pace.record({ tokens: 12, tokensPerSecond: 200 });
  assert.equal(pace.lines(limits), 8);
  assert.equal(pace.lines({ ...limits, maxLines: 0 }), 0);
  assert.equal(pace.lines({ ...limits, maxTokens: 256 }), 1);
});

test('of a slow one a line, until it has become faster', () => {
  const pace = new Pace();
  pace.record({ tokens: 12, tokensPerSecond: 40 });
  assert.equal(pace.lines(limits), 1);
  for (let turn = 0; turn < 20; turn++) pace.record({ tokens: 12, tokensPerSecond: 400 });
  assert.equal(pace.lines(limits), 8);
});

test('the rate of a few tokens, which may have come at once, tells nothing', () => {
  const pace = new Pace();
  pace.record({ tokens: 2, tokensPerSecond: 3_000 });
  assert.equal(pace.lines(limits), 1);
});

test('a text too short to tell changes nothing', () => {
  const pace = new Pace();
  pace.record({ tokens: 12, tokensPerSecond: 200 });
  pace.record({ tokens: 1, tokensPerSecond: null });
  assert.equal(pace.lines(limits), 8);
});
