import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulationChart } from '../../../extension/cli/simulate-chart.ts';
import { simulationReport } from '../../../extension/cli/simulate-report.ts';
import { costMachine, publishedMachines } from '../../../extension/models/cost/published.ts';
import { shapes } from '../../../extension/models/cost/shape.ts';
import { simulate } from '../../../extension/models/cost/simulate.ts';

test('a simulation is told in a table and drawn, without what does not fit', () => {
  const results = Object.values(publishedMachines).flatMap((published) =>
    ['qwen2.5-0.5b', 'qwen2.5-72b'].map((name) => {
      const shape = shapes[name] ?? assert.fail();
      const result = simulate(
        { name, shape, quantisation: 'F16', activity: 1, predictorShare: 0 },
        costMachine(published),
        { sharing: 'neurons', budgetBytes: null, promptTokens: 64, contextLength: 512, threads: 0 },
      );
      return { ...result, tokensPerSecondPerThousandDollars: null };
    }),
  );
  const without = results.filter(({ fits }) => !fits);
  assert.ok(without.length > 0 && without.length < results.length);
  assert.equal(simulationReport(results).match(/too large/g)?.length, without.length);
  const svg = simulationChart(results);
  const machines = Object.keys(publishedMachines).length;
  assert.equal(svg.match(/<circle/g)?.length, results.length - without.length + machines);
  assert.ok(!svg.includes('NaN'));
});
