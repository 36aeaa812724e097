import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figuresOf } from '../../../../../extension/engine/evaluation/typing/measures.ts';
import { emptyLog, type KeyRecord } from '../../../../../extension/engine/evaluation/typing/typing-log.ts';

const requests = { requests: 6, cancelledRequests: 1, prefillMsPerRequest: 20, decodeMsPerRequest: null };

function key(shownAfterMs: number | null, isOpening = false): KeyRecord {
  return { shownAfterMs, stood: shownAfterMs === 0, isOpening };
}

test('figures by hand', () => {
  const log = {
    ...emptyLog(),
    keys: [key(900, true), key(0), key(100), key(null), key(300)],
    keysWithout: 10,
    savedBySteps: 1,
    firstMs: [400, 600],
    shown: 4,
    rightFirstLines: 3,
    flickers: 1,
  };
  const work = [90, 0, 10, 2, 4].map((prefilled) => ({
    prefilled,
    decoded: prefilled / 2,
    ahead: prefilled * 3,
  }));
  const figures = figuresOf('by hand', log, { perKey: work, requests, thrownAwayShare: 0.5 });
  assert.equal(figures.name, 'by hand');
  assert.equal(figures.p50Ms, 100);
  assert.equal(figures.p95Ms, 280);
  assert.deepEqual([figures.freshP50Ms, figures.freshP95Ms], [200, 290]);
  assert.equal(figures.firstMs, 500);
  assert.equal(figures.shownShare, 3 / 4);
  assert.equal(figures.keystrokesSaved, 0.5);
  assert.equal(figures.keystrokesSavedByLines, 0.4);
  assert.equal(figures.rightFirstLines, 0.75);
  assert.equal(figures.flickersPer100Keys, 20);
  assert.deepEqual([figures.prefilledTokensPerKey, figures.prefilledTokensPerKeyMean], [3, 4]);
  assert.deepEqual([figures.decodedTokensPerKey, figures.decodedTokensPerKeyMean], [1.5, 2]);
  assert.equal(figures.aheadTokensPerKeyMean, 12);
  assert.equal(figures.thrownAwayShare, 0.5);
  assert.deepEqual([figures.requests, figures.prefillMsPerRequest], [6, 20]);
});

test('where nothing happened nothing is claimed', () => {
  const figures = figuresOf('idle', emptyLog(), { perKey: [], requests, thrownAwayShare: null });
  const { p50Ms, freshP95Ms, firstMs, rightFirstLines, thrownAwayShare } = figures;
  assert.deepEqual([p50Ms, freshP95Ms, firstMs, rightFirstLines, thrownAwayShare], Array(5).fill(null));
  assert.deepEqual([figures.shownShare, figures.keystrokesSaved, figures.prefilledTokensPerKey], [0, 0, 0]);
});
