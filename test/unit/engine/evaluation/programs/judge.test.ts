/** Programs that several settings wrote alike. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Judge } from '../../../../../extension/engine/evaluation/programs/judge.ts';
import type { SandboxRun } from '../../../../../extension/engine/evaluation/python-sandbox.ts';

function sandbox(outcomes: Readonly<Record<string, SandboxRun['outcome']>>) {
  const runs: string[] = [];
  const run = (program: string): Promise<SandboxRun> => {
    runs.push(program);
    return Promise.resolve({ outcome: outcomes[program] ?? 'failed', output: '' });
  };
  return { run, runs };
}

void test('a program runs once, and its outcome stands for all that are the same', async () => {
  const python = sandbox({ right: 'passed', endless: 'timeLimit' });
  const judge = new Judge(python);
  const { signal } = new AbortController();
  const outcomes = [];
  for (const program of ['right', 'endless', 'right', 'wrong', 'endless', 'right '])
    outcomes.push(await judge.outcomeOf(program, signal));
  assert.deepEqual(outcomes, ['passed', 'timeLimit', 'passed', 'failed', 'timeLimit', 'failed']);
  assert.deepEqual(python.runs, ['right', 'endless', 'wrong', 'right ']);
});

void test('what a signal ended has no outcome, and runs again when it is asked for again', async () => {
  const controller = new AbortController();
  const python = sandbox({ right: 'passed' });
  const judge = new Judge({
    run: (program) => {
      controller.abort(new Error('enough'));
      return python.run(program);
    },
  });
  await assert.rejects(judge.outcomeOf('right', controller.signal), /enough/);
  assert.equal(await judge.outcomeOf('right', new AbortController().signal), 'passed');
  assert.deepEqual(python.runs, ['right', 'right']);
});
