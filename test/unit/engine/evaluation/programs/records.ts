/** Invented records. */
import type {
  ProgramRecord,
  RunSettings,
} from '../../../../../extension/engine/evaluation/programs/record.ts';

export const settings: RunSettings = {
  suite: 'HumanEval',
  tasks: 'digest',
  form: 'continuation',
  model: 'own.gguf',
  modelBytes: 10,
  threshold: 'none',
  decoder: 'hybrid',
  mode: 'dense',
  profile: null,
  gpuShare: 0,
  threads: 1,
  contextLength: 512,
  maxTokens: 64,
  temperature: 0,
  topP: 0.95,
  seed: 7,
};

export function record(id: number, passed: boolean, more: Partial<ProgramRecord> = {}): ProgramRecord {
  return {
    task_id: `HumanEval/${id}`,
    completion: '    pass',
    sample: 0,
    passed,
    outcome: passed ? 'passed' : 'failed',
    end: 'stop',
    peakMemoryBytes: null,
    settings,
    ...more,
  };
}
