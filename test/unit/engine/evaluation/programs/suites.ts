/** Invented tasks in the forms of the published files. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

export const humanEvalRow = {
  task_id: 'HumanEval/0',
  entry_point: 'double',
  prompt: 'def double(x):\n    """ Twice x.\n    """\n',
  canonical_solution: '    return x + x\n',
  test: '\n\ndef check(candidate):\n    assert candidate(2) == 4\n    assert candidate("a") == "aa"\n',
};

export function humanEvalFile(folder: string, rows: readonly object[] = [humanEvalRow]): string {
  const path = join(folder, 'HumanEval.jsonl.gz');
  writeFileSync(path, gzipSync(rows.map((row) => `${JSON.stringify(row)}\n`).join('')));
  return path;
}

export function mbppRow(id: number, word = `f${id}`): Record<string, unknown> {
  return {
    text: `Write a function ${word} that returns ${id}.`,
    code: `def ${word}():\r\n  return ${id}`,
    task_id: id,
    test_setup_code: '',
    test_list: [`assert ${word}() == ${id}`, `assert ${word}() > 0`],
    challenge_test_list: [],
  };
}

/** The last line without its line feed, as some copies have it. */
export function mbppFile(folder: string, rows: readonly object[], name = 'mbpp.jsonl'): string {
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\r\n'));
  return path;
}
