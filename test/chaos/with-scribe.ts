/** Somebody who types, for all tests of a file. */
import { after, afterEach, before, type TestContext } from 'node:test';
import { until } from '../editor/until.ts';
import { Scribe } from './scribe.ts';

/**
 * Opens the editor before the tests and closes it behind them, when no engine may be left.
 * @returns whom to ask for in each test: there is nobody before
 */
export function withScribe(): () => Scribe {
  let scribe: Scribe | undefined;
  const there = () => {
    if (scribe === undefined) throw new Error('nobody types outside of a test');
    return scribe;
  };

  before(async () => {
    scribe = await Scribe.open();
  });

  after(async () => {
    const { workbench } = there();
    await workbench.close();
    await until('no engine', () => workbench.enginePids().length === 0);
  });

  afterEach(async (context) => {
    await there().workbench.pictureOfFailure(context as TestContext);
  });

  return there;
}
