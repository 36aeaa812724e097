import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  FollowingHotSet,
  type FollowingPolicy,
} from '../../../../../extension/engine/evaluation/hot-sets/following-hot-set.ts';
import { Random } from '../../../../../extension/engine/evaluation/random.ts';

const policy: FollowingPolicy = { halfLife: 512, hysteresis: 0.2, movesPerToken: 1 };
const neurons = 100;
const layers = 2;
const share = 0.3;

type Kind = 'first' | 'last' | 'all';

/** The first or the last neurons fire most, or all nearly as often, in a number of layers. */
function frequencies(kind: Kind): Float32Array[] {
  const ratio = kind === 'all' ? 0.995 : 0.95;
  const one = Float32Array.from({ length: neurons }, (_, neuron) => 0.9 * ratio ** neuron);
  return Array.from({ length: layers }, () => (kind === 'last' ? one.toReversed() : one));
}

function* textOf(kind: Kind, windows: number, tokens = 64) {
  const random = new Random(kind);
  const uniform = () => random.below(1_000_000) / 1e6;
  // Of as many coins, nearly.
  const around = (mean: number) => mean + (uniform() + uniform() + uniform() - 1.5) * 2 * Math.sqrt(mean);
  for (let window = 0; window < windows; window++) {
    yield frequencies(kind).map((layer) =>
      Float64Array.from(layer, (frequency) => Math.max(0, Math.round(around(frequency * tokens)))),
    );
  }
}

function hitRateOf(set: FollowingHotSet, kind: Kind, windows: number): number {
  let [hits, all] = [0, 0];
  for (const counts of textOf(kind, windows)) {
    hits += set.hits(counts);
    all += counts.flatMap((layer) => [...layer]).reduce((sum, count) => sum + count, 0);
    set.learn(counts, 64);
  }
  return hits / all;
}

test('behind a change of what is written, hot neurons follow it, and without moves they do not', () => {
  const following = new FollowingHotSet(frequencies('first'), share, policy);
  const fixed = new FollowingHotSet(frequencies('first'), share, { ...policy, movesPerToken: 0 });
  const before = hitRateOf(following, 'first', 20);
  assert.ok(before > 0.75);
  assert.ok(hitRateOf(following, 'last', 2) < 0.2);
  hitRateOf(following, 'last', 30);
  assert.ok(hitRateOf(following, 'last', 20) > before - 0.03);
  assert.ok(hitRateOf(fixed, 'last', 50) < 0.2);
});

test('chance moves hardly any neuron to and fro', () => {
  const moved = (hysteresis: number) => {
    const set = new FollowingHotSet(frequencies('all'), share, { ...policy, hysteresis });
    return [...textOf('all', 100)].reduce((sum, counts) => sum + set.learn(counts, 64), 0);
  };
  assert.ok(moved(0) > 100);
  assert.ok(moved(0.2) < moved(0) / 10);
});

test('no more are moved than the rate allows, and as many stay hot', () => {
  const set = new FollowingHotSet(frequencies('first'), share, { ...policy, movesPerToken: 1 / 16 });
  const everyone = Array.from({ length: layers }, () => new Float64Array(neurons).fill(1));
  for (const counts of textOf('last', 30)) {
    assert.ok(set.learn(counts, 64) <= 4);
    assert.equal(set.hits(everyone), layers * share * neurons);
  }
});
